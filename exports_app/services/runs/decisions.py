"""What a person decides about a run that does not get on by itself: try now, give up, or what
became of lost messages."""

from dataclasses import replace

from exports_app.domain.access import Permission, Principal
from exports_app.domain.errors import Conflict
from exports_app.domain.runs.states import RunStatus, move_run, outcome, shortfall
from exports_app.services.audit import audit_log
from exports_app.services.core.authorization import run_of, schedule_of
from exports_app.services.core.change_events import Change, Changes, Topic
from exports_app.services.core.current_rights import write_as
from exports_app.services.core.interfaces import Clock, Store, Transaction
from exports_app.services.core.records import Action, Run
from exports_app.services.runs import completion
from exports_app.services.runs.lifecycle import holds


def waits(run: Run) -> bool:
    """Whether it has failed, and waits for another attempt."""
    return run.status is RunStatus.PENDING and run.attempt > 0 and run.next_attempt_at is not None


class Decisions:
    def __init__(self, store: Store, changes: Changes, clock: Clock) -> None:
        self._store, self._changes, self._clock = store, changes, clock

    def retry_now(self, who: Principal, schedule_id: str, run_id: str) -> Run:
        """Have a run that waits for another attempt begin it at once. Raises NotFound, Forbidden;
        Conflict where none waits."""
        with write_as(self._store, who) as (tx, who):
            run = _waiting(tx, who, schedule_id, run_id)
            if not tx.runs.changed(run, {"next_attempt_at": None}):
                raise Conflict
            audit_log.note_run(tx, who, Action.RUN_RETRIED, run, self._clock())
        return self._published(replace(run, next_attempt_at=None))

    def give_up(self, who: Principal, schedule_id: str, run_id: str) -> Run:
        """End a run that waits for another attempt: failed, or partial where somebody has the file.
        Raises as `retry_now`."""
        with write_as(self._store, who) as (tx, who):
            run = _waiting(tx, who, schedule_id, run_id)
            now = self._clock()
            name = tx.users.names([who.user_id]).get(who.user_id, "somebody")
            tx.deliveries.end_pending(run.id, "the run was given up before this message was sent")
            sent = tx.deliveries.of_runs([run.id]).get(run.id, [])
            status = shortfall((d.status for d in sent), hold=holds(run))
            error = f"{run.error} ({name} gave it up)"
            ended = replace(
                run,
                status=move_run(run.status, status),
                error=error,
                completed_at=now,
                next_attempt_at=None,
            )
            if not tx.runs.changed(run, _changes(ended)):
                raise Conflict
            completion.ended(tx, ended, now)
            audit_log.note_run(tx, who, Action.RUN_GIVEN_UP, ended, now)
        return self._published(ended)

    def accept_unknown(self, who: Principal, schedule_id: str, run_id: str) -> Run:
        """Say that the messages of a run whose fate is unknown have arrived. Raises NotFound,
        Forbidden; Conflict where there are none, or the run has not ended."""
        with write_as(self._store, who) as (tx, who):
            schedule_of(tx, who, schedule_id, Permission.WRITE)
            now = self._clock()
            run = run_of(tx, schedule_id, run_id)
            if run.status not in {RunStatus.PARTIAL, RunStatus.FAILED}:
                raise Conflict(
                    f"Only of a run that failed, in whole or in part, messages can be unknown: this one is {run.status}"
                )
            name = tx.users.names([who.user_id]).get(who.user_id, "somebody")
            if not tx.deliveries.accept_unknown(run.id, f"{name} says that it has arrived"):
                raise Conflict("No message of this run is unknown: there is nothing to decide")
            sent = tx.deliveries.of_runs([run.id])[run.id]
            status = outcome(d.status for d in sent)
            settled = replace(run, status=status)
            if status is RunStatus.COMPLETED:
                settled = replace(settled, error=None, error_code=None)
            if status is not run.status:
                move_run(run.status, status)
            if not tx.runs.changed(run, _changes(settled)):
                raise Conflict
            if status is RunStatus.COMPLETED:
                completion.ended(tx, settled, now)
            else:
                tx.schedules.note_result(settled, status, settled.completed_at or now)
            audit_log.note_run(tx, who, Action.RUN_ACCEPTED, settled, now)
        return self._published(settled)

    def _published(self, run: Run) -> Run:
        self._changes.publish(Change(Topic.RUNS, run.tenant_id))
        return run


def _waiting(tx: Transaction, who: Principal, schedule_id: str, run_id: str) -> Run:
    schedule_of(tx, who, schedule_id, Permission.WRITE)
    run = run_of(tx, schedule_id, run_id)
    if not waits(run):
        raise Conflict("This run does not wait for another attempt")
    return run


def _changes(run: Run) -> dict[str, object]:
    return {
        name: getattr(run, name)
        for name in ("status", "error", "error_code", "completed_at", "next_attempt_at")
    }
