"""Past ticks made up."""

from datetime import UTC, date, datetime, timedelta

import pytest

from exports_app.domain.access import Principal
from exports_app.domain.errors import Forbidden, Invalid, NotFound
from exports_app.domain.runs.states import AttemptOutcome, RunStatus, Trigger
from exports_app.services.core.records import Campaign, Schedule
from exports_app.services.schedules.filters import Filters
from exports_app.wiring import Services
from tests.doubles import NOW, FakeClock
from tests.mailserver import MailServer
from tests.world import Cast, claim, execute, make_schedule, runs_of, the_run

FIRST, LAST = date(2026, 2, 27), date(2026, 3, 1)
"""A Friday and a Sunday; NOW is the Wednesday after."""


@pytest.fixture
def daily(services: Services, admin: Principal) -> Schedule:
    return make_schedule(services, admin, schedule="0 9 * * *", timezone="Europe/Berlin")


def test_each_past_tick_of_the_days_gets_a_run_with_its_own_window(
    services: Services, admin: Principal, daily: Schedule, campaigns: dict[str, Campaign]
) -> None:
    assert campaigns
    assert services.backfill.count(admin, daily.id, FIRST, LAST).new == 3
    done = services.backfill.run(admin, daily.id, FIRST, LAST)
    assert done.existing == 0
    assert [run.scheduled_for for run in done.runs] == [
        NOW.replace(month=m, day=d, hour=8, minute=0) for m, d in ((2, 27), (2, 28), (3, 1))
    ]
    for run in done.runs:
        stored = the_run(services, run)
        assert stored == run
        assert (run.trigger, run.triggered_by, run.status) == (
            Trigger.BACKFILL,
            admin.user_id,
            RunStatus.PENDING,
        )
    for expected in done.runs:
        claimed = claim(services)
        assert claimed.id == expected.id  # in the order of their ticks
        assert services.run_queue.claim() is None  # one after the other
        assert execute(services, claimed).status is RunStatus.COMPLETED


def test_its_file_and_its_email_name_the_scheduled_time(
    services: Services, admin: Principal, daily: Schedule, mail: MailServer
) -> None:
    services.backfill.run(admin, daily.id, FIRST, FIRST)
    done = execute(services, claim(services))
    assert done.file_name
    assert done.file_name.endswith("_20260227T080000Z.csv")
    body = mail.wait_for(1)[0].message.get_body(("plain",))
    assert body is not None
    assert "Backfill for: 27 Feb 2026, 09:00" in " ".join(body.get_content().split())


def test_where_the_clocks_jump_over_midnight_each_day_is_in_one_file(
    services: Services, admin: Principal, clock: FakeClock
) -> None:
    """In Nuuk 23:30 of 28 March 2026 is left out: its tick comes at 0:00 of the next day."""
    schedule = make_schedule(
        services,
        admin,
        schedule="30 23 * * *",
        timezone="America/Nuuk",
        filters=Filters(period="yesterday"),
    )
    clock.set(NOW.replace(month=4, day=2))
    done = services.backfill.run(admin, schedule.id, date(2026, 3, 26), date(2026, 3, 31))
    days = [date(2026, 3, 25 + i) for i in range(6)]
    assert [(run.window_start, run.window_end) for run in done.runs] == [(d, d) for d in days]
    for day in (28, 29):  # the tick of the 28th is that day's, and no other's
        with_run = services.backfill.count(
            admin, schedule.id, date(2026, 3, day), date(2026, 3, day)
        )
        assert (with_run.new, with_run.existing) == (0, 1)


def test_a_tick_has_the_window_of_the_day_that_it_was_meant_for(
    services: Services, admin: Principal, clock: FakeClock
) -> None:
    clock.set(datetime(2026, 3, 28, 12, tzinfo=UTC))
    schedule = make_schedule(
        services,
        admin,
        schedule="30 23 * * *",
        timezone="America/Nuuk",
        filters=Filters(period="today"),
    )
    windows = []
    for _ in range(2):
        found = services.schedules.get(admin, schedule.id)
        assert found.next_run_at
        clock.set(found.next_run_at)
        services.ticks.tick()
        windows.append(runs_of(services, schedule)[0].window_start)
    assert windows == [date(2026, 3, 28), date(2026, 3, 29)]


def test_the_same_days_twice_make_no_second_run(
    services: Services, admin: Principal, daily: Schedule
) -> None:
    services.backfill.run(admin, daily.id, FIRST, LAST)
    assert services.backfill.count(admin, daily.id, FIRST, LAST).new == 0
    again = services.backfill.run(admin, daily.id, FIRST, LAST)
    assert (again.runs, again.existing) == ([], 3)
    more = services.backfill.run(admin, daily.id, FIRST, LAST + timedelta(days=1))
    assert (len(more.runs), more.existing) == (1, 3)
    assert len(runs_of(services, daily)) == 4


