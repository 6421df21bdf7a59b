"""What the clocks do to a schedule, as the dialog says it."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exports_app.domain.timing import cron
from exports_app.domain.timing.clock_changes import ClockChange, changes_between, shift_note

HOUR, HALF = timedelta(hours=1), timedelta(minutes=30)
ZONES = [
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Asia/Kolkata",
    "UTC",
]


def note(expression: str, zone: str, after: datetime, count: int = 5) -> str | None:
    parsed, place = cron.parse(expression), cron.zone(zone)
    return shift_note(parsed, place, cron.next_runs(parsed, place, after, count))


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type]


# When the clocks change


@pytest.mark.parametrize(
    ("zone", "changes"),
    [
        (
            "Europe/Berlin",
            [
                ClockChange(utc(2027, 3, 28, 1), HOUR, 2 * HOUR),
                ClockChange(utc(2027, 10, 31, 1), 2 * HOUR, HOUR),
            ],
        ),
        (
            "America/New_York",
            [
                ClockChange(utc(2027, 3, 14, 7), -5 * HOUR, -4 * HOUR),
                ClockChange(utc(2027, 11, 7, 6), -4 * HOUR, -5 * HOUR),
            ],
        ),
        (
            "Australia/Lord_Howe",
            [
                ClockChange(utc(2027, 4, 3, 15), 11 * HOUR, 10 * HOUR + HALF),
                ClockChange(utc(2027, 10, 2, 15, 30), 10 * HOUR + HALF, 11 * HOUR),
            ],
        ),
        ("UTC", []),
        ("Asia/Tokyo", []),
    ],
)
def test_the_changes_of_a_year_are_found_to_the_second(
    zone: str, changes: list[ClockChange]
) -> None:
    assert changes_between(cron.zone(zone), utc(2027, 1, 1), utc(2028, 1, 1)) == changes


def test_both_ends_belong_to_the_span() -> None:
    berlin, at = cron.zone("Europe/Berlin"), utc(2027, 3, 28, 1)
    second = timedelta(seconds=1)
    assert [c.at for c in changes_between(berlin, at, at)] == [at]
    assert changes_between(berlin, at - HOUR, at - second) == []
    assert changes_between(berlin, at + second, at + HOUR) == []


@given(
    st.sampled_from(ZONES),
    st.datetimes(datetime(1990, 1, 1), datetime(2040, 1, 1)),  # noqa: DTZ001
    st.integers(0, 800),
)
def test_between_two_changes_the_offset_is_the_same(zone: str, start: datetime, days: int) -> None:
    place, begin = cron.zone(zone), start.replace(tzinfo=UTC, microsecond=0)
    end = begin + timedelta(days=days)
    offset = begin.astimezone(place).utcoffset()
    for change in changes_between(place, begin + timedelta(seconds=1), end):
        assert change.before == offset
        offset = change.after
        assert change.at.astimezone(place).utcoffset() == change.after
        assert (change.at - timedelta(seconds=1)).astimezone(place).utcoffset() == change.before
    assert end.astimezone(place).utcoffset() == offset


# The note

BEFORE_SPRING, BEFORE_AUTUMN = utc(2027, 3, 26, 12), utc(2027, 10, 29, 12)
FORWARD = "Clocks in Berlin go forward 1 hour on Sun 28 Mar 2027; "
BACK = "Clocks in Berlin go back 1 hour on Sun 31 Oct 2027; "


@pytest.mark.parametrize(
    ("expression", "spring", "autumn"),
    [
        (
            "0 9 * * *",
            FORWARD + "the schedule keeps its local time.",
            BACK + "the schedule keeps its local time.",
        ),
        (
            "30 2 * * *",
            "On 28 Mar 2027 02:30 does not exist in Berlin: it runs at 03:00.",
            BACK + "02:30 comes twice and runs the first time.",
        ),
        (
            "0,30 2 * * *",
            (
                "On 28 Mar 2027 02:00 and 02:30 do not exist in Berlin: "
                "one run at 03:00 takes their place."
            ),
            BACK + "02:00 and 02:30 come twice and run the first time.",
        ),
        (
            "*/30 2 * * *",
            FORWARD + "the times between 02:00 and 03:00 do not exist that day and are left out.",
            BACK + "the times between 02:00 and 03:00 come twice that day and run both times.",
        ),
        (
            "30 2 * * 6",
            FORWARD + "the schedule keeps its local time.",
            BACK + "the schedule keeps its local time.",
        ),
        ("0 */3 * * *", None, None),
    ],
)
def test_the_note_says_what_happens_when_the_clocks_change(
    expression: str, spring: str | None, autumn: str | None
) -> None:
    assert note(expression, "Europe/Berlin", BEFORE_SPRING) == spring
    assert note(expression, "Europe/Berlin", BEFORE_AUTUMN) == autumn


def test_a_schedule_around_the_clock_that_misses_no_hour_keeps_its_local_time() -> None:
    assert (
        note("0 */3 * * *", "Europe/Berlin", BEFORE_SPRING, 20)
        == FORWARD + "the schedule keeps its local time."
    )


def test_many_moved_times_are_told_in_short() -> None:
    assert note("0,10,20,30,40 2 * * *", "Europe/Berlin", BEFORE_SPRING, 20) == (
        "On 28 Mar 2027 02:00 to 02:40 do not exist in Berlin: one run at 03:00 takes their place."
    )


@pytest.mark.parametrize(
    ("expression", "zone", "after", "said"),
    [
        (
            "30 2 * * *",
            "America/New_York",
            utc(2026, 3, 6),
            "On 8 Mar 2026 02:30 does not exist in New York: it runs at 03:00.",
        ),
        (
            "15 2 * * *",
            "Australia/Lord_Howe",
            utc(2026, 10, 2),
            "On 4 Oct 2026 02:15 does not exist in Lord Howe: it runs at 02:30.",
        ),
        (
            "45 1 * * *",
            "Australia/Lord_Howe",
            utc(2026, 4, 2),
            (
                "Clocks in Lord Howe go back 30 minutes on Sun 5 Apr 2026; "
                "01:45 comes twice and runs the first time."
            ),
        ),
        (
            "0 0 * * *",
            "Asia/Beirut",
            utc(2026, 3, 26),
            "On 29 Mar 2026 00:00 does not exist in Beirut: it runs at 01:00.",
        ),
        ("30 2 * * *", "UTC", utc(2026, 3, 6), None),
    ],
)
def test_every_place_has_its_own_clocks(
    expression: str, zone: str, after: datetime, said: str | None
) -> None:
    assert note(expression, zone, after) == said


def test_a_run_that_is_moved_is_told_even_if_it_is_the_first_or_after_another_change() -> None:
    said = "On 28 Mar 2027 02:30 does not exist in Berlin: it runs at 03:00."
    assert note("30 2 * * *", "Europe/Berlin", utc(2027, 3, 28), 1) == said
    assert note("30 2 * * *", "Europe/Berlin", utc(2026, 10, 20), 200) == said


def test_without_a_change_among_the_runs_there_is_no_note() -> None:
    assert note("0 9 * * *", "Europe/Berlin", utc(2027, 5, 1)) is None
    assert shift_note(cron.parse("0 9 * * *"), cron.zone("Europe/Berlin"), []) is None


def test_a_rare_schedule_is_told_of_the_next_year_alone() -> None:
    said = note("0 9 29 2 *", "Europe/Berlin", utc(2027, 6, 1))
    assert said == (
        "Clocks in Berlin go forward 1 hour on Sun 26 Mar 2028; the schedule keeps its local time."
    )


@given(
    st.sampled_from(ZONES),
    st.sampled_from(
        ["30 2 * * *", "*/20 * * * *", "15 1 * * 0", "0 0 1 * *", "5 4 29 2 *", "@hourly"]
    ),
    st.datetimes(datetime(2000, 1, 1), datetime(2037, 1, 1)),  # noqa: DTZ001
)
def test_a_fixed_time_that_is_not_kept_is_always_told(
    zone: str, expression: str, after: datetime
) -> None:
    parsed, place = cron.parse(expression), cron.zone(zone)
    runs = cron.next_runs(parsed, place, after.replace(tzinfo=UTC), 5)
    said = shift_note(parsed, place, runs)
    moved = [
        r
        for r in runs
        if (local := r.astimezone(place)).hour * 3600 + local.minute * 60 not in parsed.times
    ]
    if moved and moved[0] - runs[0] < timedelta(days=400):
        assert said is not None
        assert "not exist" in said
    if len({r.astimezone(place).utcoffset() for r in runs}) > 1 and runs[-1] - runs[0] < timedelta(
        days=400
    ):
        assert said is not None
