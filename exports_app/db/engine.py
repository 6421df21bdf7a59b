"""The database connection: one place for SQLite's pragmas and its single writer, PostgreSQL's
timeouts, and the transactions."""

import math
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import URL, Connection, create_engine, event, text
from sqlalchemy.engine import Engine
from sqlalchemy.exc import NoSuchModuleError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from exports_app import log
from exports_app.db import time_limits
from exports_app.db.outages import reachable
from exports_app.db.sqlite_connections import set_up
from exports_app.db.urls import as_libpq, parse, with_driver
from exports_app.domain.errors import DatabaseLocked, ExportsError, Overloaded, Unavailable

BUSY_MS = 15_000
"""Milliseconds that a writer waits for the others of this process, and then again for another
process, such as an import."""
POOL_SIZE = 16
POOL_OVERFLOW = 48
"""Together as many as the places of all lanes (`services/core/lanes.py`) and OTHERS: none of them
takes a connection that another one needs."""
OTHERS = 11
"""Connections besides those of the lanes: the engine's."""
POOL_SECONDS = 5.0
"""The longest wait for a connection, which nobody should need to wait for."""

WAL_WORTH_IT = 4 * 2**20
"""Bytes. SQLite copies a log of this size itself, as long as there is no reader."""

CONNECT_SECONDS = 5
LOCK_MS = BUSY_MS
"""Milliseconds that a statement waits for a row that another transaction has locked."""
POSTGRESQL: dict[str, Any] = {
    "connect_timeout": CONNECT_SECONDS,
    # A host that is gone is noticed within half a minute, and not after the operating system's two
    # hours
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
    "application_name": "exports_app",
    "options": f"-c timezone=UTC -c lock_timeout={LOCK_MS}",
}
APART = {k: v for k, v in POSTGRESQL.items() if k != "options"}
"""Of a connection outside the pool, which lasts as long as its process."""

_log = log.get(__name__)


