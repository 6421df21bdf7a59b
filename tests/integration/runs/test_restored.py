"""A restored database: what may have been sent after its backup is held until a person decides."""

from datetime import date, timedelta

import pytest

from exports_app.domain.runs.states import DeliveryStatus, RunStatus
from exports_app.services.core.interfaces import AuditFilter
from exports_app.services.core.records import Delivery, Notification, NotificationKind, Page, new_id
from exports_app.services.runs.restored import Held
from exports_app.wiring import Services
from tests.doubles import FakeClock
from tests.world import (
    Cast,
    claim,
    deliveries_of,
    execute,
    make_schedule,
    runs_of,
    sign_in,
    sql,
    the_run,
    trigger_and_execute,
)

TEXT = "restored from a backup"


def hold(services: Services) -> Held:
    return services.restored.hold("a backup")


def test_a_run_with_messages_ends_as_partial_and_is_sent_again_by_a_person(
    services: Services, cast: Cast
) -> None:
    """Two recipients were to get it: one had, the other waited."""
    schedule = make_schedule(services, cast.admin.who, recipients=("a@b.example", "c@d.example"))
    run = trigger_and_execute(services, cast.admin.who, schedule)
    first, second = deliveries_of(services, run)
    sql(services, "UPDATE export_history SET status = 'pending', completed_at = NULL")
    for delivery, status in ((first, "accepted"), (second, "pending")):
        sql(services, "UPDATE deliveries SET status = ? WHERE id = ?", status, delivery.id)
    assert hold(services).runs == 1
    held = the_run(services, run)
    assert (held.status, held.error_code) == (RunStatus.PARTIAL, "restored")
    assert TEXT in (held.error or "")
    states = {d.target: d.status for d in deliveries_of(services, run)}
    assert states == {first.target: DeliveryStatus.ACCEPTED, second.target: DeliveryStatus.UNKNOWN}
    assert services.run_queue.claim() is None
    services.run_actions.resend(cast.admin.who, schedule.id, run.id)
    again = execute(services, claim(services))
    assert again.status is RunStatus.COMPLETED


def test_a_run_at_work_is_held_too(services: Services, cast: Cast) -> None:
    schedule = make_schedule(services, cast.admin.who)
    services.schedules.trigger(cast.admin.who, schedule.id)
    run = claim(services)
    with services.store.write() as tx:
        status = DeliveryStatus.SENDING
        tx.deliveries.add([Delivery(new_id(), run.id, "email", "a@b.example", status, new_id())])
    assert hold(services).runs == 1
    held = the_run(services, run)
    assert (held.status, held.lease_token) == (RunStatus.PARTIAL, None)
    assert services.run_endings.recover(everything=True) == 0
    (attempt,) = services.history.attempts(cast.admin.who, schedule.id, run.id)
    assert (attempt.outcome, attempt.error_code) == ("partial", "restored")


def test_a_run_that_someone_asked_for_is_cancelled_and_can_be_run_again(
    services: Services, cast: Cast
) -> None:
    schedule = make_schedule(services, cast.admin.who)
    run = services.schedules.trigger(cast.admin.who, schedule.id)
    hold(services)
    assert the_run(services, run).status is RunStatus.CANCELLED
    services.run_actions.rerun(cast.admin.who, schedule.id, run.id)
    assert execute(services, claim(services)).status is RunStatus.COMPLETED


def test_ticks_since_the_backup_are_skipped_and_a_backfill_runs_them(
    services: Services, cast: Cast, clock: FakeClock
) -> None:
    schedule = make_schedule(services, cast.admin.who, schedule="0 * * * *", catch_up="all")
    start = clock()
    clock.advance(hours=5)
    assert hold(services).ticks == 1
    assert services.ticks.tick() == 0
    (held,) = runs_of(services, schedule)
    assert (held.status, held.error_code, held.missed_ticks) == (RunStatus.SKIPPED, "restored", 4)
    day = start.date()
    counted = services.backfill.count(cast.admin.who, schedule.id, day, day + timedelta(days=1))
    assert counted.new >= 5
    done = services.backfill.run(cast.admin.who, schedule.id, day, day + timedelta(days=1))
    assert held.scheduled_for in {run.scheduled_for for run in done.runs}
    clock.advance(hours=1)
    assert services.ticks.tick() == 1


