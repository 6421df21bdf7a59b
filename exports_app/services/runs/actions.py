"""What a person does to a run: run again, send again, cancel, retry now, give up, accept
unknown messages."""

from dataclasses import replace
from datetime import datetime

from exports_app import tracing
from exports_app.domain.access import Permission, Principal
from exports_app.domain.errors import (
    AllDelivered,
    AlreadyResending,
    FileRemoved,
    NoFile,
    NothingUnknown,
    RunHasEnded,
    RunHasNotEnded,
    RunHasNotFailed,
    RunNotWaiting,
    VersionConflict,
)
from exports_app.domain.runs.send_to import SendTo
from exports_app.domain.runs.states import (
    FINISHED,
    RESENT,
    TRIALS,
    RunStatus,
    Trigger,
    move_run,
    outcome,
    shortfall,
)
from exports_app.services.audit import audit_log
from exports_app.services.core.authorization import keep_schedule, run_of, schedule_of
from exports_app.services.core.change_events import Change, Changes, Topic
from exports_app.services.core.current_rights import write_as
from exports_app.services.core.interfaces import Clock, FileStore, Store, Transaction
from exports_app.services.core.records import Action, Run, Schedule
from exports_app.services.events import noting
from exports_app.services.runs import completion
from exports_app.services.runs.ending import cancel
from exports_app.services.runs.entitlement import require_exporter, unsent
from exports_app.services.schedules import last_run
from exports_app.services.schedules.new_run import addressed, new_run, sent_to, trigger_of
from exports_app.services.tenants.quotas import Quotas


def waits_for_retry(run: Run) -> bool:
    """Whether it failed, and waits for its next attempt."""
    return run.status is RunStatus.PENDING and run.attempt > 0 and run.next_attempt_at is not None


def require_resendable(run: Run, files: FileStore) -> None:
    """Raises NotFound without a file, Gone when it was removed, Conflict where the run did not fail
    and was not cancelled."""
    if run.status not in RESENT:
        raise RunHasNotFailed(
            f"Only a failed or partial run can be resent: this one is {run.status}"
        )
    require_file(run, files)


def require_file(run: Run, files: FileStore) -> None:
    """Raises NotFound without a file, Gone when it was removed."""
    if run.file_key is None:
        raise NoFile("This run has no file to send: rerun it instead")
    if run.file_removed_at is not None or not files.has(run.file_key):
        raise FileRemoved("The file of this run was removed: rerun it instead")


