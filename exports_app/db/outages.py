"""Which errors of the drivers mean that the database cannot be reached, and not that the statement
is wrong."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from exports_app import log
from exports_app.db.connect_failures import failure
from exports_app.domain.errors import DatabaseFull, DatabaseLocked, Unavailable

AWAY = ("08", "53", "57", "58", "25006", "40", "55P03")
"""SQLSTATEs after which a retry may help: no connection, out of resources, shut down or cancelled,
a system error, a standby, a deadlock, a lock timeout
(postgresql.org/docs/current/errcodes-appendix.html)."""
OUTAGES = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PROTOCOL,
    sqlite3.SQLITE_NOTADB,
}
"""SQLite's primary result codes after which a retry may help."""

_log = log.get(__name__)


@contextmanager
def reachable() -> Iterator[None]:
    """Turns errors that mean that the database cannot be reached into Unavailable."""
    try:
        yield
    except DBAPIError as e:
        if not is_outage(e):
            raise
        _log.warning("database trouble", reason=str(e.orig))
        raise _unavailable(e.orig) from e


def _unavailable(error: BaseException | None) -> Unavailable:
    """error: the driver's."""
    if isinstance(error, sqlite3.Error):
        code = _primary(error)
        if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
            return DatabaseLocked()
        if code == sqlite3.SQLITE_FULL:
            return DatabaseFull()
        unavailable = Unavailable()
        unavailable.cause = f"the database file cannot be used: {error}"
        return unavailable
    if isinstance(error, psycopg.errors.LockNotAvailable):
        return DatabaseLocked()
    if isinstance(error, psycopg.errors.DiskFull):
        return DatabaseFull()
    unavailable = Unavailable()
    if isinstance(error, psycopg.Error) and error.sqlstate is None:
        unavailable.cause = failure(str(error)).message
    return unavailable


def _primary(error: sqlite3.Error) -> int:
    """sqlite3 raises the same class for a locked file and for bad SQL: the code differs, see
    sqlite.org/rescode.html."""
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF


def is_outage(e: DBAPIError) -> bool:
    """Whether the database cannot be reached; otherwise the statement is wrong."""
    if isinstance(e.orig, sqlite3.Error):
        return _primary(e.orig) in OUTAGES
    code = getattr(e.orig, "sqlstate", None)
    if code is not None:
        return e.connection_invalidated or code.startswith(AWAY)
    # Without a code the server was not reached, or the connection was lost
    return e.connection_invalidated or isinstance(e, OperationalError | InterfaceError)
