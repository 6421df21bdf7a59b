"""Runs that someone triggers."""

from datetime import UTC, date, datetime

import pytest

from exports_app.domain.access import Principal
from exports_app.domain.runs.states import RunStatus, Trigger
from exports_app.services.core.records import Schedule
from exports_app.services.schedules.filters import Filters
from exports_app.wiring import Services
from tests.doubles import FakeClock
from tests.world import claim, execute, make_schedule, runs_of, stored, the_run


def test_a_trigger_makes_a_run_of_its_own_each_time(
    services: Services, admin: Principal, schedule: Schedule
) -> None:
    first, second = (services.schedules.trigger(admin, schedule.id) for _ in range(2))
    assert {r.id for r in runs_of(services, schedule)} == {first.id, second.id}
    run = the_run(services, first)
    assert (run.trigger, run.triggered_by, run.scheduled_for, run.status) == (
        Trigger.MANUAL,
        admin.user_id,
        None,
        RunStatus.PENDING,
    )
    assert run.recipients == ["ann@example.com"]
    assert run.spec.name == "Weekly numbers"


@pytest.mark.parametrize("active", [True, False])
def test_a_trigger_works_while_inactive_too_and_moves_nothing(
    services: Services, admin: Principal, active: bool
) -> None:
    made = make_schedule(services, admin, is_active=active)
    services.schedules.trigger(admin, made.id)
    assert stored(services, made) == made


def test_a_triggered_run_covers_the_window_as_of_its_trigger_in_the_schedules_zone(
    services: Services, admin: Principal, clock: FakeClock
) -> None:
    made = make_schedule(
        services, admin, timezone="Pacific/Auckland", filters=Filters(period="yesterday")
    )
    clock.set(datetime(2026, 3, 4, 13, 0, tzinfo=UTC))  # already the 5th in Auckland
    run = services.schedules.trigger(admin, made.id)
    clock.advance(days=3)
    kept = the_run(services, run)
    assert (kept.window_start, kept.window_end) == (date(2026, 3, 4), date(2026, 3, 4))


def test_edits_do_not_touch_runs_that_are_there(
    services: Services, admin: Principal, schedule: Schedule
) -> None:
    run = services.schedules.trigger(admin, schedule.id)
    services.schedules.update(
        admin,
        schedule.id,
        {"name": "Other", "format": "xml", "recipients": ("bob@example.com",), "is_active": False},
    )
    assert the_run(services, run) == run
    done = execute(services, claim(services))
    assert done.file_name is not None
    assert done.file_name.startswith("acme_weekly-numbers_all_")
    assert done.file_name.endswith(".csv")
    assert done.recipients == ["ann@example.com"]
