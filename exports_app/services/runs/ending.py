"""How an attempt at a run ends: the run is closed, retried later, released by a worker that stops,
recovered after the worker's death, or cancelled."""

from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any

from exports_app import log
from exports_app.domain.errors import ExportsError, MessagesReserved, RunError
from exports_app.domain.runs import retry
from exports_app.domain.runs.policies import OnUnknown
from exports_app.domain.runs.states import (
    EXECUTED,
    MAX_DEATHS,
    UNFINISHED,
    AttemptOutcome,
    DeliveryStatus,
    RunStatus,
    move_run,
    shortfall,
)
from exports_app.services.core.interfaces import Clock, Store, Transaction
from exports_app.services.core.records import Delivery, Run
from exports_app.services.events import noting
from exports_app.services.runs import completion, lease
from exports_app.services.runs.lease import LeaseLost, Leases

DEADLY = frozenset({"process_killed"})
"""Errors that count as a death of the worker, so that a run cannot kill processes for ever."""
WORKER_DIED = RunError("its worker died", code="worker_died", permanent=False)

_log = log.get(__name__)


class RunEndings:
    """Each method but `recover` raises LeaseLost. retries: the default, which a schedule may
    override."""

    def __init__(self, store: Store, clock: Clock, leases: Leases, retries: retry.Policy) -> None:
        self._store = store
        self._clock = clock
        self._leases = leases
        self._retries = retries

    def close(
        self,
        run: Run,
        status: RunStatus,
        error: str | None = None,
        code: str | None = None,
        expired_before: datetime | None = None,
        **values: Any,
    ) -> RunStatus:
        """End the run and note its result on the schedule, in one transaction. expired_before: as
        in `lease.write`.

        A failed run ends as partial where some messages were accepted, or are held. Returns how it
        ended.
        """
        now = self._clock()
        with self._store.write() as tx:
            lease.require(tx, run, expired_before)
            # An ended run has no message that is being sent or waits
            tx.deliveries.mark_sending_unknown(run.id)
            tx.deliveries.end_pending(run.id, "the run ended before this message was sent")
            if status is RunStatus.FAILED:
                deliveries = tx.deliveries.of_runs([run.id]).get(run.id, [])
                status = shortfall(d.status for d in deliveries)
            values |= {
                "status": move_run(run.status, status),
                "error": error,
                "error_code": code,
                "completed_at": now,
                "lease_token": None,
                "lease_expires_at": None,
            }
            lease.write(tx, run, values, expired_before)
            tx.attempts.end(run.id, AttemptOutcome(status), now, error, code)
            if status in EXECUTED:
                completion.record(tx, replace(run, **values), now)
            noting.note_runs(tx, [replace(run, **values)], now)
        self._leases.publish(run)
        return status

    def fail(self, run: Run, error: ExportsError) -> RunStatus:
        """Retry the run later where that may help, else end it. Returns its new status."""
        now = self._clock()
        since = run.started_at or now
        reason: dict[str, Any] = {"error": error.message, "error_code": error.code}
        if isinstance(error, MessagesReserved) and (at := retry.wait(since, now)) is not None:
            reason["attempt"] = run.attempt - 1
            self._leases.hand_back(run, AttemptOutcome.RETRY, next_attempt_at=at, **reason)
            return RunStatus.PENDING
        at = retry.decide(error, run.attempt - run.deaths, self._policy(run), since, now)
        if error.code in DEADLY:
            return self._count_death(run, error, None, at)
        if at is None:
            gave_up = run.attempt > 1 and not error.permanent
            tried = f" (after {run.number} attempts)" if gave_up else ""
            return self.close(run, RunStatus.FAILED, f"{error.message}{tried}", error.code)
        self._leases.hand_back(run, AttemptOutcome.RETRY, next_attempt_at=at, **reason)
        return RunStatus.PENDING

    def release(self, run: Run) -> None:
        """Back to pending after a graceful stop; the attempt does not count."""
        self._leases.hand_back(run, AttemptOutcome.STOPPED, attempt=run.attempt - 1)

    def recover(self, *, everything: bool) -> int:
        """Return runs whose worker died to pending. everything: also runs with a valid lease, since
        no worker can be alive (a start on the embedded database).

        A run whose workers died MAX_DEATHS times fails instead. Returns the number of abandoned
        runs.
        """
        expired_before = None if everything else self._clock()
        with self._store.read() as tx:
            abandoned = tx.run_queue.abandoned(expired_before)
        for run in abandoned:
            _log.warning("a worker died", run=run.id, tenant=run.tenant_id, attempt=run.number)
            with suppress(LeaseLost):  # its worker was alive and has just ended it
                self._count_death(run, WORKER_DIED, expired_before)
        return len(abandoned)

    def _count_death(
        self,
        run: Run,
        error: ExportsError,
        expired_before: datetime | None,
        at: datetime | None = None,
    ) -> RunStatus:
        """Back to pending, or failed after MAX_DEATHS. at: when to retry."""
        deaths = run.deaths + 1
        if deaths >= MAX_DEATHS:
            reason = f"{error.message} {deaths} times"
            failed = RunStatus.FAILED
            return self.close(run, failed, reason, error.code, expired_before, deaths=deaths)
        values = {"deaths": deaths, "error": error.message, "error_code": error.code}
        self._leases.hand_back(
            run, AttemptOutcome.DIED, expired_before, next_attempt_at=at, **values
        )
        return RunStatus.PENDING

    def _policy(self, run: Run) -> retry.Policy:
        attempts = run.spec.retry_attempts
        base_seconds = run.spec.retry_base_seconds
        return retry.Policy(
            self._retries.attempts if attempts is None else attempts,
            self._retries.base_seconds if base_seconds is None else base_seconds,
            self._retries.resends,
        )


def holds_unknown(run: Run) -> bool:
    """Whether its unknown messages wait for a person's decision; also where this version does not
    know the policy, since a copy cannot be taken back."""
    return run.spec.on_unknown != OnUnknown.RESEND


def is_due(run: Run, delivery: Delivery, resends: int) -> bool:
    """Whether the next attempt sends it. resends: how often an unknown message is sent again
    without asking; then, and where the schedule says so, a person decides."""
    if delivery.status is DeliveryStatus.UNKNOWN:
        return not holds_unknown(run) and delivery.resends < resends
    return delivery.status is DeliveryStatus.PENDING


def cancel(tx: Transaction, run: Run, reason: str, now: datetime, code: str = "cancelled") -> bool:
    """End a pending or processing run. Its worker stops at its next write. A message that is being
    sent may still arrive, and becomes unknown. False where the run has ended, or has changed since
    it was read."""
    values = {"completed_at": now, "error": reason, "error_code": code, "next_attempt_at": None}
    if run.status not in UNFINISHED or not tx.runs.cancel(run, values):
        return False
    tx.deliveries.mark_sending_unknown(run.id)
    tx.deliveries.end_pending(run.id, "the run was cancelled before this message was sent")
    tx.attempts.end(run.id, AttemptOutcome.CANCELLED, now, reason, code)
    return True
