"""Which dates a relative period means."""

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exports_app.domain.errors import Invalid
from exports_app.domain.timing.period import Period, Window, alike, before, resolve, slug, words


def window(start: str | None, end: str | None) -> Window:
    return Window(
        date.fromisoformat(start) if start else None, date.fromisoformat(end) if end else None
    )


@pytest.mark.parametrize(
    ("period", "today", "start", "end"),
    [
        ("today", "2026-11-23", "2026-11-23", "2026-11-23"),
        ("yesterday", "2026-11-23", "2026-11-22", "2026-11-22"),
        ("yesterday", "2026-01-01", "2025-12-31", "2025-12-31"),
        ("yesterday", "2028-03-01", "2028-02-29", "2028-02-29"),
        ("last_7_days", "2026-11-23", "2026-11-16", "2026-11-22"),
        ("last_30_days", "2026-03-01", "2026-01-30", "2026-02-28"),
        ("last_30_days", "2028-03-01", "2028-01-31", "2028-02-29"),
        ("last_90_days", "2026-01-01", "2025-10-03", "2025-12-31"),
        ("this_week", "2026-11-23", "2026-11-23", "2026-11-29"),
        ("this_week", "2026-11-29", "2026-11-23", "2026-11-29"),
        ("previous_week", "2026-11-23", "2026-11-16", "2026-11-22"),
        ("previous_week", "2026-11-22", "2026-11-09", "2026-11-15"),
        ("previous_week", "2027-01-01", "2026-12-21", "2026-12-27"),
        ("this_month", "2026-02-10", "2026-02-01", "2026-02-28"),
        ("this_month", "2028-02-29", "2028-02-01", "2028-02-29"),
        ("this_month", "2026-12-31", "2026-12-01", "2026-12-31"),
        ("previous_month", "2026-03-31", "2026-02-01", "2026-02-28"),
        ("previous_month", "2026-01-15", "2025-12-01", "2025-12-31"),
        ("this_quarter", "2026-03-31", "2026-01-01", "2026-03-31"),
        ("this_quarter", "2026-04-01", "2026-04-01", "2026-06-30"),
        ("this_quarter", "2026-12-31", "2026-10-01", "2026-12-31"),
        ("previous_quarter", "2026-01-01", "2025-10-01", "2025-12-31"),
        ("previous_quarter", "2026-11-23", "2026-07-01", "2026-09-30"),
        ("this_year", "2026-01-01", "2026-01-01", "2026-12-31"),
        ("previous_year", "2026-12-31", "2025-01-01", "2025-12-31"),
        ("all", "2026-11-23", None, None),
    ],
)
def test_a_period_means_these_dates(period, today, start, end):
    assert resolve(Period(period), None, None, date.fromisoformat(today)) == window(start, end)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (None, None),
        ("2026-01-01", None),
        (None, "2026-01-31"),
        ("2026-01-01", "2026-01-31"),
        ("2026-01-01", "2026-01-01"),
    ],
)
def test_dates_pass_through_and_a_missing_one_leaves_that_side_open(start, end):
    wanted = window(start, end)
    assert resolve(None, wanted.start, wanted.end, date(2026, 11, 23)) == wanted


def test_dates_in_the_wrong_order_are_refused():
    with pytest.raises(Invalid) as caught:
        resolve(None, date(2026, 2, 1), date(2026, 1, 1), date(2026, 11, 23))
    assert caught.value.errors[0].pointer == "/filters/endDate"


def test_a_period_together_with_dates_is_refused():
    with pytest.raises(Invalid) as caught:
        resolve(Period.TODAY, date(2026, 2, 1), None, date(2026, 11, 23))
    assert caught.value.errors[0].pointer == "/filters/period"


