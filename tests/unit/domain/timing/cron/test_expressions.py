"""Which expressions, intervals and zones are accepted, and their one form."""

from zoneinfo import ZoneInfo

import pytest

from exports_app.domain.timing import cron
from exports_app.domain.timing.cron import CronError, TimezoneError, parse
from tests.unit.domain.timing.cron.instants import CASES, NEW_YEAR, NEW_YORK, runs


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
        ("0\u00a09 * * *", "day of week), not 4"),
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
