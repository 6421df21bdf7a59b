"""The queue: the next pending run, and its claim under a lease."""

import threading
import uuid
from collections.abc import Sequence
from datetime import timedelta

from exports_app.domain.runs.rotation import Rotation
from exports_app.services.core.change_events import Change, Changes, Topic
from exports_app.services.core.interfaces import Clock, Store
from exports_app.services.core.records import Attempt, Run, Waiting, new_id


class RunQueue:
    def __init__(self, store: Store, changes: Changes, clock: Clock, lease_seconds: int) -> None:
        self._store = store
        self._changes = changes
        self._clock = clock
        self._lease = timedelta(seconds=lease_seconds)
        self._lock = threading.Lock()
        self._rotation = Rotation()
        self._preferred = False
        """Whether the last turn went to a run that a person started."""

    def isolated_run_waits(self) -> bool:
        """Whether a run waits during which ISOLATION_DEATHS workers died: the caller should process
        no other run beside it.

        If this run kills workers, no other run dies with it; if it does not, it completes.
        """
        with self._store.read() as tx:
            return tx.run_queue.next_isolated(self._clock()) is not None

    def claim(self, *, isolated: bool = True) -> Run | None:
        """The next run, leased to the caller; None when nothing waits, and in maintenance.

        isolated: also runs as in `isolated_run_waits`; they come first.

        Tenants take turns. Runs that a person started go before scheduled ones: always within
        their tenant, and at every other turn among all tenants, so that scheduled runs of others
        are not delayed for ever.
        """
        token = str(uuid.uuid4())
        while (run_id := self._choose(isolated=isolated)) is not None:
            now = self._clock()
            with self._store.write() as tx:
                tx.run_queue.lock_claims()
                if tx.installation.maintenance().is_on:
                    return None
                if not tx.run_queue.claim(run_id, token, now, now + self._lease):
                    continue  # another worker claimed it, or it was cancelled
                run = tx.runs.get(run_id)
                assert run is not None
                tx.attempts.add(Attempt(new_id(), run.id, run.number, now))
            with self._lock:
                self._rotation.had(run.tenant_id)
            self._changes.publish(Change(Topic.RUNS, run.tenant_id))
            return run
        return None

    def _choose(self, *, isolated: bool) -> str | None:
        """Called before claims are locked, so that workers block each other as briefly as
        possible."""
        now = self._clock()
        with self._store.read() as tx:
            return (isolated and tx.run_queue.next_isolated(now)) or self._next(
                tx.run_queue.waiting(now)
            )

    def _next(self, waiting: Sequence[Waiting]) -> str | None:
        if not waiting:
            return None
        asked = [run for run in waiting if run.asked]
        with self._lock:
            self._preferred = bool(asked) and not self._preferred
            candidates = asked if self._preferred else waiting
            return self._rotation.first(candidates, lambda run: run.tenant_id).run_id
