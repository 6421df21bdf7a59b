"""A time limit for statements, kept by the database itself: SQLite asks every few thousand
instructions, PostgreSQL has `statement_timeout`."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from exports_app.domain.errors import ReadTooLong
from exports_app.services.core import read_limits

STEPS = 20_000
"""Instructions of SQLite's virtual machine between two checks of the time: about 0.5 ms."""
STEPS_OF_LONG = 1_000_000
"""The same for limits above LONG_SECONDS: each check waits for Python's lock, and most readings end
before the first."""
LONG_SECONDS = 5.0
QUERY_CANCELED = "57014"
"""PostgreSQL's SQLSTATE of a statement that reached its timeout."""
_DEADLINE = "exports_deadline"


class TimeIsUp(Exception):
    """The database was still at work on a statement at the deadline, and stopped it."""


@contextmanager
def until(connection: Connection, deadline: float) -> Iterator[None]:
    """Raises TimeIsUp where the database still works on a statement of the block at the deadline
    (by time.monotonic()), or at an earlier one of a block around this. Within a transaction, which
    on PostgreSQL cannot be used any more afterwards."""
    before: float | None = connection.info.get(_DEADLINE)
    _set(connection, deadline if before is None else min(before, deadline))
    try:
        yield
    except BaseException as e:
        _restore(connection, before, failed=True)
        if isinstance(e, DBAPIError) and was_stopped(e.orig):
            raise TimeIsUp from None
        raise
    _restore(connection, before, failed=False)


@contextmanager
def reading(connection: Connection) -> Iterator[None]:
    """Within a transaction: its caller's limit (`read_limits`). Raises ReadTooLong."""
    seconds = read_limits.seconds()
    if seconds is None:
        yield
        return
    try:
        with until(connection, time.monotonic() + seconds):
            yield
    except TimeIsUp:
        raise ReadTooLong from None


def was_stopped(error: BaseException | None) -> bool:
    if isinstance(error, sqlite3.Error):
        return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_INTERRUPT
    return getattr(error, "sqlstate", None) == QUERY_CANCELED


def _restore(connection: Connection, before: float | None, *, failed: bool) -> None:
    """The pool gives the connection to others."""
    if connection.invalidated:
        return
    if failed and connection.dialect.name == "postgresql":
        connection.info.pop(
            _DEADLINE, None
        )  # its limit ends with the transaction, which has failed
    else:
        _set(connection, before)


def _set(connection: Connection, deadline: float | None) -> None:
    if deadline is None:
        connection.info.pop(_DEADLINE, None)
    else:
        connection.info[_DEADLINE] = deadline
    (_postgresql if connection.dialect.name == "postgresql" else _sqlite)(connection, deadline)


def _sqlite(connection: Connection, deadline: float | None) -> None:
    driver: Any = connection.connection.driver_connection
    if deadline is None:
        driver.set_progress_handler(None, 0)
    else:
        steps = STEPS if deadline - time.monotonic() <= LONG_SECONDS else STEPS_OF_LONG
        driver.set_progress_handler(lambda: time.monotonic() > deadline, steps)


def _postgresql(connection: Connection, deadline: float | None) -> None:
    """For each statement of the transaction from now on. What is left at the end of the block ends
    with the transaction."""
    if deadline is not None:
        left = max(1, int((deadline - time.monotonic()) * 1000))
        connection.exec_driver_sql(f"SET LOCAL statement_timeout = {left}")
