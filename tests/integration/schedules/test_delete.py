"""Scheduled exports that are deleted."""

import pytest

from exports_app.domain.access import Principal
from exports_app.domain.errors import NotFound
from exports_app.domain.runs.states import RunStatus
from exports_app.services.core.records import Page, Schedule
from exports_app.wiring import Services
from tests.doubles import FakeClock
from tests.integration.schedules.fields import MONDAY
from tests.world import claim, execute, runs_of, the_run


def test_a_deleted_schedule_is_gone_for_everybody(
    services: Services, admin: Principal, super_admin: Principal, schedule: Schedule
) -> None:
    run = services.schedules.trigger(admin, schedule.id)
    services.schedules.delete(admin, schedule.id)
    for who in (admin, super_admin):
        for look in (
            lambda who: services.schedules.get(who, schedule.id),
            lambda who: services.schedules.update(who, schedule.id, {"name": "x"}),
            lambda who: services.schedules.delete(who, schedule.id),
            lambda who: services.schedules.trigger(who, schedule.id),
            lambda who: services.history.of_schedule(who, schedule.id, 50),
            lambda who: services.history.get(who, schedule.id, run.id),
            lambda who: services.history.file(who, schedule.id, run.id),
        ):
            with pytest.raises(NotFound):
                look(who)
        assert services.schedules.find(who, None, {}, "", Page()) == ([], 0)


def test_deleting_cancels_what_waits_and_lets_what_runs_finish(
    services: Services, admin: Principal, clock: FakeClock, schedule: Schedule
) -> None:
    services.schedules.trigger(admin, schedule.id)
    running = claim(services)
    waiting = services.schedules.trigger(admin, schedule.id)
    clock.advance(seconds=5)
    services.schedules.delete(admin, schedule.id)
    cancelled = the_run(services, waiting)
    assert (cancelled.status, cancelled.completed_at, cancelled.error_code) == (
        RunStatus.CANCELLED,
        clock(),
        "schedule_deleted",
    )
    assert cancelled.error
    assert services.run_queue.claim() is None
    assert execute(services, running).status is RunStatus.COMPLETED


def test_a_deleted_schedule_is_never_due_again(
    services: Services, admin: Principal, clock: FakeClock, schedule: Schedule
) -> None:
    services.schedules.delete(admin, schedule.id)
    clock.set(MONDAY)
    assert services.ticks.tick() == 0
    assert runs_of(services, schedule) == []
