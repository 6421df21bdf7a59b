"""Housekeeping of snapshots: those that runs hold themselves are moved to where each is stored
once."""

import time
from collections.abc import Callable
from datetime import timedelta

from exports_app import log
from exports_app.services.core.interfaces import Clock, Store

BATCH = 200
"""Runs in one transaction; on SQLite other writers wait for it."""
PAUSE = 0.05
"""Seconds between two batches, at least: as long as the batch took, so that others write in half of
the time."""

_log = log.get(__name__)


class SnapshotStorage:
    """after: how long after its end a run keeps its own."""

    def __init__(self, store: Store, clock: Clock, after: timedelta) -> None:
        self._store = store
        self._clock = clock
        self._after = after

    def move(
        self,
        stopped: Callable[[], bool] = lambda: False,
        pause: Callable[[float], object] = time.sleep,
    ) -> int:
        """Move the snapshots of all runs that ended long enough ago. Returns how many runs there
        were. stopped: checked between batches. pause: waits for so many seconds, or until a stop.
        Raises Unavailable; what was moved before stays moved."""
        moved, before = 0, self._clock() - self._after
        while not stopped():
            began = time.monotonic()
            with self._store.read() as tx:
                due = tx.snapshots.any_to_move(before)
            if not due:
                break
            with self._store.write() as tx:
                count = tx.snapshots.move(before, BATCH)
            moved += count
            if count < BATCH:
                break
            pause(max(PAUSE, time.monotonic() - began))
        if moved:
            _log.info("snapshots of runs moved", runs=moved)
        return moved
