"""How a tenant's exports do."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from exports_app.domain.access import Principal, Role
from exports_app.domain.errors import NotFound
from exports_app.domain.runs.states import RunStatus, Trigger
from exports_app.services.analytics.exports import DAYS, HOURS, ExportFigures
from exports_app.services.core.change_events import Change, Topic
from exports_app.services.core.records import Run, Schedule, Tenant, new_id
from exports_app.wiring import Services
from tests.world import (
    Cast,
    FakeClock,
    claim,
    execute,
    make_schedule,
    pause,
    set_role,
    side_by_side,
    trigger_and_execute,
    uuid_of,
)

COMPLETED, FAILED, PARTIAL = RunStatus.COMPLETED, RunStatus.FAILED, RunStatus.PARTIAL


@pytest.fixture
def weekly(services: Services, admin: Principal) -> Schedule:
    return make_schedule(services, admin, name="Weekly")


def look(services: Services, who: Principal, tenant: Tenant) -> ExportFigures:
    return services.export_analytics.read(who, tenant.id)


def a_run(schedule: Schedule, at: datetime, status: RunStatus, seconds: float | None = None) -> Run:
    made = Run(new_id(), schedule.id, schedule.tenant_id, Trigger.MANUAL, {}, "csv", status, [], at)
    if seconds is None:
        return made
    return replace(made, started_at=at, completed_at=at + timedelta(seconds=seconds))


def past(services: Services, runs: Sequence[Run]) -> None:
    with services.store.write() as tx:
        assert len(tx.runs.add_all(runs)) == len(runs)


def test_runs_are_counted_on_the_tenants_own_days(
    services: Services, admin: Principal, acme: Tenant, weekly: Schedule, clock: FakeClock
) -> None:
    """In Berlin 23:30 UTC is the next day, also on the day on which the clocks change."""
    clock.set(datetime(2026, 3, 30, 10, tzinfo=UTC))
    past(
        services,
        [
            a_run(weekly, datetime(2026, 3, 28, 22, 59, tzinfo=UTC), COMPLETED, 1),
            a_run(weekly, datetime(2026, 3, 28, 23, 0, tzinfo=UTC), COMPLETED, 1),
            a_run(weekly, datetime(2026, 3, 29, 21, 59, tzinfo=UTC), FAILED, 1),
            a_run(weekly, datetime(2026, 3, 29, 22, 0, tzinfo=UTC), RunStatus.SKIPPED),
            a_run(weekly, datetime(2026, 2, 28, 22, 59, tzinfo=UTC), COMPLETED, 1),  # too long ago
            a_run(weekly, datetime(2026, 2, 28, 23, 0, tzinfo=UTC), COMPLETED, 1),
        ],
    )
    found = look(services, admin, acme)
    assert (found.timezone, len(found.days)) == ("Europe/Berlin", DAYS)
    assert {one.day: dict(one.counts) for one in found.days if one.counts} == {
        date(2026, 3, 1): {COMPLETED: 1},
        date(2026, 3, 28): {COMPLETED: 1},
        date(2026, 3, 29): {COMPLETED: 1, FAILED: 1},
        date(2026, 3, 30): {RunStatus.SKIPPED: 1},
    }


def test_durations_are_of_what_was_sent(
    services: Services, viewer: Principal, acme: Tenant, weekly: Schedule, clock: FakeClock
) -> None:
    today, yesterday = clock() - timedelta(hours=1), clock() - timedelta(days=1)
    past(
        services, [a_run(weekly, today - timedelta(minutes=i), COMPLETED, i) for i in range(1, 41)]
    )
    past(
        services,
        [a_run(weekly, yesterday, PARTIAL, 500.25), a_run(weekly, yesterday, FAILED, 9_000)],
    )
    found = look(services, viewer, acme)
    last, before = found.days[-1].taken, found.days[-2].taken
    assert last is not None
    assert before is not None
    assert found.taken is not None
    assert (last.count, last.mean, last.p95) == (
        40,
        pytest.approx(20.5, abs=0.01),
        pytest.approx(38, abs=0.01),
    )
    assert (before.count, before.mean, before.p95) == (
        1,
        pytest.approx(500.25, abs=0.01),
        pytest.approx(500.25, abs=0.01),
    )
    assert (found.taken.count, found.taken.p95) == (41, pytest.approx(39, abs=0.01))
    assert found.days[-3].taken is None


def test_a_tenant_without_runs_has_empty_days(
    services: Services, admin: Principal, acme: Tenant
) -> None:
    found = look(services, admin, acme)
    assert found.taken is None
    assert not any(one.counts for one in found.days)
    assert (found.backlog.waiting, found.backlog.oldest) == (0, None)
    assert [one.runs for one in found.hours] == [0] * HOURS


def test_the_next_hours_show_a_crowd(
    services: Services, admin: Principal, acme: Tenant, clock: FakeClock
) -> None:
    """The clock stands at 11:30 in Berlin."""
    for i in range(7):
        make_schedule(services, admin, name=f"Morning {i}", schedule="0 9 * * *")
    make_schedule(services, admin, name="Often", schedule="*/15 * * * *")
    make_schedule(
        services, admin, name="New York", schedule="0 9 * * *", timezone="America/New_York"
    )
    make_schedule(services, admin, name="Monthly", schedule="0 9 1 * *")
    make_schedule(services, admin, name="Paused", schedule="0 9 * * *", is_active=False)
    found = look(services, admin, acme).hours
    assert found[0].at == datetime(2026, 3, 4, 10, tzinfo=UTC)
    assert (found[0].runs, found[0].names) == (1, ("Often",))  # 11:45: the others are past
    assert (found[1].runs, found[1].schedules) == (4, 1)
    assert (found[4].at.hour, found[4].runs, found[4].names) == (14, 5, ("New York", "Often"))
    crowd = found[22]
    assert (crowd.at, crowd.runs, crowd.schedules) == (datetime(2026, 3, 5, 8, tzinfo=UTC), 11, 8)
    assert crowd.names == tuple(f"Morning {i}" for i in range(5))
    clock.advance(minutes=31)
    assert look(services, admin, acme).hours[0].at == datetime(2026, 3, 4, 11, tzinfo=UTC)


def test_what_fired_earlier_in_this_hour_is_due_again_tomorrow(
    services: Services, admin: Principal, acme: Tenant, clock: FakeClock
) -> None:
    """At 9:05 the crowd of 9:00 is the next one, 23 hours and 55 minutes away."""
    for i in range(7):
        make_schedule(services, admin, name=f"Morning {i}", schedule="0 9 * * *")
    clock.set(datetime(2026, 3, 5, 8, 5, tzinfo=UTC))
    with services.store.write() as tx:
        tx.schedules.advance(
            {one.id: datetime(2026, 3, 6, 8, tzinfo=UTC) for one in tx.schedules.due(clock(), 10)}
        )
    found = look(services, admin, acme).hours
    assert [(one.at, one.runs) for one in found if one.runs] == [
        (datetime(2026, 3, 6, 8, tzinfo=UTC), 7)
    ]
    assert found[-1].at == datetime(2026, 3, 6, 8, tzinfo=UTC)


def test_what_has_fired_is_past_with_the_next_reading(
    services: Services, admin: Principal, acme: Tenant, clock: FakeClock
) -> None:
    make_schedule(services, admin, schedule="*/15 * * * *")
    clock.set(datetime(2026, 3, 4, 10, 44, 55, tzinfo=UTC))
    assert look(services, admin, acme).hours[0].runs == 1
    clock.advance(seconds=10)
    services.changes.publish(Change(Topic.RUNS, acme.id))
    assert look(services, admin, acme).hours[0].runs == 0


def test_a_day_on_which_clocks_change_has_all_its_hours(
    services: Services, admin: Principal, acme: Tenant, clock: FakeClock
) -> None:
    make_schedule(services, admin, schedule="30 * * * *")
    for day, repeated in ((date(2026, 3, 28), 0), (date(2026, 10, 24), 1)):
        clock.set(datetime.combine(day, datetime.min.time(), UTC).replace(hour=12))
        hours = look(services, admin, acme).hours
        local = [one.at.astimezone(ZoneInfo("Europe/Berlin")).strftime("%d %H") for one in hours]
        assert len(local) - len(set(local)) == repeated
        assert {one.runs for one in hours[:-1]} == {1}


def test_hours_of_a_zone_that_is_half_an_hour_off_begin_on_its_own_clocks(
    services: Services, admin: Principal, acme: Tenant
) -> None:
    services.tenants.update(admin, acme.id, {"timezone": "Asia/Kolkata"})
    make_schedule(services, admin, schedule="0 17 * * *", timezone="Asia/Kolkata")
    first, second = look(services, admin, acme).hours[:2]
    assert (first.at, second.runs) == (datetime(2026, 3, 4, 10, 30, tzinfo=UTC), 1)


def test_a_schedule_that_cannot_be_read_any_more_has_no_times(
    services: Services, admin: Principal, acme: Tenant
) -> None:
    broken = make_schedule(services, admin, schedule="0 * * * *")
    make_schedule(services, admin, name="Good", schedule="0 * * * *")
    with services.store.write() as tx:
        tx.schedules.change(broken.id, {"schedule": "never"})
    assert {one.names for one in look(services, admin, acme).hours} == {(), ("Good",)}


def test_what_needs_an_eye_is_listed(
    services: Services, admin: Principal, acme: Tenant, cast: Cast, clock: FakeClock
) -> None:
    failing = [make_schedule(services, admin, name=f"Failing {i}") for i in range(12)]
    with services.store.write() as tx:
        for i, one in enumerate(failing):
            tx.schedules.change(one.id, {"failures": i, "failing_since": clock()})
    by_itself = make_schedule(services, admin, name="By itself")
    pause(services, by_itself, "5 runs in a row failed")
    make_schedule(services, admin, name="By hand", is_active=False)
    set_role(services, cast.viewer.user.id, acme.id, Role.ADMIN)
    theirs = Principal(cast.viewer.user.id, roles={acme.id: Role.ADMIN})
    lost = make_schedule(services, theirs, name="Left behind")
    make_schedule(services, theirs, name="Asleep", is_active=False)
    gone = make_schedule(services, admin, name="Gone")
    services.schedules.delete(admin, gone.id)
    services.members.change_role(admin, acme.id, cast.viewer.user.id, "viewer")

    found = look(services, admin, acme)
    assert found.failing.total == 12
    assert [one.name for one in found.failing.schedules] == [
        f"Failing {i}" for i in reversed(range(2, 12))
    ]
    assert ([one.name for one in found.paused.schedules], found.paused.total) == (
        ["By itself", "Asleep", "By hand"],
        3,
    )
    assert ([one.id for one in found.ownerless.schedules], found.ownerless.total) == ([lost.id], 1)
    assert found.owners == {cast.viewer.user.id: "Viewer"}
    services.members.change_role(admin, acme.id, cast.viewer.user.id, "admin")
    assert look(services, admin, acme).ownerless.total == 0
    root = Principal(cast.super_admin.user.id, is_super_admin=True)
    services.user_administration.set_active(root, cast.viewer.user.id, active=False)
    assert look(services, admin, acme).ownerless.total == 1


def test_a_super_admins_schedule_has_an_owner_as_long_as_they_are_active(
    services: Services, super_admin: Principal, admin: Principal, acme: Tenant, cast: Cast
) -> None:
    make_schedule(services, super_admin, acme.id)
    assert look(services, admin, acme).ownerless.total == 0
    with services.store.write() as tx:
        tx.users.update(cast.outsider.user.id, {"is_super_admin": True})
    services.user_administration.set_active(
        Principal(cast.outsider.user.id, is_super_admin=True), super_admin.user_id, active=False
    )
    assert look(services, admin, acme).ownerless.total == 1


def test_the_backlog_is_what_has_not_ended(
    services: Services, admin: Principal, acme: Tenant, weekly: Schedule, clock: FakeClock
) -> None:
    later = a_run(weekly, clock(), RunStatus.PENDING)
    made = [
        a_run(weekly, clock() - timedelta(minutes=5), RunStatus.PENDING),
        a_run(weekly, clock() - timedelta(minutes=2), RunStatus.PENDING),
        replace(later, next_attempt_at=clock() + timedelta(hours=1)),
        replace(
            a_run(weekly, clock() - timedelta(days=1), RunStatus.PENDING),
            next_attempt_at=clock() + timedelta(hours=1),
        ),
        a_run(weekly, clock(), RunStatus.PROCESSING),
    ]
    past(services, made)
    backlog = look(services, admin, acme).backlog
    assert (backlog.processing, backlog.waiting, backlog.later) == (1, 2, 2)
    assert backlog.oldest == clock() - timedelta(minutes=5)


def test_a_run_is_seen_at_once(
    services: Services, admin: Principal, acme: Tenant, weekly: Schedule
) -> None:
    seen = []
    for _ in range(3):
        trigger_and_execute(services, admin, weekly)
        seen.append(sum(look(services, admin, acme).days[-1].counts.values()))
    assert seen == [1, 2, 3]


def test_who_pauses_by_itself_leaves_the_next_hours(
    services: Services, admin: Principal, acme: Tenant, cast: Cast, clock: FakeClock
) -> None:
    hourly = make_schedule(services, admin, schedule="0 * * * *")
    assert look(services, admin, acme).hours[1].runs == 1
    root = Principal(cast.super_admin.user.id, is_super_admin=True)
    services.user_administration.set_active(root, cast.admin.user.id, active=False)
    clock.advance(hours=1)
    services.ticks.tick()
    execute(services, claim(services))
    found = look(services, root, acme)
    assert [one.id for one in found.paused.schedules] == [hourly.id]
    assert sum(one.runs for one in found.hours) == 0


def test_many_pages_are_served_by_one_reading(
    services: Services,
    admin: Principal,
    viewer: Principal,
    acme: Tenant,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []
    read = services.export_analytics._read_runs

    def counted(tenant: Tenant, *more: object) -> object:
        asked.append(tenant.id)
        return read(tenant, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(services.export_analytics, "_read_runs", counted)
    found = side_by_side(20, lambda i: look(services, (admin, viewer)[i % 2], acme))
    assert len({id(one.days) for one in found}) < 5
    assert len(asked) < 5


def test_nobody_sees_how_the_exports_of_others_do(
    services: Services, outsider: Principal, admin: Principal, acme: Tenant
) -> None:
    look(services, admin, acme)  # so that a reading is held
    for tenant_id in (acme.id, uuid_of(77), "nonsense"):
        with pytest.raises(NotFound):
            services.export_analytics.read(outsider, tenant_id)
