"""The schedule's instants: the agreed cases, the corners of changing clocks, and a brute-force walk
over every minute."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice, takewhile
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from exports_app.domain.timing import cron
from exports_app.domain.timing.cron import Cron, CronError, TimezoneError, parse

CASES = json.loads((Path(__file__).parents[1] / "cron_cases.json").read_text(encoding="utf-8"))
NEW_YORK = ZoneInfo("America/New_York")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def runs(expression: str, zone: str, after: str, count: int) -> list[str]:
    found = cron.next_runs(parse(expression), ZoneInfo(zone), at(after), count)
    assert all(run.tzinfo is UTC for run in found)
    return [run.strftime("%Y-%m-%dT%H:%M:%SZ") for run in found]


# The agreed cases


@pytest.mark.parametrize(
    "case", CASES["valid"], ids=lambda case: f"{case['expression']} {case['why']}"
)
def test_a_valid_schedule_fires_exactly_at_the_agreed_instants(case):
    assert (
        runs(case["expression"], case["timezone"], case["after"], len(case["next"])) == case["next"]
    )


@pytest.mark.parametrize("case", CASES["same"], ids=lambda case: case["why"])
def test_other_ways_to_write_a_schedule_mean_the_same(case):
    one, other = parse(case["expression"]), parse(case["sameAs"])
    assert one == other
    assert cron.next_runs(one, NEW_YORK, NEW_YEAR, 500) == cron.next_runs(
        other, NEW_YORK, NEW_YEAR, 500
    )


@pytest.mark.parametrize(
    "case", CASES["invalid"], ids=lambda case: f"{case['expression']} {case['why']}"
)
def test_an_invalid_expression_is_refused(case):
    with pytest.raises(CronError) as caught:
        parse(case["expression"])
    assert caught.value.code == "invalid_cron"


# What may be written


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("0 9 * * mon-FRI", "0 9 * * 1-5"),
        ("0 9 * * Wednesday,sat,SUNDAY", "0 9 * * 0,3,6"),
        ("0 9 1 january,FEB-apr *", "0 9 1 1-4 *"),
        ("0 9 1 NOV-FEB *", "0 9 1 1,2,11,12 *"),
        ("0 22-2/2 * * *", "0 0,2,22 * * *"),
        ("50-9/5 9 1 1 *", "0,5,50,55 9 1 1 *"),
        ("0 9 * * 5-1/2", "0 9 * * 0,5"),
        ("0 9 * * 7-2", "0 9 * * 0-2"),
        ("0 9 * * SAT-SUN", "0 9 * * 0,6"),
        ("0 9 * * MON/2", "0 9 * * 0,1,3,5"),
        ("0 9 * * FRIL,friday#2,7L,SUN#1", "0 9 * * 0#1,0L,5#2,5L"),
        ("0 9 lw,l * *", "0 9 L,LW * *"),
        ("5-5/15 * * * *", "5 * * * *"),
        ("5/15 * * * *", "5,20,35,50 * * * *"),
        ("*/1 */1 */1 */1 */1", "* * * * *"),
        ("*,5 5,* * * *", "* 0-23 * * *"),
        ("*/20,7 * * * *", "*/20,7 * * * *"),
        ("0 0 1-31 * 0-7", "0 0 1-31 * 0-6"),
        ("0 9 ? * ?", "0 9 * * *"),
        ("@HOURLY", "0 * * * *"),
        (" @Midnight\n", "0 0 * * *"),
        ("@annually", "0 0 1 1 *"),
        ("0000 009 01 01 07", "0 9 1 1 0"),
    ],
)
def test_every_spelling_has_one_canonical_form(written, canonical):
    assert parse(written).expression == canonical
    assert parse(canonical) == parse(written)


@pytest.mark.parametrize(
    ("expression", "says"),
    [
        ("61 9 * * *", "minute: item 1 is out of range; use numbers from 0 to 59"),
        ("0 8,24 * * *", "hour: item 2 is out of range"),
        ("0 9 1,,2 * *", "day of month: item 2 is empty"),
        (",0 9 * * *", "minute: item 1 is empty"),
        ("0 9 * foo *", "month: item 1 is not understood"),
        ("0 9 * * 1#6", "day of week: item 1 asks for a week that no month has"),
        ("0 9 * * 1#0", "day of week: item 1 asks for a week that no month has"),
        ("0 9 * * L", "day of week: item 1 is not understood"),
        ("0 9 L-3 * *", "day of month: item 1 is not understood"),
        ("0 9 L/2 * *", "day of month: item 1 is not understood"),
        ("0 ? * * *", "hour: item 1 is not understood"),
        ("0 9 ?/2 * *", "day of month: item 1 is not understood"),
        ("0 9 * * 1-5/0", "day of week: item 1 has a step of 0"),
        ("٥ 9 * * *", "minute: there are characters other than plain"),
        ("0 9 * * ſun", "day of week: there are characters other than plain"),
        ("-5 9 * * *", "minute: item 1 is not understood"),
        ("0 9 * * *\n* * * * *", "five fields"),
        ("0\u00a09 * * *", "five fields"),
        ("@every_minute", "@hourly"),
        ("0 9 * * * " + " " * 200, "at most 200 characters"),
        ("9" * 190 + " * * * *", "minute: item 1 is out of range"),
        ("0 0 31 4,6,9,11 *", "no such day ever comes"),
        ("0 0 */30 2 5#5", "no such day ever comes"),
        ("0 0 31 2 */2", "no such day ever comes"),
    ],
)
def test_a_refusal_names_the_field_and_why_and_never_repeats_the_input(expression, says):
    with pytest.raises(CronError) as caught:
        parse(expression)
    assert says in caught.value.message
    assert expression not in caught.value.message


def test_rare_schedules_that_do_fire_are_accepted():
    assert runs("0 0 29 2 */7", "UTC", "2060-03-01T00:00:00Z", 2) == [
        "2088-02-29T00:00:00Z",
        "2128-02-29T00:00:00Z",
    ]
    assert runs("0 0 31 2 1#5", "UTC", "2026-01-01T00:00:00Z", 1) == ["2044-02-29T00:00:00Z"]


@pytest.mark.parametrize(
    ("expression", "follows"),
    [
        ("0 9 * * *", False),
        ("0-59 0-23 * * *", False),
        ("*/5 9 * * *", True),
        ("0 */3 * * *", True),
        ("5,* 9 * * *", False),
    ],
)
def test_only_a_minute_or_hour_that_begins_with_a_star_follows_the_clock(expression, follows):
    assert parse(expression).follows_clock is follows


# Corners of changing clocks, in which cronsim's own zone handling goes wrong


def test_nothing_before_the_start_is_returned_when_the_start_lies_in_the_second_pass_of_an_hour():
    second_pass = "2026-11-01T06:10:00Z"  # 01:10 EST; 01:30 EDT was at 05:30
    assert runs("30 1 * * *", "America/New_York", second_pass, 1) == ["2026-11-02T06:30:00Z"]
    assert runs("*/30 * * * *", "America/New_York", second_pass, 2) == [
        "2026-11-01T06:30:00Z",
        "2026-11-01T07:00:00Z",
    ]
    local = datetime(2026, 11, 1, 1, 10, tzinfo=NEW_YORK, fold=1)
    assert cron.next_after(parse("30 1 * * *"), NEW_YORK, local) == at("2026-11-02T06:30:00Z")


def test_two_times_in_one_gap_run_once_at_the_jump():
    assert runs("15,45 2 * * *", "America/New_York", "2026-03-08T00:00:00Z", 3) == [
        *("2026-03-08T07:00:00Z", "2026-03-09T06:15:00Z", "2026-03-09T06:45:00Z")
    ]


def test_a_time_in_the_gap_and_one_at_its_end_run_once():
    assert runs("0 2,3 * * *", "America/New_York", "2026-03-08T00:00:00Z", 2) == [
        "2026-03-08T07:00:00Z",
        "2026-03-09T06:00:00Z",
    ]


def test_a_star_hour_in_a_half_hour_zone_loses_no_run_when_clocks_go_back():
    # 5 April: 02:00 (+11) becomes 01:30 (+10:30); 01:45 comes twice, half an hour apart.
    assert runs("45 * * * *", "Australia/Lord_Howe", "2026-04-04T13:00:00Z", 4) == [
        *(
            "2026-04-04T13:45:00Z",
            "2026-04-04T14:45:00Z",
            "2026-04-04T15:15:00Z",
            "2026-04-04T16:15:00Z",
        )
    ]


def test_a_star_hour_in_a_half_hour_zone_skips_only_what_does_not_exist_when_clocks_go_forward():
    # 4 October: 02:00 (+10:30) becomes 02:30 (+11).
    assert runs("15 * * * *", "Australia/Lord_Howe", "2026-10-03T14:00:00Z", 2) == [
        "2026-10-03T14:45:00Z",
        "2026-10-03T16:15:00Z",
    ]


def test_both_passes_of_an_hour_that_spans_midnight_run_in_the_order_of_time():
    # Until 2011 St. John's turned its clocks back at 00:01, to 23:01 of the day before.
    assert runs("0 * * * *", "America/St_Johns", "2010-11-07T01:00:00Z", 4) == [
        *(
            "2010-11-07T01:30:00Z",
            "2010-11-07T02:30:00Z",
            "2010-11-07T03:30:00Z",
            "2010-11-07T04:30:00Z",
        )
    ]
    assert runs("*/30 * * * *", "America/St_Johns", "2010-11-07T02:15:00Z", 4) == [
        *(
            "2010-11-07T02:30:00Z",
            "2010-11-07T03:00:00Z",
            "2010-11-07T03:30:00Z",
            "2010-11-07T04:00:00Z",
        )
    ]


def test_a_skipped_day_and_the_day_after_it_run_once_at_the_jump():
    assert runs("0 0 30,31 12 *", "Pacific/Apia", "2011-12-01T00:00:00Z", 2) == [
        "2011-12-30T10:00:00Z",
        "2012-12-29T10:00:00Z",
    ]


def test_a_repeated_day_runs_twice_only_for_schedules_that_follow_the_clock():
    # At the end of 30 September 1969 Kwajalein crossed the date line and went back by 23 hours.
    days = [
        "1969-09-29T01:00:00Z",
        "1969-09-30T01:00:00Z",
        "1969-10-01T00:00:00Z",
        "1969-10-02T00:00:00Z",
    ]
    assert runs("0 12 * * *", "Pacific/Kwajalein", "1969-09-29T00:00:00Z", 3) == [
        days[0],
        days[1],
        days[3],
    ]
    assert runs("*/60 12 * * *", "Pacific/Kwajalein", "1969-09-29T00:00:00Z", 4) == days


def test_the_end_of_time_ends_the_runs():
    yearly = parse("@yearly")
    assert cron.next_runs(yearly, NEW_YORK, at("9997-06-01T00:00Z"), 9) == [
        at("9998-01-01T05:00Z"),
        at("9999-01-01T05:00Z"),
    ]
    assert len(cron.next_runs(parse("0 * * * *"), NEW_YORK, at("9999-12-31T20:00Z"), 9)) == 3
    assert (
        cron.next_runs(yearly, ZoneInfo("Pacific/Apia"), datetime.max.replace(tzinfo=UTC), 1) == []
    )
    with pytest.raises(CronError):
        cron.next_after(yearly, NEW_YORK, at("9999-06-01T00:00Z"))


def test_the_beginning_of_time_is_no_obstacle():
    assert cron.next_runs(
        parse("@yearly"), ZoneInfo("UTC"), datetime.min.replace(tzinfo=UTC), 1
    ) == [at("0002-01-01T00:00Z")]


def test_an_instant_without_a_zone_is_a_mistake():
    with pytest.raises(ValueError, match="time zone"):
        cron.next_after(parse("@daily"), NEW_YORK, NEW_YEAR.replace(tzinfo=None))


# Every minute of the clock, walked


SIZES = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
ZONES = (
    *(
        "America/New_York",
        "Europe/Berlin",
        "Australia/Lord_Howe",
        "Pacific/Apia",
        "America/Sao_Paulo",
        "Asia/Kathmandu",
    ),
    *(
        "Africa/Casablanca",
        "America/St_Johns",
        "Pacific/Kwajalein",
        "Asia/Pyongyang",
        "America/Caracas",
        "UTC",
    ),
)


def changes(zone: ZoneInfo) -> list[datetime]:
    """The days (UTC) between 1969 and 2030 before a change of the zone's offset."""
    days = [datetime(1969, 1, 1, tzinfo=UTC) + timedelta(days=d) for d in range(62 * 365)]
    offsets = [day.astimezone(zone).utcoffset() for day in days]
    return [
        day
        for day, before, after in zip(days, offsets, offsets[1:], strict=False)
        if before != after
    ] or days[:1]


