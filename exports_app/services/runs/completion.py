"""What the end of a run means for its schedule: its result, its failures in a row, an automatic
pause, and notifications.

Only scheduled runs count: who starts a run by hand sees how it ends.
"""

from datetime import datetime, timedelta
from typing import Any

from exports_app.domain.access import Permission
from exports_app.domain.runs.states import (
    EXECUTED,
    FAILING,
    TRIALS,
    AttemptOutcome,
    DeliveryStatus,
    RunStatus,
    Trigger,
)
from exports_app.services.audit import audit_log
from exports_app.services.core.current_rights import principal_of
from exports_app.services.core.interfaces import Transaction
from exports_app.services.core.records import (
    Action,
    Notification,
    NotificationKind,
    Run,
    Schedule,
    User,
    new_id,
)

ENDS = frozenset(
    {
        AttemptOutcome.COMPLETED,
        AttemptOutcome.PARTIAL,
        AttemptOutcome.FAILED,
        AttemptOutcome.CANCELLED,
    }
)
"""Outcomes that end a run: only a person causes an attempt after one of these."""
BACK = 50
"""Latest runs that are searched for the previous scheduled one."""
PAUSING = frozenset({"access_lost"})
"""Error codes that pause a schedule at once: every later run would fail for the same reason."""


def record(tx: Transaction, run: Run, now: datetime) -> None:
    """Within the transaction that ends the run."""
    if run.trigger in TRIALS:
        return
    schedule = tx.schedules.get(run.scheduled_export_id, lock=True)
    latest = tx.schedules.note_result(run, run.status, run.completed_at or now)
    if schedule is None or run.trigger is not Trigger.SCHEDULE:
        return
    if run.status in FAILING:
        _failing(tx, schedule, run, now, latest=latest)
    elif latest and (
        schedule.failing_since or schedule.failures
    ):  # also where there was nothing to send
        tx.schedules.change(schedule.id, {"failures": 0, "failing_since": None})
        if schedule.failing_since:
            _notify(tx, schedule, run, NotificationKind.RECOVERED, now)


def pause_unrunnable(tx: Transaction, schedule: Schedule, run: Run, now: datetime) -> None:
    """Pause a schedule that cannot run at all, in the transaction that added the run with the
    reason."""
    tx.schedules.note_result(run, run.status, now)
    reason = run.error or ""
    tx.schedules.change(schedule.id, _paused(tx, schedule, reason, now))
    _notify(tx, schedule, run, NotificationKind.PAUSED, now, reason=reason)


def pause(tx: Transaction, schedule: Schedule, reason: str, now: datetime) -> None:
    """For a reason outside its runs. The schedule must be locked."""
    tx.schedules.change(schedule.id, _paused(tx, schedule, reason, now))
    _notify(tx, schedule, None, NotificationKind.PAUSED, now, reason=reason)


def _failing(tx: Transaction, schedule: Schedule, run: Run, now: datetime, *, latest: bool) -> None:
    # A late end of an older run does not count, nor does the second end of a run that was sent
    # again
    counts = latest and not _ended_before(tx, run)
    failures, changes = 0, dict[str, Any]()
    if counts:
        # Partial runs do not lead to a pause: some recipients get the file
        failures = schedule.failures + 1 if run.status is RunStatus.FAILED else 0
        changes = {"failures": failures, "failing_since": schedule.failing_since or now}
    why = _reason_to_pause(schedule, run, failures)
    if why is not None:
        changes |= _paused(tx, schedule, why, now)
    if changes:
        tx.schedules.change(schedule.id, changes)
    if why is not None:
        _notify(tx, schedule, run, NotificationKind.PAUSED, now, reason=why)
    elif counts and (schedule.failing_since is None or (failures == 1 and _was_resumed(tx, run))):
        _notify(tx, schedule, run, NotificationKind.FAILING, now)
    elif run.attempt - run.deaths > 1 or not latest:
        _notify(tx, schedule, run, NotificationKind.GAVE_UP, now)


def _paused(tx: Transaction, schedule: Schedule, why: str, now: datetime) -> dict[str, Any]:
    audit_log.note_schedule(tx, audit_log.APP, Action.SCHEDULE_PAUSED, schedule, now, reason=why)
    # A new version: whoever edits the schedule gets a conflict when they save
    return {
        "is_active": False,
        "next_run_at": None,
        "paused_at": now,
        "paused_reason": why,
        "version": schedule.version + 1,
    }


def _ended_before(tx: Transaction, run: Run) -> bool:
    attempts = tx.attempts.of_runs([run.id]).get(run.id, [])
    return any(attempt.outcome in ENDS for attempt in attempts[:-1])


def _was_resumed(tx: Transaction, run: Run) -> bool:
    """Whether the count of failures began anew because someone resumed the schedule, and not
    because the run before was partial."""
    runs, _ = tx.runs.of_schedule(run.scheduled_export_id, BACK)
    before = (
        earlier
        for earlier in runs
        if earlier.trigger is Trigger.SCHEDULE
        and earlier.id != run.id
        and earlier.status in EXECUTED
    )
    return next((earlier.status is RunStatus.FAILED for earlier in before), False)


def _reason_to_pause(schedule: Schedule, run: Run, failures: int) -> str | None:
    if not schedule.is_active:
        return None
    if (
        run.error_code in PAUSING and run.spec.owner_id == schedule.owner_id
    ):  # not an earlier owner's
        return run.error
    if schedule.pause_after and failures >= schedule.pause_after:
        if failures == 1:
            return f"the last run failed: {run.error}"
        return f"{failures} runs failed in a row; the last one: {run.error}"
    return None


def _notify(
    tx: Transaction,
    schedule: Schedule,
    run: Run | None,
    kind: NotificationKind,
    now: datetime,
    **more: str,
) -> None:
    content = {
        "name": schedule.name,
        "timezone": schedule.timezone,
        "error": run.error if run else None,
        "attempts": run.number if run else 0,
        "scheduled_for": run.scheduled_for.isoformat() if run and run.scheduled_for else None,
        "since": schedule.failing_since.isoformat() if schedule.failing_since else None,
        **more,
    }
    tx.notifications.add(
        Notification(
            id=new_id(),
            tenant_id=schedule.tenant_id,
            scheduled_export_id=schedule.id,
            history_id=run.id if run else None,
            kind=kind,
            target=user.email,
            content=content,
            status=DeliveryStatus.PENDING,
            # So that notifications of one transaction are in order
            created_at=now + timedelta(microseconds=i),
            next_attempt_at=now,
        )
        for i, user in enumerate(_recipients(tx, schedule, kind))
    )


def _recipients(tx: Transaction, schedule: Schedule, kind: NotificationKind) -> list[User]:
    """The owner, if they may still read the schedule. For a pause, and without an owner or for a
    service account, which has no mailbox, the tenant's admins."""
    who = principal_of(tx, schedule.owner_id)
    owner = (
        tx.users.get(schedule.owner_id)
        if who and who.can(Permission.READ, schedule.tenant_id)
        else None
    )
    if owner is not None and owner.service_of:
        owner = None
    if owner is not None and kind is not NotificationKind.PAUSED:
        return [owner]
    everyone = [*filter(None, [owner]), *tx.users.admins(schedule.tenant_id)]
    return list({user.id: user for user in everyone}.values())
