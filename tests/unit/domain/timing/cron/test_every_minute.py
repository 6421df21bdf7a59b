"""The runs of any schedule are those of a walk over every minute; missed runs are counted."""

from datetime import timedelta
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

from hypothesis import example, given, settings
from hypothesis import strategies as st

from exports_app.domain.timing import cron
from exports_app.domain.timing.cron import parse
from tests.unit.domain.timing.cron.instants import LORD_HOWE, NEW_YEAR, NEW_YORK, at
from tests.unit.domain.timing.cron.strategies import parsed_or_none, places, schedules, walk


@settings(max_examples=80, deadline=None)
@given(schedules(), places())
@example(
    ("*/30 * * * *", ({0, 30}, *(set(range(32)) for _ in range(4)))),
    (NEW_YORK, at("2026-11-01T06:10:00Z")),
)
@example(
    ("15,45 2 * * *", ({15, 45}, {2}, *(set(range(32)) for _ in range(3)))),
    (NEW_YORK, at("2026-03-08T06:10:30Z")),
)
@example(
    ("45 * * * *", ({45}, *(set(range(32)) for _ in range(4)))),
    (LORD_HOWE, at("2026-04-04T14:50:00Z")),
)
def test_the_runs_are_those_of_a_walk_over_every_minute(schedule, place):
    expression, values = schedule
    zone, after = place
    until = after + timedelta(days=3)
    expected = list(walk(expression, values, zone, after, until))
    parsed = parsed_or_none(expression)
    if parsed is None:
        assert not expected
        return
    assert (
        list(takewhile(lambda run: run <= until, cron.occurrences(parsed, zone, after))) == expected
    )
    assert cron.latest_until(parsed, zone, after, until) == (
        expected[-1] if expected else None,
        len(expected),
    )
    assert parse(parsed.expression) == parsed


@settings(max_examples=50, deadline=None)
@given(schedules(), places(), st.integers(0, 90 * 86_400))
def test_counting_missed_runs_agrees_with_listing_them(schedule, place, seconds):
    zone, after = place
    until = after + timedelta(seconds=seconds)
    parsed = parsed_or_none(schedule[0])
    if parsed is None:
        return
    listed = list(takewhile(lambda run: run <= until, cron.occurrences(parsed, zone, after)))
    assert all(one < other for one, other in zip([after, *listed], listed, strict=False))
    assert cron.latest_until(parsed, zone, after, until) == (
        listed[-1] if listed else None,
        len(listed),
    )


@settings(max_examples=50, deadline=None)
@given(schedules(), places())
def test_asking_later_never_changes_which_runs_follow(schedule, place):
    zone, after = place
    parsed = parsed_or_none(schedule[0])
    if parsed is None:
        return
    listed = cron.next_runs(parsed, zone, after, 40)
    for index in range(0, len(listed) - 1, 7):
        assert list(islice(cron.occurrences(parsed, zone, listed[index]), 2)) == listed[
            index + 1 : index + 3
        ] or index + 2 >= len(listed)


def test_a_year_of_missed_minutes_is_counted():
    latest, count = cron.latest_until(
        parse("* * * * *"), NEW_YORK, NEW_YEAR, NEW_YEAR + timedelta(days=365)
    )
    assert (latest, count) == (NEW_YEAR + timedelta(days=365), 365 * 1440)


def test_nothing_was_missed_before_the_first_run():
    daily = parse("0 9 * * *")
    assert cron.latest_until(daily, ZoneInfo("UTC"), NEW_YEAR, at("2026-01-01T08:59:59Z")) == (
        None,
        0,
    )
    assert cron.latest_until(daily, ZoneInfo("UTC"), NEW_YEAR, at("2026-01-01T09:00Z")) == (
        at("2026-01-01T09:00Z"),
        1,
    )
    assert cron.latest_until(
        daily, ZoneInfo("UTC"), at("2026-01-01T09:00Z"), at("2026-01-01T09:00Z")
    ) == (None, 0)
    assert cron.latest_until(daily, ZoneInfo("UTC"), at("2026-01-03T09:00Z"), NEW_YEAR) == (None, 0)