CHANGES = {name: changes(ZoneInfo(name)) for name in ZONES}


@st.composite
def terms(draw: st.DrawFn, low: int, high: int) -> tuple[str, set[int]]:
    first, last = draw(st.integers(low, high)), draw(st.integers(low, high))
    step = draw(st.integers(1, 30))
    every = list(range(low, high + 1))
    if first <= last:
        span = list(range(first, last + 1))
    elif (low, high) == (0, 7):
        span = [day % 7 for day in range(first % 7, (first % 7) + (last - first) % 7 + 1)]
    else:
        span = every[first - low :] + every[: last - low + 1]
    return draw(
        st.sampled_from(
            [
                ("*", set(every)),
                (f"*/{step}", set(every[::step])),
                (f"{first}", {first}),
                (f"{first}/{step}", set(range(first, high + 1, step))),
                (f"{first}-{last}", set(span)),
                (f"{first}-{last}/{step}", set(span[::step])),
            ]
        )
    )


@st.composite
def fields(draw: st.DrawFn, low: int, high: int) -> tuple[str, set[int]]:
    items = draw(st.lists(terms(low, high), min_size=1, max_size=3))
    return ",".join(text for text, _ in items), set().union(*(values for _, values in items))


@st.composite
def schedules(draw: st.DrawFn) -> tuple[str, tuple[set[int], ...]]:
    """An expression with the values of its fields; months and days are often open, or hardly
    anything would fire."""
    opened = draw(
        st.sampled_from(
            [
                (False, False, True, True, True),
                (False, False, False, True, False),
                (True, False, True, True, True),
            ]
        )
    )
    drawn = [
        ("*", set(range(low, high + 1))) if is_open else draw(fields(low, high))
        for (low, high), is_open in zip(SIZES, opened, strict=True)
    ]
    return " ".join(text for text, _ in drawn), tuple(values for _, values in drawn)


