"""Housekeeping of the history: runs that ended long ago are removed, with their deliveries,
attempts and downloads.

The newest KEPT_RUNS of each schedule stay, however old they are; see `Expiry` for what else does.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from exports_app import log
from exports_app.domain import bounds
from exports_app.domain.access import Permission, Principal
from exports_app.services.core.authorization import schedule_of
from exports_app.services.core.change_events import Change, Changes, Topic
from exports_app.services.core.interfaces import Clock, Store
from exports_app.services.core.interfaces.old_runs import Expiry, Place
from exports_app.services.core.records import Tenant

KEPT_RUNS = 20
"""Of each schedule."""
LOOK = 500
"""Runs that one transaction looks at."""
BATCH = 200
"""Runs that one transaction removes; on SQLite other writers wait for it."""
PAUSE = 0.05
"""Seconds between two batches, at least: as long as the batch took, so that others write in half of
the time."""

_log = log.get(__name__)


@dataclass(frozen=True)
class RemovedHistory:
    """Runs that were removed from a schedule's history.

    runs: how many. last_created_at: of the newest of them. kept_days: how long runs are kept now.
    """

    runs: int
    last_created_at: datetime
    kept_days: int


class HistoryRetention:
    """days: how long runs are kept where their tenant has no keep_runs_days."""

    def __init__(self, store: Store, changes: Changes, clock: Clock, days: int) -> None:
        self._store = store
        self._changes = changes
        self._clock = clock
        self._days = days

    def sweep(
        self,
        stopped: Callable[[], bool] = lambda: False,
        pause: Callable[[float], object] = time.sleep,
    ) -> int:
        """Remove old runs of all tenants. Returns their number. stopped: checked between batches.
        pause: waits for so many seconds, or until a stop. Raises Unavailable; what was removed
        before stays removed."""
        with self._store.read() as tx:
            days = {tenant.id: self._kept_days(tenant) for tenant in tx.tenants.within(None)}
        removed = 0
        for tenant_id, kept in days.items():
            if stopped():
                break
            if count := self._sweep_tenant(tenant_id, kept, stopped, pause):
                self._changes.publish(Change(Topic.RUNS, tenant_id))
                _log.info("old runs removed", tenant=tenant_id, runs=count, kept_days=kept)
            removed += count
        return removed

    def removed(self, who: Principal, schedule_id: str) -> RemovedHistory | None:
        """What the schedule's history lacks; None: nothing. Raises NotFound, Forbidden."""
        with self._store.read() as tx:
            schedule = schedule_of(tx, who, schedule_id, Permission.READ)
            removed = tx.old_runs.removed_from(schedule.id)
            tenant = tx.tenants.get(schedule.tenant_id) if removed else None
        if removed is None or tenant is None:
            return None
        return RemovedHistory(removed.runs, removed.last_created_at, self._kept_days(tenant))

    def _kept_days(self, tenant: Tenant) -> int:
        days = self._days if tenant.keep_runs_days is None else tenant.keep_runs_days
        return min(max(days, bounds.LEAST_KEEP_RUNS_DAYS), bounds.KEEP_DAYS)

    def _sweep_tenant(
        self,
        tenant_id: str,
        days: int,
        stopped: Callable[[], bool],
        pause: Callable[[float], object],
    ) -> int:
        now = self._clock()
        expiry = Expiry(now - timedelta(days=days), now, KEPT_RUNS)
        removed = 0
        place: Place | None = None
        while not stopped():
            with self._store.read() as tx:
                part = tx.old_runs.look(tenant_id, expiry, place, LOOK)
            for first in range(0, len(part.removable), BATCH):
                if stopped():
                    break
                began = time.monotonic()
                with self._store.write() as tx:
                    removed += tx.old_runs.remove(part.removable[first : first + BATCH], expiry)
                pause(max(PAUSE, time.monotonic() - began))
            place = part.last
            if place is None:
                break
        return removed