@pytest.mark.parametrize(
    ("start", "end", "for_people", "for_files"),
    [
        ("2026-11-16", "2026-11-22", "16 Nov 2026 – 22 Nov 2026", "2026-11-16-to-2026-11-22"),
        ("2026-11-01", "2026-11-01", "1 Nov 2026", "2026-11-01"),
        ("2026-05-01", None, "from 1 May 2026", "from-2026-05-01"),
        (None, "2026-12-31", "until 31 Dec 2026", "until-2026-12-31"),
        (None, None, "all data", "all"),
    ],
)
def test_a_window_is_told_in_words_and_in_file_names(start, end, for_people, for_files):
    assert words(window(start, end)) == for_people
    assert slug(window(start, end)) == for_files


@given(st.sampled_from(Period), st.dates(date(1990, 1, 1), date(2100, 12, 31)))
def test_every_period_is_in_order_and_previous_ones_end_where_the_present_ones_begin(period, today):
    resolved = resolve(period, None, None, today)
    assert re.fullmatch(r"[a-z0-9-]+", slug(resolved))
    if resolved.start is None or resolved.end is None:
        assert period is Period.ALL
        return
    assert resolved.start <= resolved.end
    if period.startswith("this_"):
        assert resolved.start <= today <= resolved.end
        previous = resolve(Period(period.replace("this_", "previous_")), None, None, today)
        assert previous.end is not None
        assert (resolved.start - previous.end).days == 1


@pytest.mark.parametrize(
    ("start", "end", "today", "wanted"),
    [
        ("2026-10-27", "2026-11-25", "2026-11-26", ("2026-09-27", "2026-10-26")),
        ("2026-11-16", "2026-11-22", "2026-11-26", ("2026-11-09", "2026-11-15")),
        ("2026-11-25", "2026-11-25", "2026-11-26", ("2026-11-24", "2026-11-24")),
        ("2026-02-01", "2026-02-28", "2026-11-26", ("2026-01-01", "2026-01-31")),
        ("2026-01-01", "2026-03-31", "2026-11-26", ("2025-10-01", "2025-12-31")),
        ("2024-01-01", "2024-12-31", "2026-11-26", ("2023-01-01", "2023-12-31")),
        # It goes on: only as many days as there have been
        ("2026-11-01", "2026-11-30", "2026-11-26", ("2026-10-01", "2026-10-26")),
        ("2026-03-01", "2026-03-31", "2026-03-30", ("2026-02-01", "2026-02-28")),
        ("2026-11-23", "2026-11-29", "2026-11-24", ("2026-11-16", "2026-11-17")),
        # Nothing to compare with
        ("2026-12-01", "2026-12-31", "2026-11-26", None),
        ("0001-01-01", "0001-01-31", "2026-11-26", None),
        ("0001-01-05", "9999-12-30", "2026-11-26", None),
        (None, "2026-11-25", "2026-11-26", None),
        ("2026-11-25", None, "2026-11-26", None),
    ],
)
def test_a_range_is_compared_with_the_one_before_it(
    start: str | None, end: str | None, today: str, wanted: tuple[str, str] | None
) -> None:
    assert before(window(start, end), date.fromisoformat(today)) == (
        window(*wanted) if wanted else None
    )


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (("2026-02-23", "2026-03-01"), ("2026-02-16", "2026-02-22"), True),
        (("2026-03-01", "2026-03-31"), ("2026-02-01", "2026-02-28"), True),
        (("2026-04-01", "2026-06-30"), ("2026-01-01", "2026-03-31"), True),
        (("2024-01-01", "2024-12-31"), ("2023-01-01", "2023-12-31"), True),
        (("2026-03-01", "2026-03-31"), ("2025-12-01", "2026-02-28"), False),
        (("2026-03-02", "2026-03-31"), ("2026-02-01", "2026-02-28"), False),
        (("2026-02-23", "2026-03-01"), ("2026-02-28", "2026-02-28"), False),
        ((None, "2026-03-01"), (None, "2026-02-22"), False),
        ((None, None), (None, None), False),
    ],
)
def test_windows_of_the_same_length_can_be_compared(
    one: tuple[str | None, str | None], other: tuple[str | None, str | None], same: bool
) -> None:
    assert alike(window(*one), window(*other)) is same
    assert alike(window(*other), window(*one)) is same
