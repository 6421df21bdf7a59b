"""The database connection: one place for SQLite's pragmas, its transactions and its single writer."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, event, text
from sqlalchemy.engine import Engine, make_url
from sqlalchemy.exc import DatabaseError, DBAPIError, InterfaceError, OperationalError

from exports_app import log
from exports_app.domain.errors import Unavailable

BUSY_MS = 15_000
POOL_SIZE, POOL_OVERFLOW = 16, 48
"""More than the API's 40 threads and the workers together, so that nobody waits for a connection."""

_log = log.get(__name__)


def _on_connect(connection: sqlite3.Connection, _record: Any) -> None:
    # The driver must not open transactions by itself: BEGIN IMMEDIATE below is the only way in (see `write`)
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", f"busy_timeout={BUSY_MS}", "foreign_keys=ON", "synchronous=FULL"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
    # SQLite's own lower() knows ASCII alone; PostgreSQL's knows every letter
    connection.create_function("lower", 1, lambda text: text.lower() if isinstance(text, str) else text, deterministic=True)


class Database:
    """Opens transactions. Short ones only: nothing slow (a file, the network) happens inside `write`."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.embedded = make_url(url).get_backend_name() == "sqlite"
        if self.embedded and (file := make_url(url).database):
            Path(file).parent.mkdir(parents=True, exist_ok=True)
        self.engine: Engine = create_engine(url, pool_pre_ping=not self.embedded, pool_size=POOL_SIZE, max_overflow=POOL_OVERFLOW)
        # One writer at a time, queued fairly in the process instead of by SQLite's polling
        self._writer = threading.Lock() if self.embedded else nullcontext()
        if self.embedded:
            event.listen(self.engine, "connect", _on_connect)

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that may write; commits at the end, rolls back on an error. Raises Unavailable."""
        with self._writer, _reachable(), self.engine.connect() as connection:
            if self.embedded:
                # SQLAlchemy believes that it has begun; a deferred transaction that later wants to write fails at once with
                # "database is locked", an immediate one waits its turn
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.rollback()
                raise
            connection.commit()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One consistent snapshot for reading. Raises Unavailable when there is no database."""
        with _reachable(), self.engine.connect() as connection:
            if self.embedded:
                connection.exec_driver_sql("BEGIN")
            try:
                yield connection
            finally:
                connection.rollback()

    def ping(self) -> None:
        """Raises Unavailable when the database does not answer."""
        with self.read() as connection:
            connection.execute(text("SELECT 1"))

    def dispose(self) -> None:
        self.engine.dispose()


@contextmanager
def _reachable() -> Iterator[None]:
    try:
        yield
    except (OperationalError, InterfaceError) as e:
        _log.warning("database trouble", reason=str(e.orig))
        raise Unavailable from e
    except DBAPIError as e:
        # A bare DatabaseError, none of its subclasses, is how sqlite3 says that the file is damaged or no database at all
        if e.connection_invalidated or type(e) is DatabaseError:
            _log.exception("the database is not usable")
            raise Unavailable from e
        raise
