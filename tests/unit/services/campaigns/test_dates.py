"""Days as people's spreadsheets write them."""

from datetime import date

import pytest

from exports_app.services.campaigns.imports.cells import Cell, Wrong
from exports_app.services.campaigns.imports.dates import DateColumn, day

MARCH = date(2026, 3, 4)


def column(*texts: Cell) -> DateColumn:
    made = DateColumn()
    for line, text in enumerate(texts, 2):
        made.see(text, line)
    return made


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-04",
        "2026-3-4",
        "2026/03/04",
        "2026.03.04",
        "04.03.2026",
        "4.3.2026",
        "2026-03-04 00:00:00",
        "2026-03-04T00:00:00Z",
        "04.03.2026 00:00",
        " 2026-03-04\u00a0",
    ],
)
def test_a_day_with_one_reading_needs_no_other(text: str) -> None:
    assert day(text, column(text), 0) == MARCH


def test_the_column_shows_the_order() -> None:
    assert day("03/04/2026", column("03/04/2026", "03/13/2026"), 0) == MARCH
    assert day("04/03/2026", column("13/03/2026"), 0) == MARCH
    assert day("04-03-2026", column("13-03-2026"), 0) == MARCH
    assert column("13/03/2026").described == "dates as day, month, year"
    assert column("03/13/2026").described == "dates as month, day, year"


def test_a_day_that_is_the_same_in_both_orders_needs_none() -> None:
    assert day("05/05/2026", column("05/05/2026"), 0) == date(2026, 5, 5)


@pytest.mark.parametrize(
    ("text", "others", "reason"),
    [
        ("03/04/2026", (), "can be read with the day or the month first"),
        ("03/04/2026", ("13/04/2026", "04/13/2026"), "line 2 has the day first, line 3 the month"),
        ("13/04/2026", ("13/04/2026", "04/13/2026"), "line 2 has the day first"),
        ("04/13/2026", ("13/03/2026",), "must be a date"),
        ("4.3.26", (), "year with four digits"),
        ("1-Mar-26", (), "year with four digits"),
        ("46085", (), "serial number"),
        ("20261", (), "serial number"),
        ("2026", (), "2026 looks like a month or a year"),
        ("202611", (), "202611 looks like a month or a year"),
        ("2026-11", (), "2026-11 looks like a month or a year"),
        ("2026-03-04 10:00", (), "time of day"),
        ("2026-02-30", (), "must be a date (YYYY-MM-DD)"),
        ("30.02.2026", (), "must be a date"),
        ("20260304", (), "must be a date"),
        ("2026-W10-3", (), "must be a date"),
        ("########", (), "too narrow"),
        ("#REF!", (), "spreadsheet error"),
        ("someday", (), "must be a date"),
        ("9" * 10_000, (), "must be a date"),
        (True, (), "must be a date"),
        (Wrong("has a time of day"), (), "has a time of day"),
    ],
)
def test_what_is_no_day_or_more_than_one_is_refused_with_the_reason(
    text: str | Wrong, others: tuple[str, ...], reason: str
) -> None:
    with pytest.raises(ValueError) as refused:
        day(text, column(*others), 0)
    assert reason in str(refused.value)


@pytest.mark.parametrize("known", [MARCH, 46085.0, "2026-03-04", "2026/3/4", "2026-03-04 00:00:00"])
@pytest.mark.parametrize("text", ["13/4/2026", "4-13-2026", "3/4/2026", "5/5/2026 0:00"])
def test_text_beside_dates_that_may_have_been_exchanged_is_refused(known: Cell, text: str) -> None:
    mixed = column("", known, known, text, text)
    with pytest.raises(ValueError, match="line 3 is a date, line 5 is text") as refused:
        day(text, mixed, 0)
    assert "may have exchanged day and month" in str(refused.value)


def test_text_with_points_stands_beside_other_dates() -> None:
    assert day("4.3.2026", column(MARCH, "4.3.2026"), 0) == MARCH


@pytest.mark.parametrize("text", ["", "-", " ", None])
def test_nothing_is_no_day(text: str | None) -> None:
    assert day(text, DateColumn(), 0) is None


def test_serial_numbers_of_a_workbook_count_from_its_own_epoch() -> None:
    assert day(46085.0, DateColumn(), 1900) == MARCH
    assert day(44623.0, DateColumn(), 1904) == MARCH


@pytest.mark.parametrize(
    "number", [46085.5, 0.0, -1.0, 1e10, 20260304.0, 61.0, 32873.0, 73416.0, 2958465.0]
)
def test_a_number_that_is_no_serial_number_is_refused(number: float) -> None:
    with pytest.raises(ValueError, match="must be a date"):
        day(number, DateColumn(), 1900)


@pytest.mark.parametrize("number", [2026.0, 202611.0, 202601.0])
def test_a_number_that_is_a_month_or_a_year_is_no_day(number: float) -> None:
    with pytest.raises(ValueError, match=f"{number:.0f} looks like a month or a year"):
        day(number, DateColumn(), 1900)


def test_serial_numbers_are_days_of_1990_to_2100() -> None:
    assert day(32874.0, DateColumn(), 1900) == date(1990, 1, 1)
    assert day(73415.0, DateColumn(), 1900) == date(2100, 12, 31)
