"""The past runs of a schedule: attempts, deliveries, notifications and files."""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any

from exports_app.domain.runs.states import AttemptOutcome, DeliveryStatus, RunStatus, Trigger
from exports_app.domain.timing import cron
from exports_app.domain.timing.period import Window
from exports_app.services.campaigns.demo_data import fixed_id
from exports_app.services.core.interfaces import Transaction
from exports_app.services.core.records import (
    Attempt,
    Delivery,
    Notification,
    NotificationKind,
    Run,
    Schedule,
)
from exports_app.services.runs.export_context import Export
from exports_app.services.schedules.filters import Filters
from exports_app.services.schedules.new_run import new_run
from tools.screenshots import cast, elsewhere


@dataclass(frozen=True)
class Past:
    """How the runs of a schedule went.

    runs: how many there were. rows, size, last, error, code: of the newest run. size: bytes.
    """

    runs: int
    rows: int
    size: int
    seconds: float = 1.2
    last: RunStatus = RunStatus.COMPLETED
    error: str | None = None
    code: str | None = None


def add(tx: Transaction, schedule: Schedule, past: Past | None, now: datetime) -> None:
    tx.schedules.add(schedule)
    if past is None:
        return
    begin = now - timedelta(days=31 * (past.runs + 2))
    due = cron.occurrences(cron.parse(schedule.schedule), cron.zone(schedule.timezone), begin)
    ticks = list(takewhile(lambda tick: tick < now, due))[-past.runs :]
    if past.last is RunStatus.PENDING:
        ticks[-1] = now - cast.TRIGGERED_AGO
    runs = [_run(schedule, past, back, tick) for back, tick in enumerate(reversed(ticks))]
    for back, run in enumerate(runs):
        if run.status is RunStatus.PROCESSING:
            started = now - cast.RUNNING_FOR
            runs[back] = replace(
                run,
                created_at=started,
                started_at=started,
                lease_token="pictures",
                lease_expires_at=now + cast.LONG,
            )
        elif run.status is RunStatus.PENDING:
            runs[back] = _waiting(run, now)
        tx.runs.add(runs[back])
        for attempt in _attempts(runs[back]):
            tx.attempts.add(attempt)
        tx.deliveries.add(_deliveries(run))
        if back == 0 and run.completed_at:
            tx.schedules.note_result(run, run.status, run.completed_at)
    _streak(tx, schedule, runs)


def _streak(tx: Transaction, schedule: Schedule, runs: list[Run]) -> None:
    """Count the failed runs in a row, write the notifications, and say why a schedule is paused."""
    of_ticks = (run for run in runs if run.trigger is Trigger.SCHEDULE)
    failed = list(takewhile(lambda run: run.status is RunStatus.FAILED, of_ticks))
    if not failed:
        return
    changes: dict[str, Any] = {"failures": len(failed), "failing_since": failed[-1].completed_at}
    tx.notifications.add([_notification(schedule, failed[-1], NotificationKind.FAILING)])
    if not schedule.is_active:
        tx.notifications.add([_notification(schedule, failed[0], NotificationKind.PAUSED)])
        reason = f"{len(failed)} runs failed in a row; the last one: {failed[0].error}"
        changes |= {"paused_at": failed[0].completed_at, "paused_reason": reason}
    tx.schedules.change(schedule.id, changes)


def _notification(schedule: Schedule, run: Run, kind: NotificationKind) -> Notification:
    assert run.completed_at is not None
    identity, sent = fixed_id(run.id, kind), run.completed_at + timedelta(seconds=1)
    about = (schedule.tenant_id, schedule.id, run.id, kind, cast.ADMIN.email)
    return Notification(
        identity, *about, {}, DeliveryStatus.ACCEPTED, run.completed_at, 1, sent_at=sent
    )


def _waiting(run: Run, now: datetime) -> Run:
    """The run as a manual one that has failed twice and waits for its next attempt."""
    by_hand = replace(run, trigger=Trigger.MANUAL, triggered_by=cast.ADMIN.id, scheduled_for=None)
    return replace(
        by_hand, completed_at=None, attempt=2, next_attempt_at=now + cast.RETRY_IN, sent_as="attach"
    )


def _attempts(run: Run) -> list[Attempt]:
    """The attempts of a waiting run; none for others."""
    if run.status is not RunStatus.PENDING or run.started_at is None:
        return []
    begun = (run.started_at, run.started_at + timedelta(minutes=2))
    return [
        Attempt(
            fixed_id(run.id, "attempt", str(number)),
            run.id,
            number,
            at,
            at + timedelta(seconds=1.5),
            AttemptOutcome.RETRY,
            run.error,
            run.error_code,
        )
        for number, at in enumerate(begun, 1)
    ]


