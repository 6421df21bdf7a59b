"""The database's time: where many hosts share a database, its clock decides what is due, since a
host's own may be wrong."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from exports_app import log
from exports_app.db.engine import Database
from exports_app.domain.errors import Unavailable

ASK_SECONDS = 10.0
"""Between two readings of the database's clock."""
TOLERANCE = timedelta(seconds=2)
"""A larger difference of the host's clock is logged."""

_log = log.get(__name__)


def system() -> datetime:
    return datetime.now(UTC)


class DatabaseClock:
    """Now, by PostgreSQL's clock. Between two readings, and while the database cannot be reached,
    the host's monotonic clock counts on; before the first reading it is the host's time."""

    def __init__(self, database: Database, ours: Callable[[], datetime] = system) -> None:
        self._database = database
        self._ours = ours
        self._lock = threading.Lock()
        self._seen: tuple[datetime, float] | None = None
        """The database's time, and the monotonic clock's at that instant."""
        self._asked_at = -ASK_SECONDS

    def __call__(self) -> datetime:
        if time.monotonic() - self._asked_at >= ASK_SECONDS and self._lock.acquire(
            blocking=self._seen is None
        ):
            try:
                # Unless another thread asked while this one waited
                if time.monotonic() - self._asked_at >= ASK_SECONDS:
                    self._ask()
            finally:
                self._lock.release()
        if self._seen is None:
            return self._ours()
        then, at = self._seen
        return then + timedelta(seconds=time.monotonic() - at)

    def _ask(self) -> None:
        before = time.monotonic()
        try:
            with self._database.read() as connection:
                theirs: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
        except Unavailable:
            self._asked_at = time.monotonic()
            return
        after = time.monotonic()
        # The database read its clock between the two
        self._seen, self._asked_at = (theirs, (before + after) / 2), after
        if abs(theirs - self._ours()) > TOLERANCE:
            _log.warning(
                "this host's clock is wrong: the database's is used",
                ours=str(self._ours()),
                theirs=str(theirs),
            )