class Database:
    """Opens transactions. Short ones only: nothing slow (a file, the network) happens inside
    `write`."""

    def __init__(self, url: str, current_url: Callable[[], str] | None = None) -> None:
        """current_url: the same with the user and the password that count now, asked for each new
        connection to PostgreSQL; None: they do not change."""
        self.url = url
        self._current_url = current_url or (lambda: url)
        parsed = self._parsed = parse(url)
        self.embedded = parsed.get_backend_name() == "sqlite"
        self.file = Path(parsed.database) if self.embedded and parsed.database else None
        """SQLite's; None in another database."""
        self._identity: tuple[int, int] | None = None
        """Device and inode of the SQLite file that the pool's connections have open."""
        if self.file is not None:
            self.file.parent.mkdir(parents=True, exist_ok=True)
        self.engine: Engine = _create_engine(parsed, None if self.embedded else self._open)
        self.wrote_at = -math.inf
        """When a change was committed last, by the monotonic clock. SQLite's only."""
        self._ended = False
        self._pools = 0
        """How often the pool was disposed of."""
        event.listen(self.engine, "connect", self._note_pool)
        event.listen(self.engine, "checkin", self._check_pool)
        # One writer at a time, queued in the process instead of by SQLite's polling
        self._writer = threading.Lock()
        self._begins = False
        """The one writer waits for another program's lock, or is about to get its own."""
        if self.embedded:
            event.listen(self.engine, "connect", partial(set_up, busy_ms=BUSY_MS))

    @property
    def libpq_url(self) -> str:
        """PostgreSQL's, as its own library reads it, with the password that counts now; empty: it
        is SQLite."""
        if self.embedded:
            return ""
        return as_libpq(self._signed_in())

    def _signed_in(self) -> URL:
        """The URL with the user and the password that count now."""
        now = parse(self._current_url())
        return self._parsed.set(username=now.username, password=now.password)

    def _open(self) -> Any:
        """A new connection to PostgreSQL for the pool: its password may have changed meanwhile."""
        dialect = self.engine.dialect
        arguments, parameters = dialect.create_connect_args(with_driver(self._signed_in()))
        return dialect.connect(*arguments, **parameters, **POSTGRESQL)

    def _note_pool(self, _connection: Any, record: Any) -> None:
        record.info["pool"] = self._pools

    def _check_pool(self, _connection: Any, record: Any) -> None:
        """Close a connection that comes back to a pool that was disposed of, instead of leaving it
        to the garbage collector."""
        if self._ended or record.info.get("pool") != self._pools:
            record.invalidate()

    @contextmanager
    def _as_writer(self) -> Iterator[None]:
        """Be the one writer of this process. Raises Unavailable after BUSY_MS, so that writers do
        not pile up behind a locked database."""
        if not self.embedded:
            yield
            return
        if not self._writer.acquire(timeout=BUSY_MS / 1000):
            raise DatabaseLocked if self._begins else Overloaded
        try:
            yield
        finally:
            self._writer.release()

    def _connect(self) -> Connection:
        """A connection to the file that is there now: SQLite itself would go on with one that was
        removed or replaced. Raises Unavailable."""
        if self._ended:
            raise Unavailable
        if self.file is not None:
            try:
                stat = self.file.stat()
            except FileNotFoundError:
                if self._identity is not None:
                    self.dispose()
                    _log.error("the database file is gone", file=str(self.file))
                    raise Unavailable from None
            else:
                identity = (stat.st_dev, stat.st_ino)
                if self._identity not in {None, identity}:
                    _log.warning("the database file was replaced", file=str(self.file))
                    self.dispose()
                self._identity = identity
        try:
            return self.engine.connect()
        except PoolTimeout:
            raise Overloaded from None

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that may write; commits at the end, rolls back on an error. Raises
        Unavailable."""
        with self._as_writer(), reachable(), self._connect() as connection:
            before = _changes(connection)
            with self._transaction(connection):
                yield connection
            if _changes(connection) != before:
                self.wrote_at = time.monotonic()

    @contextmanager
    def migrate(self) -> Iterator[Connection]:
        """SQLite: a transaction that may change the schema. Raises Unavailable; ValueError where it
        leaves a row whose foreign key names none."""
        with self._as_writer(), reachable(), self._connect() as connection:
            # SQLite changes a table by dropping it for a new one: enforced foreign keys would
            # remove every child row. Within a transaction the pragma does nothing
            # (sqlite.org/lang_altertable.html, section 7)
            connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
            try:
                with self._transaction(connection):
                    yield connection
                    if broken := connection.exec_driver_sql("PRAGMA foreign_key_check").first():
                        raise ValueError(
                            f"the migration leaves a row of {broken[0]} whose {broken[2]} is gone"
                        )
            finally:
                connection.exec_driver_sql("PRAGMA foreign_keys=ON")

    @contextmanager
    def _transaction(self, connection: Connection) -> Iterator[None]:
        if self.embedded:
            # SQLAlchemy takes it as begun. A deferred transaction that writes later fails at once
            # with "database is locked"; an immediate one waits
            self._begins = True
            try:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            finally:
                self._begins = False
        try:
            yield
        except BaseException:  # whatever it is, nothing of the transaction may stay
            connection.rollback()
            raise
        connection.commit()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One consistent snapshot for reading. Raises Unavailable when there is no database, and
        ReadTooLong after the caller's limit (`read_limits`)."""
        with reachable(), self._connect() as connection:
            if self.embedded:
                connection.exec_driver_sql("BEGIN")
            else:
                # By PostgreSQL's default each statement would have a snapshot of its own
                connection.execution_options(
                    isolation_level="REPEATABLE READ", postgresql_readonly=True
                )
            try:
                with time_limits.reading(connection):
                    yield connection
            finally:
                connection.rollback()

    def connect_apart(self) -> "psycopg.Connection[tuple[Any, ...]]":
        """A connection to PostgreSQL outside the pool, in no transaction. Raises
        psycopg.OperationalError."""
        return psycopg.connect(self.libpq_url, autocommit=True, **APART)

    def ping(self) -> None:
        """Raises Unavailable when the database does not answer."""
        with self.read() as connection:
            connection.execute(text("SELECT 1"))

    def checkpoint(self) -> None:
        """Copy SQLite's write-ahead log into the database: it grows while there is a long
        reader."""
        if self.file is None:
            return
        log_file = self.file.with_name(f"{self.file.name}-wal")
        before = log_file.stat().st_size if log_file.exists() else 0
        if before < WAL_WORTH_IT:
            return
        with reachable(), self._connect() as connection:
            # Passive: waits for no reader; what a reader still needs is copied the next time
            _, pages, copied = connection.exec_driver_sql("PRAGMA wal_checkpoint(PASSIVE)").one()
        _log.info("write-ahead log copied", bytes=before, pages=pages, copied=copied)

    def dispose(self) -> None:
        """Close the connections that are not in use; the others when they come back."""
        self._pools += 1
        self.engine.dispose()

    def close(self) -> None:
        """Dispose for good: whoever asks for a connection afterwards gets Unavailable."""
        self._ended = True
        self.dispose()


def _changes(connection: Connection) -> int:
    """Rows that the connection has changed; 0 in PostgreSQL."""
    driver = connection.connection.driver_connection
    return driver.total_changes if isinstance(driver, sqlite3.Connection) else 0


def _create_engine(url: URL, opened: Callable[[], Any] | None) -> Engine:
    """opened: makes a connection to PostgreSQL; None: it is SQLite. Raises ExportsError where there
    is no driver for the URL."""
    server = {} if opened is None else {"pool_pre_ping": True, "creator": opened}
    try:
        return create_engine(
            with_driver(url),
            hide_parameters=True,  # otherwise the log shows them with every failed statement
            pool_size=POOL_SIZE,
            max_overflow=POOL_OVERFLOW,
            pool_timeout=POOL_SECONDS,
            **server,
        )
    except ModuleNotFoundError as e:
        raise ExportsError(
            f"DATABASE_URL needs the driver {e.name}, which is not installed: leave it out for "
            "SQLite"
        ) from e
    except NoSuchModuleError:
        raise ExportsError(
            "DATABASE_URL names a database that is not supported: use postgresql://… or sqlite:///…"
        ) from None
