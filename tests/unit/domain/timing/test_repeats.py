"""Choosing how often, and the cron expressions of the choices."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import takewhile

import pytest
from hypothesis import given
from hypothesis import strategies as some

from exports_app.domain.timing import cron
from exports_app.domain.timing.repeats import (
    HOUR_STEPS,
    MINUTE_STEPS,
    Repeat,
    Rhythm,
    build,
    is_left_out,
    read,
    read_time,
    time_text,
)

START, END = date(2027, 1, 1), date(2028, 12, 31)
"""With a leap year."""
DAYS = [START + timedelta(n) for n in range((END - START).days + 1)]

_time = {"hour": some.integers(0, 23), "minute": some.integers(0, 59)}
_days = some.one_of(
    some.integers(1, 31).map(str),
    some.sampled_from(["L", "LW"]),
    some.builds("{}#{}".format, some.integers(0, 6), some.integers(1, 4)),
    some.builds("{}L".format, some.integers(0, 6)),
)
choices = some.one_of(
    some.builds(Repeat, some.just(Rhythm.MINUTES), some.sampled_from(MINUTE_STEPS)),
    some.builds(
        Repeat, some.just(Rhythm.HOURS), some.sampled_from(HOUR_STEPS), minute=_time["minute"]
    ),
    some.builds(Repeat, some.just(Rhythm.DAILY), **_time),
    some.builds(
        Repeat,
        some.just(Rhythm.WEEKLY),
        weekdays=some.sets(some.integers(0, 6), min_size=1).map(sorted).map(tuple),
        **_time,
    ),
    some.builds(Repeat, some.just(Rhythm.MONTHLY), day=_days, **_time),
    some.builds(Repeat, some.just(Rhythm.QUARTERLY), day=_days, month=some.integers(1, 3), **_time),
)


def relevant(repeat: Repeat) -> tuple[object, ...]:
    """What the rhythm looks at."""
    at = (repeat.hour, repeat.minute)
    return {
        Rhythm.MINUTES: (repeat.step,),
        Rhythm.HOURS: (repeat.step, repeat.minute),
        Rhythm.DAILY: at,
        Rhythm.WEEKLY: (*at, repeat.weekdays),
        Rhythm.MONTHLY: (*at, repeat.day),
        Rhythm.QUARTERLY: (*at, repeat.day, repeat.month),
    }[repeat.rhythm]


def is_day(day: str, at: date) -> bool:
    tomorrow = at + timedelta(1)
    week_later = at + timedelta(7)
    match day:
        case "L":
            return tomorrow.month != at.month
        case "LW":
            later = (at + timedelta(n) for n in range(1, 7))
            rest = takewhile(lambda d: d.month == at.month, later)
            return at.weekday() < 5 and all(d.weekday() >= 5 for d in rest)
        case _ if day.endswith("L"):
            return at.isoweekday() % 7 == int(day[0]) and week_later.month != at.month
        case _ if "#" in day:
            return at.isoweekday() % 7 == int(day[0]) and (at.day - 1) // 7 + 1 == int(day[2])
    return at.day == int(day)


def expected(repeat: Repeat) -> Iterator[datetime]:
    """Counted by hand, day by day."""
    minutes = (
        range(0, 1440, repeat.step)
        if repeat.rhythm is Rhythm.MINUTES
        else range(repeat.minute, 1440, repeat.step * 60)
        if repeat.rhythm is Rhythm.HOURS
        else [repeat.hour * 60 + repeat.minute]
    )
    for day in DAYS:
        if repeat.rhythm is Rhythm.WEEKLY and day.isoweekday() % 7 not in repeat.weekdays:
            continue
        if repeat.rhythm in {Rhythm.MONTHLY, Rhythm.QUARTERLY} and not is_day(repeat.day, day):
            continue
        if repeat.rhythm is Rhythm.QUARTERLY and (day.month - repeat.month) % 3:
            continue
        for minute in minutes:
            yield datetime.combine(day, time(), UTC) + timedelta(minutes=minute)


@given(choices)
def test_every_choice_is_read_back_from_its_expression(repeat: Repeat) -> None:
    back = read(build(repeat))
    assert back is not None
    assert (back.rhythm, relevant(back)) == (repeat.rhythm, relevant(repeat))


@given(choices)
def test_every_choice_runs_when_its_words_say(repeat: Repeat) -> None:
    due = cron.next_runs(
        cron.parse(build(repeat)),
        cron.zone("UTC"),
        datetime.combine(START, time(), UTC) - timedelta(seconds=1),
        24,
    )
    by_hand = expected(repeat)
    wanted = [next(by_hand, None) for _ in due]
    assert [at for at in due if at.date() <= END] == [at for at in wanted if at]


@pytest.mark.parametrize(
    ("expression", "choice"),
    [
        ("* * * * *", Repeat(Rhythm.MINUTES, 1)),
        ("*/15 * * * *", Repeat(Rhythm.MINUTES, 15)),
        ("0-59/15 * * * *", Repeat(Rhythm.MINUTES, 15)),
        ("@hourly", Repeat(Rhythm.HOURS, 1)),
        ("20 */6 * * *", Repeat(Rhythm.HOURS, 6, minute=20)),
        ("@daily", Repeat(Rhythm.DAILY, hour=0)),
        ("30 7 * * MON-FRI", Repeat(Rhythm.WEEKLY, hour=7, minute=30, weekdays=(1, 2, 3, 4, 5))),
        ("0 9 * * 7", Repeat(Rhythm.WEEKLY, weekdays=(0,))),
        ("0 9 1 * ?", Repeat(Rhythm.MONTHLY)),
        ("0 9 LW * *", Repeat(Rhythm.MONTHLY, day="LW")),
        ("0 9 * * fri#2", Repeat(Rhythm.MONTHLY, day="5#2")),
        ("0 9 * * SUNL", Repeat(Rhythm.MONTHLY, day="0L")),
        ("0 9 15 JAN,APR,JUL,OCT *", Repeat(Rhythm.QUARTERLY, day="15")),
        ("0 9 L */3 *", Repeat(Rhythm.QUARTERLY, day="L")),
        ("0 9 L 3,6,9,12 *", Repeat(Rhythm.QUARTERLY, day="L", month=3)),
    ],
)
def test_an_expression_opens_as_the_choice_it_fits(expression: str, choice: Repeat) -> None:
    found = read(expression)
    assert found is not None
    assert (found.rhythm, relevant(found)) == (choice.rhythm, relevant(choice))


@pytest.mark.parametrize(
    "expression",
    [
        "*/7 * * * *",
        "5,35 * * * *",
        "0 */5 * * *",
        "0 9,17 * * *",
        "0 9 * 1 *",
        "0 9 1,15 * *",
        "0 9 1 1,4,7 *",
        "0 9 13 * 5",
        "0 9 * * 1,5L",
        "0 9 * * 1#5",
        "*/15 9-17 * * 1-5",
        "0 9 1 1 *",
    ],
)
def test_any_other_expression_is_a_custom_one(expression: str) -> None:
    assert read(expression) is None


@pytest.mark.parametrize(
    "repeat",
    [
        Repeat(Rhythm.MINUTES, 7),
        Repeat(Rhythm.HOURS, 24),
        Repeat(Rhythm.DAILY, hour=24),
        Repeat(Rhythm.DAILY, minute=60),
        Repeat(Rhythm.WEEKLY, weekdays=()),
        Repeat(Rhythm.WEEKLY, weekdays=(7,)),
        Repeat(Rhythm.WEEKLY, weekdays=(1, 1)),
        Repeat(Rhythm.MONTHLY, day="32"),
        Repeat(Rhythm.MONTHLY, day="* * *"),
        Repeat(Rhythm.MONTHLY, day="1#6"),
        Repeat(Rhythm.QUARTERLY, month=4),
    ],
)
def test_nothing_else_can_be_chosen(repeat: Repeat) -> None:
    with pytest.raises(ValueError, match="not a choice"):
        build(repeat)


@pytest.mark.parametrize(
    ("text", "time_of_day"),
    [
        ("09:30", (9, 30)),
        (" 9:30 ", (9, 30)),
        ("9.30", (9, 30)),
        ("930", (9, 30)),
        ("2359", (23, 59)),
        ("9", (9, 0)),
        ("21:", (21, 0)),
        ("0:00", (0, 0)),
        ("24:00", None),
        ("9:60", None),
        ("9:3", None),
        ("9:30 PM", (21, 30)),
        ("5pm", (17, 0)),
        ("12 a.m.", (0, 0)),
        ("12:05 p.m.", (12, 5)),
        ("17:30 pm", None),
        ("0 am", None),
        ("5 p", None),
        ("٩:٣٠", None),
        ("", None),
    ],
)
def test_a_time_is_read_as_people_type_it(text: str, time_of_day: tuple[int, int] | None) -> None:
    assert read_time(text) == time_of_day


def test_a_time_is_shown_with_24_hours_and_a_day_that_some_months_lack_is_known() -> None:
    assert time_text(Repeat(Rhythm.DAILY, hour=17, minute=5)) == "17:05"
    assert [day for day in ("28", "29", "31", "L", "1#2") if is_left_out(day)] == ["29", "31"]