@st.composite
def places(draw: st.DrawFn) -> tuple[ZoneInfo, datetime]:
    name = draw(st.sampled_from(ZONES))
    start = draw(st.sampled_from(CHANGES[name])) + timedelta(
        seconds=draw(st.integers(-86_400, 2 * 86_400))
    )
    return ZoneInfo(name), start


def parsed_or_none(expression: str) -> Cron | None:
    """None for what never fires; these schedules have nothing else wrong."""
    try:
        return parse(expression)
    except CronError as error:
        if "no such day" not in error.message:
            raise
        return None


def matches(expression: str, values: tuple[set[int], ...], wall: datetime) -> bool:
    minutes, hours, days, months, weekdays = values
    texts = expression.split()
    day, weekday = (
        wall.day in days,
        wall.isoweekday() in weekdays or wall.isoweekday() % 7 in weekdays,
    )
    either = not texts[2].startswith("*") and not texts[4].startswith("*")
    on_day = (day or weekday) if either else (day and weekday)
    return wall.minute in minutes and wall.hour in hours and wall.month in months and on_day


def walk(
    expression: str, values: tuple[set[int], ...], zone: ZoneInfo, after: datetime, until: datetime
) -> Iterator[datetime]:
    """The rules, applied to the clock on the wall at every minute."""
    follows = any(text.startswith("*") for text in expression.split()[:2])
    instant = after.replace(second=0, microsecond=0)
    before = instant.astimezone(zone).replace(tzinfo=None)
    while (instant := instant + MINUTE) <= until:
        local = instant.astimezone(zone)
        wall = local.replace(tzinfo=None, fold=0)
        if follows:
            shown = [wall]
        elif wall > before:  # with all that the clock jumped over
            shown = (
                []
                if local.fold
                else [before + n * MINUTE for n in range(1, (wall - before) // MINUTE + 1)]
            )
        else:
            shown = [] if local.fold else [wall]
        if any(matches(expression, values, one) for one in shown):
            yield instant
        before = wall


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


# Counting, intervals and zones


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


@pytest.mark.parametrize(
    ("expression", "minimum", "allowed"),
    [
        ("* * * * *", 60, True),
        ("* * * * *", 61, False),
        ("*/5 * * * *", 300, True),
        ("*/5 * * * *", 301, False),
        ("*/7 * * * *", 420, False),
        ("0 9,10 * * 1", 3600, True),
        ("0 9,10 * * 1", 3601, False),
        ("0 0 29 2 *", 86_400 * 365, True),
        ("59 23 1,31 1,12 *", 86_400 * 2, False),
        ("0 0 * * *", 86_400, True),
    ],
)
def test_schedules_that_run_too_often_are_refused(expression, minimum, allowed):
    parsed = parse(expression)
    if allowed:
        cron.check_interval(parsed, ZoneInfo("UTC"), NEW_YEAR, minimum)
    else:
        with pytest.raises(CronError, match="apart"):
            cron.check_interval(parsed, ZoneInfo("UTC"), NEW_YEAR, minimum)


def test_a_day_of_23_hours_counts_towards_the_interval():
    with pytest.raises(CronError):
        cron.check_interval(parse("0 9 * * *"), NEW_YORK, NEW_YEAR, 86_400)


@pytest.mark.parametrize(
    "expression",
    ["0 0 29 2 *", "0 0 29 2 */7", "@yearly", "@monthly", "0 0 13 * */5", "@daily", "0 0 L 2 1#5"],
)
def test_rare_schedules_keep_the_interval(expression):
    parsed = parse(expression)
    cron.check_interval(parsed, NEW_YORK, NEW_YEAR, 3600)


@pytest.mark.parametrize(
    "name", ["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Asia/Kolkata"]
)
def test_an_iana_zone_is_known_by_its_name(name):
    assert cron.zone(name).key == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "localtime",
        "posixrules",
        "europe/berlin",
        "utc ",
        "/etc/localtime",
        "../UTC",
        "Mars/Base",
        "A" * 5000,
        "UTC\0",
        "Europe",
    ],
)
def test_any_other_zone_is_refused(name):
    with pytest.raises(TimezoneError) as caught:
        cron.zone(name)
    assert caught.value.code == "invalid_timezone"