def _run(schedule: Schedule, past: Past, back: int, tick: datetime) -> Run:
    """The run at a tick. back: its place, 0 is the newest.

    Rows and seconds of older runs vary, and some of them failed.
    """
    status = past.last if back == 0 else _older(past, back)
    wave = 100 - (back * 37 + back * back * 11) % 60
    seconds = past.seconds * wave / 100
    run = new_run(schedule, Trigger.SCHEDULE, tick, scheduled_for=tick, created_at=tick)
    run = replace(
        run,
        id=fixed_id(schedule.id, "run", str(back)),
        status=status,
        attempt=1,
        started_at=tick,
        completed_at=tick + timedelta(seconds=seconds),
        record_count=past.rows * (wave + 100) // 200 if back else past.rows,
    )
    if back % 11 == 4:
        run = replace(run, trigger=Trigger.MANUAL, triggered_by=cast.ADMIN.id, scheduled_for=None)
    if status is RunStatus.PROCESSING:
        return replace(run, completed_at=None)
    if status in {RunStatus.FAILED, RunStatus.SKIPPED}:
        error, code = (
            (past.error, past.code)
            if back == 0 or past.last is status
            else (cast.OUTAGE, "delivery_failed")
        )
        return replace(run, record_count=None, error=error, error_code=code)
    error, code = (
        (past.error, past.code)
        if status in {RunStatus.PARTIAL, RunStatus.PENDING}
        else (None, None)
    )
    return replace(
        _with_file(run, schedule, past.size * (wave + 100) // 200), error=error, error_code=code
    )


def _older(past: Past, back: int) -> RunStatus:
    if past.last in {RunStatus.FAILED, RunStatus.SKIPPED}:
        return past.last if back < 6 else RunStatus.COMPLETED
    if past.last is RunStatus.PARTIAL and past.runs > 9 and back in {1, 9}:
        return RunStatus.PARTIAL
    return {18: RunStatus.FAILED, 32: RunStatus.FAILED, 41: RunStatus.SKIPPED}.get(
        back, RunStatus.COMPLETED
    )


def _with_file(run: Run, schedule: Schedule, size: int) -> Run:
    tenant = cast.ALPINE if schedule.tenant_id == cast.ALPINE.id else cast.NORTHWIND
    export = Export(
        tenant,
        schedule.name,
        schedule.export_type,
        run.format,
        schedule.timezone,
        Filters.from_json(schedule.filters),
        Window(run.window_start, run.window_end),
        run.created_at,
    )
    digest = hashlib.sha256(run.id.encode()).hexdigest()
    name = export.file_name()
    return replace(
        run,
        file_name=name,
        file_key=f"{run.tenant_id}/{run.id}/{name}",
        file_size=max(size, 500),
        sha256=digest,
    )


PROBLEMS = {
    "old.boss@northwind.example": (DeliveryStatus.FAILED, cast.REFUSAL),
    "data@fabrikam.example": (DeliveryStatus.PENDING, cast.GREY),
    "auditor@fabrikam.example": (DeliveryStatus.UNKNOWN, cast.LOST),
}
"""Status and error of a message in a partial or waiting run, by recipient."""


def _delivered(run: Run, destination_id: str) -> Delivery:
    channel, name, location = elsewhere.DELIVERED[destination_id]
    return Delivery(
        id=fixed_id(run.id, destination_id),
        history_id=run.id,
        channel=channel,
        target=name,
        status=DeliveryStatus.ACCEPTED,
        message_id=fixed_id(run.id, destination_id, "message"),
        attempts=1,
        sent_at=run.started_at,
        destination_id=destination_id,
        location=location,
    )


def _deliveries(run: Run) -> list[Delivery]:
    if run.file_name is None:
        return []
    deliveries = [_delivered(run, key) for key in run.spec.destination_ids]
    for i, target in enumerate(run.recipients):
        problem = (
            PROBLEMS.get(target) if run.status in {RunStatus.PARTIAL, RunStatus.PENDING} else None
        )
        status, error = problem or (DeliveryStatus.ACCEPTED, None)
        deliveries.append(
            Delivery(
                id=fixed_id(run.id, target),
                history_id=run.id,
                channel="email",
                target=target,
                status=status,
                message_id=fixed_id(run.id, target, "message"),
                attempts=2 if status is DeliveryStatus.PENDING else 1,
                error=error,
                sent_at=None
                if problem or run.started_at is None
                else run.started_at + timedelta(milliseconds=400 + 90 * i),
            )
        )
    return deliveries
