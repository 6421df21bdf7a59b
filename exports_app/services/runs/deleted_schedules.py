"""Housekeeping of deleted scheduled exports: once they can no longer be restored, they are removed
for good, with their runs, files and notifications. The audit stays."""

import time
from collections.abc import Callable
from datetime import datetime

from exports_app import log
from exports_app.services.audit import audit_log
from exports_app.services.core.change_events import Change, Changes, Topic
from exports_app.services.core.interfaces import Clock, FileStore, Store, Transaction
from exports_app.services.core.records import Action
from exports_app.services.schedules.deleted import KEPT

LOOK = 100
"""Scheduled exports that one reading finds."""
BATCH = 200
"""Runs that one transaction removes; on SQLite other writers wait for it."""
PAUSE = 0.05
"""Seconds between two batches, at least: as long as the batch took, so that others write in half of
the time."""

_log = log.get(__name__)


class DeletedScheduleRetention:
    def __init__(self, store: Store, files: FileStore, changes: Changes, clock: Clock) -> None:
        self._store = store
        self._files = files
        self._changes = changes
        self._clock = clock

    def sweep(
        self,
        stopped: Callable[[], bool] = lambda: False,
        pause: Callable[[float], object] = time.sleep,
    ) -> int:
        """Returns the number of removed scheduled exports. One with a run that has not ended stays
        until the next sweep. stopped: checked between batches. pause: waits for so many seconds, or
        until a stop. Raises Unavailable; what was removed before stays removed."""
        before = self._clock() - KEPT
        with self._store.read() as tx:
            tenant_ids = [tenant.id for tenant in tx.tenants.within(None)]
        removed = 0
        for tenant_id in tenant_ids:
            if stopped():
                break
            if count := self._sweep_tenant(tenant_id, before, stopped, pause):
                _log.info("deleted scheduled exports removed", tenant=tenant_id, schedules=count)
                self._changes.publish(Change(Topic.SCHEDULES, tenant_id))
            removed += count
        return removed

    def _sweep_tenant(
        self,
        tenant_id: str,
        before: datetime,
        stopped: Callable[[], bool],
        pause: Callable[[float], object],
    ) -> int:
        """Those beyond the first LOOK wait for the next sweep."""
        with self._store.read() as tx:
            expired = tx.deleted_schedules.expired(tenant_id, before, LOOK)
        return sum(self._remove(schedule_id, before, stopped, pause) for schedule_id in expired)

    def _remove(
        self,
        schedule_id: str,
        before: datetime,
        stopped: Callable[[], bool],
        pause: Callable[[float], object],
    ) -> bool:
        more = True
        while more and not stopped():
            began = time.monotonic()
            with self._store.write() as tx:
                if not _is_expired(tx, schedule_id, before):
                    return False
                part = tx.deleted_schedules.remove_runs(schedule_id, BATCH)
            for key in part.files:  # removed last: a crash in between leaves an orphan
                self._remove_file(key)
            more = part.runs == BATCH
            if part.runs:
                pause(max(PAUSE, time.monotonic() - began))
        return not more and self._remove_for_good(schedule_id)

    def _remove_for_good(self, schedule_id: str) -> bool:
        with self._store.write() as tx:
            deleted = tx.deleted_schedules.get(schedule_id, lock=True)
            if deleted is None or not tx.deleted_schedules.remove(schedule_id):
                return False
            removed = Action.SCHEDULE_REMOVED
            audit_log.note_schedule(tx, audit_log.APP, removed, deleted, self._clock())
        return True

    def _remove_file(self, key: str) -> None:
        try:
            self._files.remove(key)
        except OSError as e:  # it is an orphan now, and removed by the sweep of files
            _log.warning("a file could not be removed", key=key, reason=e.strerror)


def _is_expired(tx: Transaction, schedule_id: str, before: datetime) -> bool:
    """Locks it: another server, whose clock is behind, may just be restoring it."""
    deleted = tx.deleted_schedules.get(schedule_id, lock=True)
    return deleted is not None and deleted.deleted_at is not None and deleted.deleted_at < before