class RunActions:
    def __init__(
        self, store: Store, files: FileStore, changes: Changes, clock: Clock, quotas: Quotas
    ) -> None:
        self._store = store
        self._files = files
        self._changes = changes
        self._clock = clock
        self._quotas = quotas

    def rerun(
        self,
        who: Principal,
        schedule_id: str,
        run_id: str,
        to: SendTo = SendTo.RECIPIENTS,
    ) -> Run:
        """Queue a run of the schedule's current settings over the days of an old run. A test is
        always repeated as a test of the caller. Raises NotFound, Forbidden, QuotaExceeded; Conflict
        while the old run has not finished, or as `Schedules.trigger`."""
        with write_as(self._store, who) as (tx, who):
            schedule = schedule_of(tx, who, schedule_id, Permission.WRITE)
            old = run_of(tx, schedule_id, run_id)
            if old.status not in FINISHED:
                raise RunHasNotEnded
            if old.trigger is Trigger.TEST:
                # Who repeats a test does not mean to write to all recipients
                to = SendTo.CALLER
            schedule = addressed(tx, who, schedule, to)
            self._quotas.require_run(tx, schedule.tenant_id, messages=len(schedule.recipients))
            keep_schedule(tx, schedule_id)
            now = self._clock()
            run = _again(schedule, old, trigger_of(to, Trigger.RERUN), now, who)
            last = last_run.of_schedule(tx, schedule_id)
            run = replace(run, of_earlier_date=last_run.repeats_earlier(last, old, run))
            tx.runs.add(run)
            audit_log.note_run(tx, who, Action.RUN_REPEATED, run, now, of=old.id, **sent_to(to))
        tracing.run_created(run.id, run.tenant_id, run.scheduled_export_id)
        return self._published(run)

    def resend(self, who: Principal, schedule_id: str, run_id: str) -> Run:
        """Send the file of a run that failed, in whole or in part, or was cancelled, to the
        recipients who did not get it.

        The same run becomes pending again, with its file. Raises NotFound (also without a file),
        Gone when the file was removed, Forbidden, and Conflict where there is nothing to send, or
        the user that the run acts for can no longer export there.
        """
        with self._store.read() as tx:
            schedule_of(tx, who, schedule_id, Permission.WRITE)
            run = run_of(tx, schedule_id, run_id)
        require_resendable(run, self._files)
        with write_as(self._store, who) as (tx, who):
            schedule_of(tx, who, schedule_id, Permission.WRITE)
            require_exporter(tx, run)
            deliveries = unsent(tx.deliveries.of_runs([run.id]).get(run.id, []))
            self._quotas.require_run(
                tx, run.tenant_id, messages=sum(one.destination_id is None for one in deliveries)
            )
            if not tx.runs.reopen(run):
                raise AlreadyResending
            keep_schedule(tx, schedule_id)
            if not deliveries:
                raise AllDelivered
            tx.deliveries.reopen([delivery.id for delivery in deliveries])
            again = run_of(tx, schedule_id, run_id)
            audit_log.note_run(tx, who, Action.RUN_RESENT, again, self._clock())
        return self._published(again)

    def cancel(self, who: Principal, schedule_id: str, run_id: str) -> Run:
        """As `ending.cancel`. Raises NotFound, Forbidden; Conflict where it has ended."""
        with write_as(self._store, who) as (tx, who):
            schedule_of(tx, who, schedule_id, Permission.WRITE)
            now = self._clock()
            run = run_of(tx, schedule_id, run_id)
            name = tx.users.names([who.user_id]).get(who.user_id, "someone")
            if not cancel(tx, run, f"cancelled by {name}", now):
                raise RunHasEnded
            cancelled = run_of(tx, schedule_id, run_id)
            audit_log.note_run(tx, who, Action.RUN_CANCELLED, cancelled, now)
        return self._published(cancelled)

    def retry_now(self, who: Principal, schedule_id: str, run_id: str) -> Run:
        """Begin the next attempt of a waiting run at once. Raises NotFound, Forbidden; Conflict
        where it does not wait for one."""
        with write_as(self._store, who) as (tx, who):
            run = _waiting(tx, who, schedule_id, run_id)
            if not tx.runs.update_unclaimed(run, {"next_attempt_at": None}):
                raise VersionConflict
            audit_log.note_run(tx, who, Action.RUN_RETRIED, run, self._clock())
        return self._published(replace(run, next_attempt_at=None))

    def give_up(self, who: Principal, schedule_id: str, run_id: str) -> Run:
        """End a run that waits for another attempt: failed, or partial where a recipient has the
        file. Raises as `retry_now`."""
        with write_as(self._store, who) as (tx, who):
            run = _waiting(tx, who, schedule_id, run_id)
            now = self._clock()
            name = tx.users.names([who.user_id]).get(who.user_id, "someone")
            tx.deliveries.end_pending(run.id, "retrying was stopped before this message was sent")
            sent = tx.deliveries.of_runs([run.id]).get(run.id, [])
            status = shortfall(d.status for d in sent)
            error = f"{run.error} ({name} stopped retrying)"
            given_up = replace(
                run,
                status=move_run(run.status, status),
                error=error,
                completed_at=now,
                next_attempt_at=None,
            )
            if not tx.runs.update_unclaimed(run, _changes(given_up)):
                raise VersionConflict
            completion.record(tx, given_up, now)
            noting.note_runs(tx, [given_up], now)
            audit_log.note_run(tx, who, Action.RUN_GIVEN_UP, given_up, now)
        return self._published(given_up)

    def accept_unknown(self, who: Principal, schedule_id: str, run_id: str) -> Run:
        """Mark the unknown messages of a run as accepted: the caller says that they arrived. Raises
        NotFound, Forbidden; Conflict where there are none, or the run has not ended."""
        with write_as(self._store, who) as (tx, who):
            schedule_of(tx, who, schedule_id, Permission.WRITE)
            now = self._clock()
            run = run_of(tx, schedule_id, run_id)
            if run.status not in {RunStatus.PARTIAL, RunStatus.FAILED}:
                raise RunHasNotFailed(
                    "Only a failed or partial run can have unknown messages:"
                    f" this one is {run.status}"
                )
            name = tx.users.names([who.user_id]).get(who.user_id, "someone")
            if not tx.deliveries.accept_unknown(run.id, f"{name} marked it as delivered"):
                raise NothingUnknown
            sent = tx.deliveries.of_runs([run.id])[run.id]
            status = outcome(d.status for d in sent)
            accepted = replace(run, status=status)
            if status is RunStatus.COMPLETED:
                accepted = replace(accepted, error=None, error_code=None)
            if status is not run.status:
                move_run(run.status, status)
            if not tx.runs.update_unclaimed(run, _changes(accepted)):
                raise VersionConflict
            if status is RunStatus.COMPLETED:
                completion.record(tx, accepted, now)
            elif accepted.trigger not in TRIALS:
                tx.schedules.note_result(accepted, status, accepted.completed_at or now)
            if status is not run.status:
                noting.note_runs(tx, [accepted], now)
            audit_log.note_run(tx, who, Action.RUN_ACCEPTED, accepted, now)
        return self._published(accepted)

    def _published(self, run: Run) -> Run:
        self._changes.publish(Change(Topic.RUNS, run.tenant_id))
        return run


def _again(schedule: Schedule, old: Run, trigger: Trigger, now: datetime, who: Principal) -> Run:
    as_of = old.makes_up_for if trigger in TRIALS else None
    if old.attempt == 0 and old.status is not RunStatus.CANCELLED:
        # It ended before its first attempt, e.g. because its zone is unknown: its days were never
        # resolved, so take those of its tick
        run = new_run(schedule, trigger, old.date, triggered_by=who.user_id, created_at=now)
        return replace(run, as_of=as_of)
    run = new_run(schedule, trigger, now, triggered_by=who.user_id, created_at=now)
    return replace(run, as_of=as_of, window_start=old.window_start, window_end=old.window_end)


def _waiting(tx: Transaction, who: Principal, schedule_id: str, run_id: str) -> Run:
    schedule_of(tx, who, schedule_id, Permission.WRITE)
    run = run_of(tx, schedule_id, run_id)
    if not waits_for_retry(run):
        raise RunNotWaiting
    return run


def _changes(run: Run) -> dict[str, object]:
    return {
        name: getattr(run, name)
        for name in ("status", "error", "error_code", "completed_at", "next_attempt_at")
    }
