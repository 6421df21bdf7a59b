"""The lease on a claimed run. Every write of a worker carries the run's lease token."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from exports_app.domain.runs.states import AttemptOutcome, RunStatus, move_run
from exports_app.services.core.change_events import Change, Changes, Topic
from exports_app.services.core.interfaces import Clock, Store, Transaction
from exports_app.services.core.records import Run


class LeaseLost(Exception):
    """The run is no longer this worker's: stop at once, write and send nothing more."""


class Leases:
    def __init__(self, store: Store, changes: Changes, clock: Clock, seconds: int) -> None:
        self._store = store
        self._changes = changes
        self._clock = clock
        self.duration = timedelta(seconds=seconds)

    def extend(self, runs: Sequence[Run]) -> list[Run]:
        """Extend the leases. Returns the runs whose lease is lost."""
        expires = self._clock() + self.duration
        with self._store.write() as tx:
            return [run for run in runs if not tx.run_queue.extend(run.id, token(run), expires)]

    def lost(self, runs: Sequence[Run]) -> list[Run]:
        """The runs whose lease is lost. Only looks."""
        with self._store.read() as tx:
            now = {run.id: tx.runs.get(run.id) for run in runs}
        return [
            run
            for run in runs
            if (current := now[run.id]) is None or current.lease_token != run.lease_token
        ]

    def update(self, run: Run, **values: Any) -> None:
        """Write the values to the run, in a transaction of their own. Raises LeaseLost."""
        with self._store.write() as tx:
            write(tx, run, values)
        self.publish(run)

    def hand_back(
        self,
        run: Run,
        outcome: AttemptOutcome,
        expired_before: datetime | None = None,
        **values: Any,
    ) -> None:
        """Back to pending: the attempt ends with the outcome. expired_before: as in `write`.
        Raises LeaseLost."""
        values |= {
            "status": move_run(run.status, RunStatus.PENDING),
            "lease_token": None,
            "lease_expires_at": None,
        }
        error, code = values.get("error"), values.get("error_code")
        with self._store.write() as tx:
            write(tx, run, values, expired_before)
            tx.deliveries.mark_sending_unknown(run.id)
            tx.attempts.end(run.id, outcome, self._clock(), error, code)
        self.publish(run)

    def publish(self, run: Run) -> None:
        """Tell the pages that the run has changed."""
        self._changes.publish(Change(Topic.RUNS, run.tenant_id))


def write(
    tx: Transaction,
    run: Run,
    values: dict[str, Any],
    expired_before: datetime | None = None,
) -> None:
    """Change the claimed run. expired_before: only if its lease ended before this instant. Raises
    LeaseLost."""
    if not tx.run_queue.update_claimed(run.id, token(run), values, expired_before):
        raise LeaseLost


def require(tx: Transaction, run: Run, expired_before: datetime | None = None) -> None:
    """Lock the run until the transaction ends. Raises LeaseLost."""
    write(tx, run, {"attempt": run.attempt}, expired_before)


def token(run: Run) -> str:
    """Empty without a lease."""
    return run.lease_token or ""
