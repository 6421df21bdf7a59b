"""The day that a tick was meant for, also where the clocks jump over midnight."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from exports_app.domain.timing import cron
from exports_app.domain.timing.tick_day import day_of, local_day

SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
DAY, STEP = timedelta(days=1), timedelta(weeks=4)


@pytest.mark.parametrize(
    ("tick", "zone", "today"),
    [
        ("2026-01-01T03:00:00+00:00", "America/New_York", "2025-12-31"),
        ("2025-12-31T12:00:00+00:00", "Pacific/Auckland", "2026-01-01"),
        ("2026-03-08T05:00:00+00:00", "America/New_York", "2026-03-08"),
        ("2026-03-08T04:59:00+00:00", "America/New_York", "2026-03-07"),
        ("2026-11-22T18:20:00+00:00", "Asia/Kathmandu", "2026-11-23"),
        ("2026-11-23T00:30:00+02:00", "UTC", "2026-11-22"),
    ],
)
def test_today_is_the_ticks_date_in_the_zone(tick: str, zone: str, today: str) -> None:
    instant = datetime.fromisoformat(tick)
    assert local_day(instant, zone) == date.fromisoformat(today)
    assert day_of(instant, "* * * * *", zone) == date.fromisoformat(today)


def test_a_tick_without_a_zone_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="time zone"):
        day_of(datetime(2026, 1, 1), "0 9 * * *", "UTC")  # noqa: DTZ001 (that is the mistake)


NUUK = datetime(2026, 3, 29, 1, tzinfo=UTC)
"""The clocks jump from 28 March 23:00 to 29 March 0:00."""


@pytest.mark.parametrize(
    ("expression", "today"),
    [
        ("30 23 * * *", "2026-03-28"),
        ("30 23 * * 6", "2026-03-28"),  # a Saturday
        ("0 0 * * *", "2026-03-29"),
        ("30 23 * * 0", "2026-03-29"),  # it does not fire here: the plain date
        ("0,30 0,23 * * *", "2026-03-28"),
        ("*/30 * * * *", "2026-03-29"),  # follows the clock: nothing is moved
        ("not valid any more", "2026-03-29"),
    ],
)
def test_a_time_that_the_jump_over_midnight_leaves_out_means_its_own_day(
    expression: str, today: str
) -> None:
    assert day_of(NUUK, expression, "America/Nuuk") == date.fromisoformat(today)
    assert day_of(NUUK + SECOND, expression, "America/Nuuk") == date(2026, 3, 29)


def test_a_day_that_a_zone_leaves_out_has_its_tick() -> None:
    jump = datetime(2011, 12, 30, 10, tzinfo=UTC)
    assert local_day(jump, "Pacific/Apia") == date(2011, 12, 31)
    assert day_of(jump, "0 9 * * *", "Pacific/Apia") == date(2011, 12, 30)


def jumps_over_midnight() -> Iterator[tuple[str, datetime, datetime]]:
    """All since 1970: the zone, the instant (UTC), and what the clocks would have shown then."""
    seen = set()
    for name in cron.zones():
        zone, at = ZoneInfo(name), datetime(1970, 1, 1, tzinfo=UTC)
        offset = at.astimezone(zone).utcoffset()
        while at.year < 2038:
            before, at = at, at + STEP
            if at.astimezone(zone).utcoffset() == offset:
                continue
            while at - before > SECOND:
                middle = before + (at - before) // 2
                if middle.astimezone(zone).utcoffset() == offset:
                    before = middle
                else:
                    at = middle
            at = at.replace(microsecond=0)
            shown = at.astimezone(zone)
            old = (at - SECOND).astimezone(zone) + SECOND
            offset = shown.utcoffset()
            if old.date() < shown.date() and (at, old.tzinfo, offset) not in seen:
                seen.add((at, old.tzinfo, offset))
                yield name, at, old.replace(tzinfo=None)


def test_every_day_is_in_exactly_one_yesterday_of_every_daily_schedule() -> None:
    """Every day that there is in the zone: a day that it leaves out has no data."""
    checked = 0
    for name, jump, wall in jumps_over_midnight():
        for time in (wall, wall + timedelta(minutes=30), wall - timedelta(minutes=1), None):
            expression = f"{time.minute} {time.hour} * * *" if time else "0 0 * * *"
            parsed, start = cron.parse(expression), jump - 4 * DAY
            ticks = cron.next_runs(parsed, cron.zone(name), start, 9)
            yesterdays = [day_of(tick, expression, name) - DAY for tick in ticks]
            there = {local_day(jump + hours * HOUR, name) for hours in range(-48, 49)}
            assert len(set(yesterdays)) == len(yesterdays), (name, jump, expression)
            assert there <= set(yesterdays), (name, jump, expression)
            checked += 1
    assert checked > 100
