"""How a tenant's exports do."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from exports_app.domain.access import Principal, Role
from exports_app.domain.errors import NotFound
from exports_app.domain.runs.states import RunStatus, Trigger
from exports_app.domain.schedules.run_spec import RunSpec
from exports_app.services.analytics.closed_days import DAYS
from exports_app.services.analytics.exports import HOURS
from exports_app.services.core.records import Run, Schedule, Tenant, new_id
from exports_app.wiring import Services
from tests.doubles import FakeClock
from tests.integration.analytics.export_readings import look
from tests.world import (
    Cast,
    make_schedule,
    pause,
    set_role,
    side_by_side,
    trigger_and_execute,
    uuid_of,
)

COMPLETED = RunStatus.COMPLETED
FAILED = RunStatus.FAILED
PARTIAL = RunStatus.PARTIAL


@pytest.fixture
def weekly(services: Services, admin: Principal) -> Schedule:
    return make_schedule(services, admin, name="Weekly")


def a_run(schedule: Schedule, at: datetime, status: RunStatus, seconds: float | None = None) -> Run:
    spec = RunSpec(name=schedule.name)
    run = Run(
        new_id(), schedule.id, schedule.tenant_id, Trigger.MANUAL, spec, "csv", status, [], at
    )
    if seconds is None:
        return run
    return replace(run, started_at=at, completed_at=at + timedelta(seconds=seconds))


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
    assert {day.day: dict(day.counts) for day in found.days if day.counts} == {
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
    last, before = found.days[-1].durations, found.days[-2].durations
    assert last is not None
    assert before is not None
    assert found.durations is not None
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
    assert (found.durations.count, found.durations.p95) == (41, pytest.approx(39, abs=0.01))
    assert found.days[-3].durations is None


def test_a_tenant_without_runs_has_empty_days(
    services: Services, admin: Principal, acme: Tenant
) -> None:
    found = look(services, admin, acme)
    assert found.durations is None
    assert not any(day.counts for day in found.days)
    assert (found.backlog.waiting, found.backlog.oldest) == (0, None)
    assert [hour.runs for hour in found.hours] == [0] * HOURS


def test_what_needs_an_eye_is_listed(
    services: Services, admin: Principal, acme: Tenant, cast: Cast, clock: FakeClock
) -> None:
    failing = [make_schedule(services, admin, name=f"Failing {i}") for i in range(12)]
    with services.store.write() as tx:
        for i, one in enumerate(failing):
            tx.schedules.change(one.id, {"failures": i, "failing_since": clock()})
    by_itself = make_schedule(services, admin, name="By itself")
    pause(services, by_itself, "5 runs failed in a row")
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
    assert [schedule.name for schedule in found.failing.schedules] == [
        f"Failing {i}" for i in reversed(range(2, 12))
    ]
    assert ([schedule.name for schedule in found.paused.schedules], found.paused.total) == (
        ["By itself", "Asleep", "By hand"],
        3,
    )
    assert ([schedule.id for schedule in found.ownerless.schedules], found.ownerless.total) == (
        [lost.id],
        1,
    )
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
