"""Health: whether exports run on time, and counts of runs and deliveries."""

import math
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from exports_app.domain import humanize
from exports_app.domain.errors import StoreAway, Unavailable
from exports_app.domain.runs.states import DeliveryStatus
from exports_app.services.core import read_limits
from exports_app.services.core.interfaces import Clock, FileStore, Store, Transaction
from exports_app.services.core.rate_limits import Counts
from exports_app.services.core.records import Maintenance

CHECK_SECONDS = 5.0
"""Between two checks of `Health.unreachable`."""
PROBE_SECONDS = 2.0
"""Between two writes that show whether the database can be written."""
READ_SECONDS = 3.0
"""For each of health's own readings."""
UNSENT = (DeliveryStatus.PENDING, DeliveryStatus.SENDING)
MOST_COUNTED = 1_000
"""Messages of a kind that wait: no scrape goes over more of them."""


@dataclass(frozen=True)
class Figures:
    """Of all tenants. due_lag: seconds by which the oldest due schedule is late. queue_age: seconds
    that the oldest run which could begin has waited. Both are 0 where there is none, and do not
    count the time of the last maintenance. runs, deliveries: counts by status. messages_waiting: by
    kind, see `metrics.MESSAGE_KINDS`. webhooks_waiting: messages to webhooks."""

    maintenance: bool
    due_lag: float
    queue_age: float
    runs: Mapping[str, int]
    deliveries: Mapping[str, int]
    messages_waiting: Mapping[str, int]
    webhooks_waiting: int


class Health:
    def __init__(
        self, store: Store, files: FileStore, counts: Counts, clock: Clock, late_minutes: int
    ) -> None:
        self._store = store
        self._files = files
        self._counts = counts
        self._clock = clock
        self._late = timedelta(minutes=late_minutes)
        self._probed: tuple[float, str] = (-math.inf, "")
        """When it was last tried to write, and what was wrong then."""
        self._checked: tuple[float, list[str]] | None = None
        self._checking = threading.Lock()

    def reachable(self) -> bool:
        """Whether the database answers. May take some seconds."""
        try:
            with read_limits.use(READ_SECONDS):
                self._store.ping()
        except Unavailable:
            return False
        return True

    def database(self) -> tuple[bool, list[str]]:
        """Whether the database can be read and written, and all that is wrong with it or late, in
        words. May take some seconds; one caller at a time."""
        try:
            with read_limits.use(READ_SECONDS):
                self._store.ping()
                late = self.troubles()
        except Unavailable as e:
            return False, [e.message]
        if time.monotonic() - self._probed[0] > PROBE_SECONDS:
            try:
                self._store.check_writable()
                self._probed = (time.monotonic(), "")
            except Unavailable as e:
                self._probed = (time.monotonic(), e.message)
        wrong = self._probed[1]
        return not wrong, [*([wrong] if wrong else []), *late]

    def troubles(self) -> list[str]:
        """What is later than `late_minutes`, in words; nothing is in maintenance. Raises
        Unavailable."""
        with self._store.read() as tx:
            late = _lateness(tx, self._clock())
        most = self._late.total_seconds()
        troubles = []
        if late.due > most:
            lag = humanize.duration(late.due)
            troubles.append(f"A scheduled export has been due for {lag} and has no run yet")
        if late.queue > most:
            troubles.append(f"A run has waited {humanize.duration(late.queue)} for a worker")
        return troubles

    def unreachable(self) -> list[str]:
        """What cannot be reached beside the database, in words. Checked by one caller at a time and
        at most every CHECK_SECONDS, so that many callers do not all wait for a timeout."""
        if self._checking.acquire(blocking=self._checked is None):
            try:
                if self._checked is None or time.monotonic() - self._checked[0] > CHECK_SECONDS:
                    troubles = self._check()
                    self._checked = (time.monotonic(), troubles)
            finally:
                self._checking.release()
        assert self._checked is not None
        return list(self._checked[1])

    def _check(self) -> list[str]:
        troubles = []
        try:
            self._files.ping()
        except StoreAway as e:
            troubles.append(e.message)
        if self._counts.unreachable():
            troubles.append(
                "Redis cannot be reached: the pages do not work, but the API and the runs do. "
                "Check REDIS_URL, and that Redis is running"
            )
        return troubles

    def figures(self) -> Figures:
        """Raises Unavailable."""
        with self._store.read() as tx:
            late = _lateness(tx, self._clock())
            deliveries = tx.status_counts.deliveries()
            waiting = {
                "file": sum(deliveries.get(status, 0) for status in UNSENT),
                "notice": tx.notifications.waiting(MOST_COUNTED),
                "account": tx.account_messages.waiting(MOST_COUNTED),
            }
            return Figures(
                late.maintenance,
                late.due,
                late.queue,
                tx.status_counts.runs(),
                deliveries,
                waiting,
                tx.webhook_deliveries.waiting(MOST_COUNTED),
            )


class _Lateness(NamedTuple):
    """maintenance: whether there is one. due, queue: `due_lag` and `queue_age` of Figures."""

    maintenance: bool
    due: float
    queue: float


def _lateness(tx: Transaction, now: datetime) -> _Lateness:
    maintenance = tx.installation.maintenance()
    return _Lateness(
        maintenance.is_on,
        _age(tx.schedules.due_since(now), now, maintenance),
        _age(tx.run_queue.waiting_since(now), now, maintenance),
    )


def _age(since: datetime | None, now: datetime, maintenance: Maintenance) -> float:
    """Seconds since the instant, or since the end of the last maintenance if that was later."""
    if since is None or maintenance.is_on:
        return 0.0
    begun = max(since, maintenance.ended_at or since)
    return max(0.0, (now - begun).total_seconds())
