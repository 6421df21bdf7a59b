"""What is due in the next hours."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from exports_app.domain.access import Principal
from exports_app.domain.timing import cron
from exports_app.services.core.change_events import Change, Topic
from exports_app.services.core.records import Schedule, Tenant
from exports_app.wiring import Services
from tests.doubles import FakeClock
from tests.integration.analytics.export_readings import look
from tests.world import Cast, claim, execute, make_schedule


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
        local = [hour.at.astimezone(ZoneInfo("Europe/Berlin")).strftime("%d %H") for hour in hours]
        assert len(local) - len(set(local)) == repeated
        assert {hour.runs for hour in hours[:-1]} == {1}


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
    assert {hour.names for hour in look(services, admin, acme).hours} == {(), ("Good",)}


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
    assert [schedule.id for schedule in found.paused.schedules] == [hourly.id]
    assert sum(hour.runs for hour in found.hours) == 0


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Africa/Cairo"])
def test_a_daily_time_counts_as_often_as_its_clock_shows_it(
    services: Services, admin: Principal, acme: Tenant, clock: FakeClock, zone: str
) -> None:
    """Also where the clocks change within the 24 hours: a day of 23 hours may have it twice."""
    for hour in (0, 1, 2, 3, 12):
        make_schedule(services, admin, schedule=f"59 {hour} * * *", timezone=zone)
    for day in (date(2026, 3, 28), date(2026, 4, 23), date(2026, 10, 24)):
        for hour in (0, 20):
            now = datetime(day.year, day.month, day.day, hour, tzinfo=UTC)
            clock.set(now)
            _advance(services)
            found = sum(one.runs for one in look(services, admin, acme).hours)
            assert found == _ticks_until(services, now + timedelta(hours=24))


def _advance(services: Services) -> None:
    """As the engine does: to the next time."""
    with services.store.write() as tx:
        due = tx.schedules.due(services.clock() + timedelta(days=999), 100)
        tx.schedules.advance({one.id: _next(one, services.clock()) for one in due})


def _next(schedule: Schedule, after: datetime) -> datetime:
    return cron.next_after(cron.parse(schedule.schedule), cron.zone(schedule.timezone), after)


def _ticks_until(services: Services, until: datetime) -> int:
    with services.store.read() as tx:
        due = tx.schedules.due(until, 100)
    count = 0
    for schedule in due:
        at = schedule.next_run_at
        while at is not None and at <= until:
            count += 1
            at = _next(schedule, at)
    return count
