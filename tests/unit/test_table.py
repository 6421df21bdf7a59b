"""Scaled integers: ratios rounded half to even, decimal text, and values as people read them."""

from datetime import date
from decimal import ROUND_HALF_EVEN, Context, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exports_app.domain.table import (
    Column,
    Ratio,
    Value,
    completer,
    day,
    decimal_text,
    divide,
    integer,
    money,
    ratio,
    readable,
    stored,
    text,
)

EXACT = Context(prec=200, rounding=ROUND_HALF_EVEN)
NUMBERS = st.integers(-(10**18), 10**18)
COLUMNS = (
    text("name", "Name"),
    ratio("cpc", "CPC", "spend", "clicks"),
    integer("impressions", "Impressions"),
    integer("clicks", "Clicks"),
    ratio("ctr", "CTR", "clicks", "impressions"),
    money("spend", "Spend"),
    money("revenue", "Revenue"),
    ratio("roas", "ROAS", "revenue", "spend"),
    ratio("clicks_per_cost", "Clicks per cost", "clicks", "spend"),
)


def half_even(numerator: int, denominator: int, shift: int) -> int:
    """By decimal.Decimal, with so many digits that what looks like a tie is one."""
    scaled = EXACT.divide(EXACT.scaleb(Decimal(numerator), shift), Decimal(denominator))
    return int(scaled.to_integral_value(ROUND_HALF_EVEN))


@given(NUMBERS, NUMBERS.filter(bool), st.integers(-4, 10))
def test_a_quotient_is_rounded_half_to_even_like_decimal_does(numerator: int, denominator: int, shift: int) -> None:
    assert divide(numerator, denominator, shift) == half_even(numerator, denominator, shift)


@given(st.integers(-(10**12), 10**12), st.integers(1, 10**6), st.booleans())
def test_a_tie_goes_to_the_even_neighbour(whole: int, half: int, negative: bool) -> None:
    # (2 * whole + 1) / 2, written as a fraction with a denominator of either sign
    sign = -1 if negative else 1
    result = divide(sign * (2 * whole + 1) * half, sign * 2 * half, 0)
    assert result in {whole, whole + 1}
    assert result % 2 == 0


@pytest.mark.parametrize(
    ("numerator", "denominator", "shift", "expected"),
    [
        (1, 3, 6, 333333),
        (2, 3, 6, 666667),
        (1, 2, 0, 0),
        (3, 2, 0, 2),
        (5, 2, 0, 2),
        (-1, 2, 0, 0),
        (-3, 2, 0, -2),
        (0, -5, 6, 0),
        (1250, 1, -2, 12),
        (1350, 1, -2, 14),
        (-1350, 1, -2, -14),
    ],
)
def test_quotients_one_can_reckon_by_hand(numerator: int, denominator: int, shift: int, expected: int) -> None:
    assert divide(numerator, denominator, shift) == expected


@given(NUMBERS, st.integers(-4, 10))
def test_nothing_can_be_divided_by_zero(numerator: int, shift: int) -> None:
    assert divide(numerator, 0, shift) is None


def test_a_row_is_completed_with_its_ratios_where_their_columns_stand() -> None:
    complete = completer(COLUMNS)
    # spend 12.50 for 3 clicks of 8 impressions, revenue 100.00
    assert complete(("x", 8, 3, 1250, 10_000)) == ("x", 4_166_667, 8, 3, 375_000, 1250, 10_000, 8_000_000, 240_000)


def test_a_ratio_over_zero_or_over_nothing_is_empty() -> None:
    complete = completer(COLUMNS)
    assert complete(("x", 0, 0, 0, 500)) == ("x", None, 0, 0, None, 0, 500, None, None)
    assert complete((None, None, 3, None, None)) == (None, None, None, 3, None, None, None, None, None)


@given(st.integers(0, 10**12), st.integers(0, 10**12), st.integers(0, 10**13), st.integers(0, 10**13))
def test_ratios_are_those_of_the_decimal_values(impressions: int, clicks: int, spend: int, revenue: int) -> None:
    row = completer(COLUMNS)(("x", impressions, clicks, spend, revenue))
    cells = dict(zip((c.key for c in COLUMNS), row, strict=True))
    values = {c.key: Decimal(cells[c.key]).scaleb(-c.scale, EXACT) for c in stored(COLUMNS) if c.kind != "text"}
    for column in COLUMNS:
        if column.ratio is None:
            continue
        top, bottom = values[column.ratio.numerator], values[column.ratio.denominator]
        expected = None if bottom == 0 else int(EXACT.quantize(EXACT.divide(top, bottom), Decimal("0.000001")).scaleb(6, EXACT))
        assert cells[column.key] == expected


def test_a_row_without_ratios_passes_as_it_is() -> None:
    row = ("x", 1)
    assert completer((text("a", "A"), integer("b", "B")))(row) is row


def test_the_columns_that_a_query_delivers_are_those_that_are_not_computed() -> None:
    assert [c.key for c in stored(COLUMNS)] == ["name", "impressions", "clicks", "spend", "revenue"]
    assert ratio("ctr", "CTR", "clicks", "impressions").ratio == Ratio("clicks", "impressions")


@given(st.integers(-(10**20), 10**20), st.integers(0, 12))
def test_decimal_text_says_the_exact_value_with_all_its_places(value: int, scale: int) -> None:
    written = decimal_text(value, scale)
    assert Decimal(written) == Decimal(value).scaleb(-scale, EXACT)
    assert len(written.partition(".")[2]) == scale
    assert "E" not in written


@pytest.mark.parametrize(
    ("value", "scale", "written"),
    [(-1250, 2, "-12.50"), (5, 2, "0.05"), (-5, 2, "-0.05"), (0, 2, "0.00"), (7, 0, "7"), (-7, 0, "-7"), (1, 6, "0.000001")],
)
def test_decimal_text_one_can_read(value: int, scale: int, written: str) -> None:
    assert decimal_text(value, scale) == written


def test_each_kind_of_column_has_the_scale_of_its_values() -> None:
    columns = (text("a", "A"), integer("b", "B"), money("c", "C"), day("d", "D"), ratio("e", "E", "b", "c"))
    assert [(c.kind, c.scale) for c in columns] == [("text", 0), ("integer", 0), ("decimal", 2), ("date", 0), ("decimal", 6)]


RATIO = ratio("ctr", "CTR", "clicks", "impressions")


@pytest.mark.parametrize(
    ("column", "value", "read"),
    [
        (text("name", "Name"), "=1+1", "=1+1"),
        (day("date", "Date"), date(2026, 3, 4), "2026-03-04"),
        (integer("clicks", "Clicks"), 1234567, "1,234,567"),
        (integer("clicks", "Clicks"), 0, "0"),
        (money("spend", "Spend"), 123456789, "1,234,567.89"),
        (money("spend", "Spend"), -5, "-0.05"),
        (money("spend", "Spend"), -123450, "-1,234.50"),
        (RATIO, 0, "0.00"),
        (RATIO, 21_349, "0.0213"),
        (RATIO, 500_000, "0.5000"),
        (RATIO, 1_005_000, "1.00"),
        (RATIO, 12_345_678, "12.35"),
        (RATIO, 123_456_789_012, "123,456.79"),
        (RATIO, -1_500_000, "-1.50"),
        (RATIO, 49, "<0.0001"),
        (RATIO, -49, ">-0.0001"),
        *((column, None, "") for column in (RATIO, text("name", "Name"), money("spend", "Spend"), day("date", "Date"))),
    ],
)
def test_people_read_values_with_separators_and_sensible_places(column: Column, value: Value, read: str) -> None:
    assert readable(column, value) == read
