"""A test of a schedule says nothing about how the schedule does."""

import pytest

from exports_app.domain.access import Principal
from exports_app.domain.runs.send_to import SendTo
from exports_app.domain.runs.states import RunStatus, Trigger
from exports_app.services.core.records import Schedule, Tenant
from exports_app.wiring import Services
from tests.doubles import FakeClock
from tests.integration.runs.pausing.failures import ends, fails
from tests.world import claim, stored

ENDS = (RunStatus.COMPLETED, RunStatus.FAILED)


def trial(services: Services, who: Principal, schedule: Schedule, status: RunStatus) -> None:
    services.schedules.trigger(who, schedule.id, SendTo.CALLER)
    run = claim(services)
    assert run.trigger is Trigger.TEST
    services.run_endings.close(run, status, *(("it broke", "broken") if status in ENDS[1:] else ()))


@pytest.mark.parametrize("status", ENDS)
def test_a_schedule_that_only_was_tested_never_ran(
    services: Services, admin: Principal, acme: Tenant, hourly: Schedule, status: RunStatus
) -> None:
    trial(services, admin, hourly, status)
    after = stored(services, hourly)
    assert (after.last_run_at, after.last_status) == (None, None)
    assert services.schedule_summaries.latest(admin, [hourly]) == {}
    assert not any(day.counts for day in services.export_analytics.read(admin, acme.id).days)
    assert len(services.history.of_schedule(admin, hourly.id, 10)[0]) == 1


def test_a_good_test_does_not_hide_that_the_schedule_fails(
    services: Services, admin: Principal, clock: FakeClock, acme: Tenant, hourly: Schedule
) -> None:
    fails(services, clock)
    fails(services, clock)
    failed = stored(services, hourly)
    clock.advance(minutes=5)
    trial(services, admin, hourly, RunStatus.COMPLETED)
    assert stored(services, hourly) == failed
    latest = services.schedule_summaries.latest(admin, [hourly])[hourly.id].run
    assert (latest.trigger, latest.status) == (Trigger.SCHEDULE, RunStatus.FAILED)
    assert services.schedule_summaries.summary(admin, acme.id).failing == 1
    (today,) = [day for day in services.export_analytics.read(admin, acme.id).days if day.counts]
    assert dict(today.counts) == {RunStatus.FAILED: 2}


def test_a_failed_test_is_no_failure_of_the_schedule(
    services: Services, admin: Principal, clock: FakeClock, acme: Tenant, hourly: Schedule
) -> None:
    ends(services, clock, RunStatus.COMPLETED)
    for _ in range(4):
        trial(services, admin, hourly, RunStatus.FAILED)
    after = stored(services, hourly)
    assert (after.last_status, after.failures, after.is_active) == (RunStatus.COMPLETED, 0, True)
    assert services.schedule_summaries.summary(admin, acme.id).failing == 0


def test_the_end_of_a_run_is_noted_though_it_was_tested_meanwhile(
    services: Services, admin: Principal, clock: FakeClock, hourly: Schedule
) -> None:
    services.schedules.trigger(admin, hourly.id)
    run = claim(services)
    clock.advance(minutes=1)
    services.run_endings.close(run, RunStatus.PARTIAL, "one refused", "smtp")
    trial(services, admin, hourly, RunStatus.COMPLETED)
    assert stored(services, hourly).last_status is RunStatus.PARTIAL