# In words


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("0 9 * * 1", "Every Monday at 09:00"),
        ("0 8 * * *", "Every day at 08:00"),
        ("0 9,17 * * *", "Every day at 09:00 and 17:00"),
        ("0 9 * * MON-FRI", "Every Monday to Friday at 09:00"),
        ("0 9 * * FRI-MON", "Every Monday and Friday to Sunday at 09:00"),
        ("0 9 1 * *", "At 09:00 on day 1 of the month"),
        ("0 9 1,15,L * *", "At 09:00 on days 1 and 15 and the last day of the month"),
        ("0 9 L * *", "At 09:00 on the last day of the month"),
        ("0 9 LW * *", "At 09:00 on the last weekday (Monday to Friday) of the month"),
        ("0 9 * * 1#2", "At 09:00 on the second Monday of the month"),
        ("0 9 * * 5L", "At 09:00 on the last Friday of the month"),
        ("0 0 13 * 5", "At 00:00 on day 13 of the month or on Friday"),
        ("0 0 */10 * 1", "At 00:00 on Monday, if that is day 1, 11, 21 or 31 of the month"),
        ("0 0 1-31 * 1", "Every day at 00:00"),
        ("@yearly", "At 00:00 on day 1 of the month in January"),
        ("0 8 * 6-8 *", "Every day at 08:00 in June to August"),
        ("* * * * *", "Every minute"),
        ("*/5 * * * *", "Every 5 minutes"),
        ("*/90 * * * *", "Every hour"),
        ("@hourly", "Every hour"),
        ("15 * * * *", "Every hour at minute 15"),
        ("0 */3 * * *", "Every 3 hours"),
        ("15 */6 * * *", "Every 6 hours at minute 15"),
        ("0 */5 * * *", "Every day at 00:00, 05:00, 10:00, 15:00 and 20:00"),
        ("*/7 * * * *", "At minute 0, 7, 14, 21, 28, 35, 42, 49 and 56 past every hour"),
        ("* 9 * * *", "Every minute from 09:00 to 09:59"),
        ("*/15 9-17 * * 1-5", "Every 15 minutes from 09:00 to 17:45, Monday to Friday"),
        ("30 9-17 * * 1", "Every hour from 09:30 to 17:30 on Monday"),
        (
            "*/30 8,10,12,14 1 * *",
            "Every 30 minutes during hours 8, 10, 12 and 14 on day 1 of the month",
        ),
        ("5,20,35 8-10 * * *", "At minute 5, 20 and 35 past hour 8 to 10"),
    ],
)
def test_a_schedule_is_told_in_plain_words(expression, words):
    assert cron.describe(expression) == words
    assert cron.describe(parse(expression)) == words


@settings(max_examples=100, deadline=None)
@given(schedules())
def test_words_are_found_for_every_schedule(schedule):
    parsed = parsed_or_none(schedule[0])
    if parsed is None:
        return
    words = cron.describe(parsed)
    assert words.startswith(("Every ", "At "))
    assert "  " not in words
