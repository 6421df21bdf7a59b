"""Which run is a schedule's last: one of an earlier date does not hide how a later one ended."""

from datetime import timedelta

import pytest

from exports_app.domain.access import Principal
from exports_app.domain.runs.send_to import SendTo
from exports_app.domain.runs.states import RunStatus, Trigger
from exports_app.domain.timing.period import Window
from exports_app.services.core.records import Run, Schedule, Tenant
from exports_app.services.schedules.filters import Filters
from exports_app.services.schedules.new_run import RunOrder
from exports_app.wiring import Services
from tests.doubles import NOW, FakeClock
from tests.world import claim, make_schedule, stored, the_run

TODAY = NOW.date()
DONE, PARTIAL, FAILED = RunStatus.COMPLETED, RunStatus.PARTIAL, RunStatus.FAILED


@pytest.fixture
def daily(services: Services, admin: Principal) -> Schedule:
    filters = Filters(period="yesterday")
    return make_schedule(services, admin, schedule="0 9 * * *", filters=filters)


def shown(services: Services, who: Principal, schedule: Schedule) -> tuple[Trigger, RunStatus]:
    """The last run as the list shows it. What the filter and the API read says the same."""
    run = services.schedule_summaries.latest(who, [schedule])[schedule.id].run
    assert stored(services, schedule).last_status == run.status
    return run.trigger, run.status


def ended(services: Services, clock: FakeClock, status: RunStatus) -> Run:
    """The run that is next in the queue."""
    run = claim(services)
    clock.advance(minutes=1)
    services.run_endings.close(run, status, *(() if status is DONE else ("it broke", "broken")))
    return the_run(services, run)


def day_after_day(services: Services, clock: FakeClock, *statuses: RunStatus) -> list[Run]:
    """Runs of consecutive days."""
    runs = []
    for status in statuses:
        clock.advance(days=1)
        assert services.ticks.tick() == 1
        runs.append(ended(services, clock, status))
    return runs


@pytest.mark.parametrize("to", [SendTo.RECIPIENTS, SendTo.NOBODY])
def test_a_backfill_of_an_older_date_hides_no_newer_run(
    services: Services,
    admin: Principal,
    acme: Tenant,
    daily: Schedule,
    clock: FakeClock,
    to: SendTo,
) -> None:
    (run,) = day_after_day(services, clock, PARTIAL)
    assert shown(services, admin, daily) == (Trigger.SCHEDULE, PARTIAL)
    before = run.created_at.date() - timedelta(days=9)
    services.backfill.run(admin, daily.id, before, before, to=to)
    assert shown(services, admin, daily) == (Trigger.SCHEDULE, PARTIAL)  # also while it waits
    ended(services, clock, DONE)
    assert shown(services, admin, daily) == (Trigger.SCHEDULE, PARTIAL)
    assert services.schedule_summaries.summary(admin, acme.id).failing == 1


def test_the_newest_tick_of_a_backfill_is_the_last_run_where_none_is_newer(
    services: Services, admin: Principal, daily: Schedule, clock: FakeClock
) -> None:
    services.backfill.run(admin, daily.id, TODAY - timedelta(days=3), TODAY - timedelta(days=1))
    for status in (DONE, DONE, FAILED):
        ended(services, clock, status)
    assert shown(services, admin, daily) == (Trigger.BACKFILL, FAILED)


def test_a_rerun_counts_for_the_dates_of_the_last_run_alone(
    services: Services, admin: Principal, daily: Schedule, clock: FakeClock
) -> None:
    old, last = day_after_day(services, clock, DONE, FAILED)
    services.run_actions.rerun(admin, daily.id, old.id)
    again = ended(services, clock, DONE)
    assert shown(services, admin, daily) == (Trigger.SCHEDULE, FAILED)
    services.run_actions.rerun(admin, daily.id, again.id)  # of the old dates, though newly made
    ended(services, clock, DONE)
    assert shown(services, admin, daily) == (Trigger.SCHEDULE, FAILED)
    services.run_actions.rerun(admin, daily.id, last.id)
    ended(services, clock, PARTIAL)
    assert shown(services, admin, daily) == (Trigger.RERUN, PARTIAL)
    services.run_actions.rerun(admin, daily.id, last.id)  # again: the dates are still the same
    ended(services, clock, DONE)
    assert shown(services, admin, daily) == (Trigger.RERUN, DONE)


def test_a_manual_run_of_chosen_earlier_days_is_not_the_last_run(
    services: Services, admin: Principal, daily: Schedule, clock: FakeClock
) -> None:
    day_after_day(services, clock, FAILED)
    day = TODAY - timedelta(days=30)
    services.schedules.trigger(admin, daily.id, order=RunOrder(window=Window(day, day)))
    ended(services, clock, DONE)
    assert shown(services, admin, daily) == (Trigger.SCHEDULE, FAILED)
    services.schedules.trigger(admin, daily.id)
    ended(services, clock, DONE)
    assert shown(services, admin, daily) == (Trigger.MANUAL, DONE)