def test_a_tick_that_waited_in_the_backup_can_be_backfilled(
    services: Services, cast: Cast, clock: FakeClock
) -> None:
    schedule = make_schedule(services, cast.admin.who, schedule="0 * * * *")
    clock.advance(hours=1)
    assert services.ticks.tick() == 1
    hold(services)
    (held,) = runs_of(services, schedule)
    assert (held.status, held.error_code) == (RunStatus.SKIPPED, "restored")
    day: date = clock().date()
    assert services.backfill.count(cast.admin.who, schedule.id, day, day).new >= 1


def test_a_schedule_that_cannot_be_read_holds_up_nothing(
    services: Services, cast: Cast, clock: FakeClock
) -> None:
    schedule = make_schedule(services, cast.admin.who, schedule="0 * * * *")
    sql(services, "UPDATE scheduled_exports SET timezone = 'Mars/Base'")
    clock.advance(hours=2)
    assert hold(services).ticks == 1
    assert runs_of(services, schedule) == []


def test_messages_that_wait_are_not_sent(services: Services, cast: Cast) -> None:
    schedule = make_schedule(services, cast.admin.who)
    now = services.clock()
    notice = Notification(
        id=new_id(),
        tenant_id=cast.acme.id,
        scheduled_export_id=schedule.id,
        history_id=None,
        kind=NotificationKind.PAUSED,
        target=cast.admin.user.email,
        content={},
        status=DeliveryStatus.PENDING,
        created_at=now,
        next_attempt_at=now,
    )
    with services.store.write() as tx:
        tx.notifications.add([notice])
    assert hold(services).messages == 1
    assert not services.notifications.due()
    (shown,) = services.history.notifications(cast.admin.who, schedule.id, 5)
    assert (shown.status, TEXT in (shown.error or "")) == (DeliveryStatus.UNKNOWN, True)


def test_everyone_signs_in_again(services: Services, cast: Cast) -> None:
    session = sign_in(services, cast.admin.user)
    assert services.sessions.visit(session) is not None
    assert hold(services).sessions == 1
    assert services.sessions.visit(session) is None


def test_the_audit_says_what_was_held(services: Services, cast: Cast) -> None:
    services.schedules.trigger(cast.admin.who, make_schedule(services, cast.admin.who).id)
    services.restored.hold("the backup of Monday")
    where = AuditFilter(area="installation")
    (entry,), _ = services.audit.find(cast.super_admin.who, None, where, Page(1, 5))
    assert (entry.action, entry.subject_name) == ("installation.restored", "the backup of Monday")
    assert entry.detail == {"runs": 1, "ticks": 0, "messages": 0, "sessions": 0}


def test_what_has_ended_stays_as_it_is_and_a_second_time_changes_nothing(
    services: Services, cast: Cast
) -> None:
    run = trigger_and_execute(services, cast.admin.who, make_schedule(services, cast.admin.who))
    before = (run, deliveries_of(services, run))
    for _ in range(2):
        assert hold(services) == Held(runs=0, ticks=0, messages=0, sessions=0)
    assert (the_run(services, run), deliveries_of(services, run)) == before


@pytest.mark.parametrize("count", [1_001])
def test_many_are_held_in_batches(services: Services, cast: Cast, count: int) -> None:
    schedule = make_schedule(services, cast.admin.who)
    from exports_app.domain.runs.states import Trigger
    from exports_app.services.schedules.new_run import new_run

    now = services.clock()
    runs = [new_run(schedule, Trigger.MANUAL, now, created_at=now) for _ in range(count)]
    with services.store.write() as tx:
        tx.runs.add_all(runs)
    assert hold(services).runs == count


def test_maintenance_stays_on_and_is_told(services: Services) -> None:
    assert not hold(services).maintenance
    services.maintenance.begin("")
    assert hold(services).maintenance
    assert services.maintenance.now().is_on
