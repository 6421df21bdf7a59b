"""What a restored database must not do by itself: it does not know what was sent after its backup.

Runs that had not ended, messages that waited and ticks that are due may all have gone out already.
They are held: ended in states from which a person continues them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from exports_app.domain.runs.states import (
    AttemptOutcome,
    DeliveryStatus,
    RunStatus,
    move_run,
    shortfall,
)
from exports_app.services.audit import audit_log
from exports_app.services.core.interfaces import Clock, Store, Transaction
from exports_app.services.core.records import Action, Run
from exports_app.services.runs.tick_planner import RESTORED, plan_held

BATCH = 500
MESSAGE = "it may have been sent already: the database was restored from a backup"
UNSENT = dict.fromkeys((DeliveryStatus.PENDING, DeliveryStatus.SENDING), DeliveryStatus.UNKNOWN)
"""What becomes of messages that waited."""
RUN = (
    "the database was restored from a backup in which this run had not ended: it may have "
    "finished after that backup"
)


@dataclass(frozen=True)
class Held:
    """How many were held. ticks: schedules with at least one tick between the backup and now.
    messages: notices, emails about accounts, and messages to webhooks."""

    runs: int
    ticks: int
    messages: int
    sessions: int
    maintenance: bool = False
    """Whether it is on in the database."""


class Restored:
    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def hold(self, backup: str) -> Held:
        """Hold everything that the database would do again, and end all sessions. No other process
        may work on it. backup: what was restored, for the audit. Raises Unavailable."""
        now = self._clock()
        held = Held(
            runs=self._in_batches(lambda tx: _hold_runs(tx, now)),
            ticks=self._hold_ticks(now),
            messages=self._in_batches(lambda tx: _hold_messages(tx, now)),
            sessions=self._in_batches(lambda tx: tx.sessions.end(now, BATCH)),
        )
        with self._store.write() as tx:
            maintenance = tx.installation.maintenance().is_on
            audit_log.note(
                *(tx, audit_log.COMMAND_LINE, Action.RESTORED, now),
                tenant_id=None,
                subject_id=None,
                subject_name=backup,
                runs=held.runs,
                ticks=held.ticks,
                messages=held.messages,
                sessions=held.sessions,
            )
        return replace(held, maintenance=maintenance)

    def _in_batches(self, hold: Callable[[Transaction], int]) -> int:
        """Each batch has its transaction."""
        total = 0
        while True:
            with self._store.write() as tx:
                count = hold(tx)
            if not count:
                return total
            total += count

    def _hold_ticks(self, now: datetime) -> int:
        total = 0
        while True:
            with self._store.read() as tx:
                due = tx.schedules.due(now, BATCH)
            if not due:
                return total
            plans = [plan_held(schedule, now) for schedule in due]
            with self._store.write() as tx:
                tx.schedules.advance({plan.schedule.id: plan.next_run_at for plan in plans})
                tx.runs.add_all([run for plan in plans for run in plan.runs])
            total += len(due)


def _hold_runs(tx: Transaction, now: datetime) -> int:
    runs = tx.runs.unfinished(BATCH)
    deliveries = tx.deliveries.of_runs([run.id for run in runs])
    for run in runs:
        tx.deliveries.mark_unsent_unknown(run.id, MESSAGE)
        of_run = [delivery.status for delivery in deliveries.get(run.id, [])]
        _end(tx, run, _outcome(run, of_run), now)
    return len(runs)


def _outcome(run: Run, deliveries: Sequence[DeliveryStatus]) -> RunStatus:
    """Partial: its messages are sent again, or confirmed. Skipped: a backfill runs it. Cancelled:
    someone runs it again."""
    if deliveries:
        return shortfall(UNSENT.get(status, status) for status in deliveries)
    return RunStatus.CANCELLED if run.scheduled_for is None else RunStatus.SKIPPED


def _end(tx: Transaction, run: Run, status: RunStatus, now: datetime) -> None:
    values = {
        "status": move_run(run.status, status),
        "error": RUN,
        "error_code": RESTORED,
        "completed_at": now,
        "next_attempt_at": None,
        "lease_token": None,
        "lease_expires_at": None,
    }
    tx.runs.update_unclaimed(run, values)
    tx.attempts.end(run.id, AttemptOutcome(status), now, RUN, RESTORED)


def _hold_messages(tx: Transaction, now: datetime) -> int:
    emails = tx.notifications.hold(MESSAGE, BATCH) + tx.account_messages.hold(MESSAGE, BATCH)
    return emails + tx.webhook_deliveries.hold(MESSAGE, now, BATCH)
