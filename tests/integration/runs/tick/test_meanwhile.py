"""A tick while schedules are edited, engines stall and the clock goes back."""

from datetime import timedelta
from typing import Any

import pytest

from exports_app.domain.access import Principal
from exports_app.services.core.change_events import Changes
from exports_app.services.core.records import Schedule
from exports_app.services.runs.ticks import Ticks
from exports_app.wiring import Services
from tests.doubles import NOW, FakeClock
from tests.integration.runs.tick.hours import ELEVEN, HOUR, MeanwhileStore, hourly
from tests.world import runs_of, stored


@pytest.mark.parametrize(
    "edit",
    [
        {"recipients": ("bob@example.com",)},
        {"name": "Other"},
        {"schedule": "0 12 * * *"},
        {"is_active": False},
    ],
)
def test_a_schedule_edited_under_the_ticks_hands_is_not_fired_as_it_was(
    services: Services, admin: Principal, clock: FakeClock, edit: dict[str, Any]
) -> None:
    made = hourly(services, admin)
    clock.set(ELEVEN)
    edited = list[Schedule]()
    store = MeanwhileStore(
        services.store, lambda: edited.append(services.schedules.update(admin, made.id, edit))
    )
    assert Ticks(store, Changes(), clock, services.quotas).tick() == 0
    assert runs_of(services, made) == []
    assert stored(services, made) == edited[0]
    # The next tick takes it as it is now
    still_due = edited[0].next_run_at == ELEVEN
    assert services.ticks.tick() == int(still_due)
    assert [r.recipients for r in runs_of(services, made)] == (
        [edited[0].recipients] if still_due else []
    )


def test_a_schedule_deleted_under_the_ticks_hands_is_not_fired(
    services: Services, admin: Principal, clock: FakeClock
) -> None:
    made = hourly(services, admin)
    clock.set(ELEVEN)
    store = MeanwhileStore(services.store, lambda: services.schedules.delete(admin, made.id))
    assert Ticks(store, Changes(), clock, services.quotas).tick() == 0
    assert runs_of(services, made) == []


def test_an_engine_that_stalls_in_its_tick_adds_nothing_to_what_another_did_since(
    services: Services, admin: Principal, clock: FakeClock
) -> None:
    made = hourly(services, admin)
    clock.set(ELEVEN)

    def another_engine_two_hours_later() -> None:
        clock.set(ELEVEN + 2 * HOUR)
        assert services.ticks.tick() == 1

    assert (
        Ticks(
            MeanwhileStore(services.store, another_engine_two_hours_later),
            Changes(),
            clock,
            services.quotas,
        ).tick()
        == 0
    )
    (run,) = runs_of(services, made)
    assert (run.scheduled_for, run.missed_ticks) == (ELEVEN + 2 * HOUR, 2)
    assert stored(services, made).next_run_at == ELEVEN + 3 * HOUR


def test_an_edit_during_a_tick_holds_up_no_other_schedule(
    services: Services, admin: Principal, clock: FakeClock
) -> None:
    made, other = hourly(services, admin), hourly(services, admin, name="Other")
    clock.set(ELEVEN)
    store = MeanwhileStore(services.store, lambda: services.schedules.delete(admin, made.id))
    assert Ticks(store, Changes(), clock, services.quotas).tick() == 1
    assert len(runs_of(services, other)) == 1


def test_a_clock_that_goes_back_makes_no_second_run(
    services: Services, admin: Principal, clock: FakeClock
) -> None:
    made = hourly(services, admin)
    clock.set(ELEVEN + timedelta(seconds=1))
    services.ticks.tick()
    clock.set(NOW)
    assert services.ticks.tick() == 0
    clock.set(ELEVEN + timedelta(seconds=1))
    assert services.ticks.tick() == 0
    assert len(runs_of(services, made)) == 1


def test_a_tick_that_comes_back_with_the_clock_and_an_edit_makes_no_second_run(
    services: Services, admin: Principal, clock: FakeClock
) -> None:
    made = hourly(services, admin)
    clock.set(ELEVEN)
    services.ticks.tick()
    clock.set(NOW)
    # Reckoned anew from the earlier clock: eleven lies ahead again
    assert (
        services.schedules.update(admin, made.id, {"schedule": "0 * * * *"}).next_run_at == ELEVEN
    )
    clock.set(ELEVEN)
    assert services.ticks.tick() == 0
    assert len(runs_of(services, made)) == 1
    assert stored(services, made).next_run_at == ELEVEN + HOUR
