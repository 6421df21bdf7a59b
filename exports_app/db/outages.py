"""Which errors of the drivers mean that the database cannot be reached, and not that the statement
is wrong."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from exports_app import log
from exports_app.db.connect_failures import failure
from exports_app.domain.errors import Unavailable

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
        unavailable = Unavailable()
        if isinstance(e.orig, psycopg.Error) and e.orig.sqlstate is None:
            unavailable.cause = failure(str(e.orig)).message
        raise unavailable from e


def is_outage(e: DBAPIError) -> bool:
    """Whether the database cannot be reached; otherwise the statement is wrong."""
    if isinstance(e.orig, sqlite3.Error):
        # sqlite3 raises the same class for a locked file and for bad SQL: the code differs, see
        # sqlite.org/rescode.html
        code = getattr(e.orig, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
        return (code & 0xFF) in OUTAGES
    code = getattr(e.orig, "sqlstate", None)
    if code is not None:
        return e.connection_invalidated or code.startswith(AWAY)
    # Without a code the server was not reached, or the connection was lost
    return e.connection_invalidated or isinstance(e, OperationalError | InterfaceError)
