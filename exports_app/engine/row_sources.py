"""The rows of a process that makes a file: a compiled query over a connection of its own. Imports
little.

One statement in one transaction, so that a file shows one moment.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from itertools import islice
from typing import Any
from urllib.parse import quote

from exports_app.domain.errors import DatabaseLocked, Unavailable
from exports_app.engine.file_writer import CHUNK

BUSY_SECONDS = 15
CONNECT: dict[str, Any] = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
}
"""A host that is gone is noticed within half a minute."""
GONE_MS = 10_000
"""PostgreSQL checks this often during a query whether the process is still there."""

Rows = Iterator[Sequence[Any]]


def rows_of(task: dict[str, Any]) -> AbstractContextManager[Rows]:
    """The rows of a task's query, CHUNK at a time. Raises Unavailable where the database is away,
    also in the middle."""
    return _postgresql(task) if task["database"].startswith("postgresql://") else _sqlite(task)


@contextmanager
def _sqlite(task: dict[str, Any]) -> Iterator[Rows]:
    try:
        with closing(_open_file(task["database"])) as connection:
            # The driver itself begins no transaction for reading
            connection.execute("BEGIN")
            cursor = connection.execute(task["sql"], task["parameters"])
            yield iter(lambda: cursor.fetchmany(CHUNK), [])
    except sqlite3.OperationalError as e:
        if e.sqlite_errorcode & 0xFF == sqlite3.SQLITE_ERROR:  # the statement is wrong
            raise
        if e.sqlite_errorcode & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
            raise DatabaseLocked from e
        raise Unavailable from e  # gone, a disk error


def _open_file(path: str) -> sqlite3.Connection:
    """Read-only."""
    return sqlite3.connect(
        f"file:{quote(path)}?mode=ro", uri=True, isolation_level=None, timeout=BUSY_SECONDS
    )


@contextmanager
def _postgresql(task: dict[str, Any]) -> Iterator[Rows]:
    import psycopg  # only here: it takes as long to import as all the rest

    options = f"-c timezone=UTC -c client_connection_check_interval={GONE_MS}"
    try:
        with psycopg.connect(task["database"], options=options, **CONNECT) as connection:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            connection.read_only = True
            with connection.cursor() as cursor:
                # Rows arrive while those before are written, unlike with a cursor in the server;
                # memory stays flat with both
                rows = cursor.stream(task["sql"], size=CHUNK)
                yield iter(lambda: list(islice(rows, CHUNK)), [])
    except (psycopg.OperationalError, psycopg.InterfaceError) as e:
        raise Unavailable from e