@pytest.mark.parametrize("why", ["missed", "overlap"])
def test_skipped_ticks_are_made_up_in_their_own_row(
    services: Services, admin: Principal, clock: FakeClock, why: str
) -> None:
    policy = {"catch_up": "none"} if why == "missed" else {"overlap": "skip"}
    schedule = make_schedule(services, admin, schedule="0 * * * *", timezone="UTC", **policy)
    if why == "overlap":
        clock.set(NOW.replace(hour=11, minute=0))
        services.ticks.tick()
        clock.advance(hours=1)
    else:
        clock.set(NOW.replace(hour=12, minute=30))
    services.ticks.tick()
    (skipped,) = [run for run in runs_of(services, schedule) if run.status is RunStatus.SKIPPED]
    assert skipped.error_code == why
    done = services.backfill.run(admin, schedule.id, clock().date(), clock().date())
    made = the_run(services, skipped)
    assert (made.status, made.trigger, made.error, made.error_code) == (
        RunStatus.PENDING,
        Trigger.BACKFILL,
        None,
        None,
    )
    assert (made.completed_at, made.scheduled_for) == (None, skipped.scheduled_for)
    assert skipped.scheduled_for in [run.scheduled_for for run in done.runs]
    with services.store.read() as tx:
        (told,) = tx.attempts.of_runs([skipped.id])[skipped.id]
    assert (told.outcome, told.error_code, told.ended_at) == (
        AttemptOutcome.SKIPPED,
        why,
        skipped.completed_at,
    )
    assert services.backfill.run(admin, schedule.id, clock().date(), clock().date()).runs == []
    assert len({run.scheduled_for for run in runs_of(services, schedule)}) == len(
        runs_of(services, schedule)
    )


def test_a_tick_without_data_is_not_made_up_again(
    services: Services, admin: Principal, daily: Schedule
) -> None:
    services.schedules.update(admin, daily.id, {"when_empty": "skip", "export_type": "aggregate"})
    services.backfill.run(admin, daily.id, FIRST, FIRST)
    assert execute(services, claim(services)).error_code == "no_data"
    assert services.backfill.run(admin, daily.id, FIRST, FIRST).runs == []


def test_todays_ticks_count_as_far_as_they_are_past(
    services: Services, admin: Principal, clock: FakeClock
) -> None:
    schedule = make_schedule(services, admin, schedule="0 * * * *", timezone="UTC")
    done = services.backfill.run(admin, schedule.id, clock().date(), clock().date())
    assert [run.scheduled_for.hour for run in done.runs if run.scheduled_for] == list(range(11))
    assert services.schedules.get(admin, schedule.id).next_run_at == schedule.next_run_at


@pytest.mark.parametrize(
    ("expression", "start", "end", "pointer"),
    [
        ("0 9 * * *", date(2026, 3, 5), date(2026, 3, 9), "/startDate"),
        ("0 9 * * 1", date(2026, 2, 24), date(2026, 2, 25), "/startDate"),
        ("0 9 * * *", LAST, FIRST, "/endDate"),
        ("* * * * *", FIRST, FIRST, "/endDate"),
        ("0 9 * * *", date(1, 1, 1), LAST, "/startDate"),
        ("0 9 * * *", FIRST, date(9999, 12, 31), "/startDate"),
    ],
    ids=["future", "no tick", "backwards", "too many", "long ago", "never"],
)
def test_days_that_make_no_sense_are_refused(
    services: Services, admin: Principal, expression: str, start: date, end: date, pointer: str
) -> None:
    schedule = make_schedule(services, admin, schedule=expression)
    for ask in (services.backfill.count, services.backfill.run):
        with pytest.raises(Invalid) as refused:
            ask(admin, schedule.id, start, end)  # type: ignore[operator]
        assert [e.pointer for e in refused.value.errors] == [pointer]
    assert runs_of(services, schedule) == []


def test_a_hundred_are_made_at_once_and_no_more(services: Services, admin: Principal) -> None:
    schedule = make_schedule(services, admin, schedule="0 * * * *", timezone="UTC")
    assert (
        services.backfill.count(admin, schedule.id, date(2026, 2, 20), date(2026, 2, 23)).new == 96
    )
    with pytest.raises(Invalid, match="100"):
        services.backfill.count(admin, schedule.id, date(2026, 2, 20), date(2026, 2, 24))


def test_who_may_not_is_refused_and_nothing_is_made(
    services: Services, cast: Cast, daily: Schedule
) -> None:
    for who, error in ((cast.viewer.who, Forbidden), (cast.outsider.who, NotFound)):
        for ask in (services.backfill.count, services.backfill.run):
            with pytest.raises(error):
                ask(who, daily.id, FIRST, LAST)  # type: ignore[operator]
    services.schedules.delete(cast.admin.who, daily.id)
    with pytest.raises(NotFound):
        services.backfill.run(cast.admin.who, daily.id, FIRST, LAST)
    assert runs_of(services, daily) == []
