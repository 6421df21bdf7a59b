"""The time of the database: where many hosts share one, its clock decides what is due, not that of
a host that may be wrong."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from exports_app import log
from exports_app.db.engine import Database
from exports_app.domain.errors import Unavailable

ASK_SECONDS = 10.0
"""Between two looks at the database's clock; meanwhile ours counts on from there."""
ASTRAY = timedelta(seconds=2)
"""By which a host's clock differs when the log says so."""

_log = log.get(__name__)


def system() -> datetime:
    return datetime.now(UTC)


class DatabaseClock:
    """Now, by PostgreSQL's clock. Between two looks it goes by the monotonic clock, which nobody
    sets; while the database is away it goes on; before it was ever reached, it is the system's."""

    def __init__(self, database: Database, ours: Callable[[], datetime] = system) -> None:
        self._database, self._ours = database, ours
        self._lock = threading.Lock()
        self._seen: tuple[datetime, float] | None = None
        """The database's time, and when it was that on the monotonic clock."""
        self._asked_at = -ASK_SECONDS

    def __call__(self) -> datetime:
        if time.monotonic() - self._asked_at >= ASK_SECONDS and self._lock.acquire(
            blocking=self._seen is None
        ):
            try:
                if (
                    time.monotonic() - self._asked_at >= ASK_SECONDS
                ):  # nobody else asked while we waited
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
        # The answer was given somewhere in between
        self._seen, self._asked_at = (theirs, (before + after) / 2), after
        if abs(theirs - self._ours()) > ASTRAY:
            _log.warning(
                "this host's clock is wrong: the database's is used",
                ours=str(self._ours()),
                theirs=str(theirs),
            )
