"""Schedules that cannot be read any more."""

from datetime import timedelta

import pytest

from exports_app.domain.access import Principal
from exports_app.domain.errors import Invalid
from exports_app.domain.runs.states import RunStatus
from exports_app.services.core.records import NotificationKind
from exports_app.wiring import Services
from tests.doubles import FakeClock
from tests.integration.runs.tick.hours import ELEVEN, HOUR, hourly, write_directly
from tests.world import runs_of, stored


def test_a_schedule_whose_zone_is_gone_ends_visibly_and_holds_up_nobody(
    services: Services, admin: Principal, clock: FakeClock
) -> None:
    broken, fine = hourly(services, admin, name="Broken"), hourly(services, admin, name="Fine")
    write_directly(
        services, broken, timezone="Mars/Olympus", next_run_at=ELEVEN - timedelta(minutes=1)
    )
    clock.set(ELEVEN)
    assert services.ticks.tick() == 2
    (run,) = runs_of(services, broken)
    assert (run.status, run.error_code, run.completed_at) == (
        RunStatus.SKIPPED,
        "invalid_timezone",
        ELEVEN,
    )
    assert "time zone" in (run.error or "")
    now = stored(services, broken)
    assert (now.is_active, now.next_run_at, now.paused_at, now.paused_reason) == (
        False,
        None,
        ELEVEN,
        run.error,
    )
    (told,) = services.history.notifications(admin, broken.id, 9)
    assert (told.kind, told.target) == (NotificationKind.PAUSED, "admin@example.com")
    assert [r.status for r in runs_of(services, fine)] == [RunStatus.PENDING]
    assert services.ticks.tick() == 0


def test_a_schedule_whose_zone_is_gone_is_resumed_with_a_new_one(
    services: Services, admin: Principal, clock: FakeClock
) -> None:
    broken = hourly(services, admin)
    write_directly(services, broken, timezone="Mars/Olympus")
    clock.set(ELEVEN)
    services.ticks.tick()
    with pytest.raises(Invalid):
        services.schedules.update(admin, broken.id, {"is_active": True})
    assert services.schedules.update(admin, broken.id, {"timezone": "UTC"}).next_run_at is None
    assert (
        services.schedules.update(admin, broken.id, {"is_active": True}).next_run_at
        == ELEVEN + HOUR
    )


def test_a_schedule_that_cannot_be_read_any_more_holds_up_nobody(
    services: Services, admin: Principal, clock: FakeClock
) -> None:
    broken, fine = hourly(services, admin, name="Broken"), hourly(services, admin, name="Fine")
    write_directly(
        services,
        broken,
        filters={"period": "a period of an older version"},
        next_run_at=ELEVEN - timedelta(minutes=1),
    )
    clock.set(ELEVEN)
    assert services.ticks.tick() == 2
    (run,) = runs_of(services, broken)
    assert run.status is RunStatus.SKIPPED
    assert run.error
    assert [r.status for r in runs_of(services, fine)] == [RunStatus.PENDING]
