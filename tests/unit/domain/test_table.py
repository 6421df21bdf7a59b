"""Scaled integers: ratios rounded half to even, decimal text, and values as people read them."""

from collections.abc import Sequence
from datetime import date
from decimal import ROUND_HALF_EVEN, Context, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exports_app.domain.table import (
    Column,
    Ratio,
    Row,
    Value,
    by_column,
    completer,
    day,
    decimal_text,
    divide,
    integer,
    largest,
    money,
    quotients,
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
def test_a_quotient_is_rounded_half_to_even_like_decimal_does(
    numerator: int, denominator: int, shift: int
) -> None:
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
def test_quotients_one_can_reckon_by_hand(
    numerator: int, denominator: int, shift: int, expected: int
) -> None:
    assert divide(numerator, denominator, shift) == expected


@given(NUMBERS, st.integers(-4, 10))
def test_nothing_can_be_divided_by_zero(numerator: int, shift: int) -> None:
    assert divide(numerator, 0, shift) is None


def completed(columns: Sequence[Column], *rows: Row) -> list[Row]:
    """Rows of the stored columns, completed as one chunk."""
    return list(zip(*completer(columns)(by_column(stored(columns), rows)), strict=True))


def test_a_row_is_completed_with_its_ratios_where_their_columns_stand() -> None:
    # spend 12.50 for 3 clicks of 8 impressions, revenue 100.00
    whole = ("x", 4_166_667, 8, 3, 375_000, 1250, 10_000, 8_000_000, 240_000)
    assert completed(COLUMNS, ("x", 8, 3, 1250, 10_000)) == [whole]


def test_a_ratio_over_zero_or_over_nothing_is_empty() -> None:
    over_zero = ("x", None, 0, 0, None, 0, 500, None, None)
    assert completed(COLUMNS, ("x", 0, 0, 0, 500)) == [over_zero]
    over_nothing = (None, None, None, 3, None, None, None, None, None)
    assert completed(COLUMNS, ("x", 0, 0, 0, 500), (None, None, 3, None, None)) == [
        over_zero,
        over_nothing,
    ]


@given(
    st.integers(0, 10**12), st.integers(0, 10**12), st.integers(0, 10**13), st.integers(0, 10**13)
)
def test_ratios_are_those_of_the_decimal_values(
    impressions: int, clicks: int, spend: int, revenue: int
) -> None:
    (row,) = completed(COLUMNS, ("x", impressions, clicks, spend, revenue))
    cells = dict(zip((c.key for c in COLUMNS), row, strict=True))
    values = {
        c.key: Decimal(cells[c.key]).scaleb(-c.scale, EXACT)
        for c in stored(COLUMNS)
        if c.kind != "text"
    }
    for column in COLUMNS:
        if column.ratio is None:
            continue
        top, bottom = values[column.ratio.numerator], values[column.ratio.denominator]
        expected = (
            None
            if bottom == 0
            else int(
                EXACT.quantize(EXACT.divide(top, bottom), Decimal("0.000001")).scaleb(6, EXACT)
            )
        )
        assert cells[column.key] == expected


@given(
    st.lists(st.tuples(st.integers(0, 2**45), st.integers(0, 2**45)), min_size=1),
    st.integers(-4, 10),
)
def test_quotients_of_whole_columns_are_those_of_each_pair(
    pairs: list[tuple[int, int]], shift: int
) -> None:
    numerators, denominators = zip(*pairs, strict=True)
    both = quotients(numerators, denominators, shift, largest(numerators), largest(denominators))
    assert both == [divide(n, d, shift) for n, d in pairs]


@given(st.integers(0, 2**40), st.integers(1, 2**20), st.integers(-1, 1))
def test_quotients_beside_a_tie_are_rounded_from_the_exact_value(
    whole: int, half: int, beside: int
) -> None:
    denominator = 2 * half
    numerator = whole * denominator + half + beside  # whole and a half, or one step beside it
    assert quotients([numerator], [denominator], 0, numerator, denominator) == [
        divide(numerator, denominator, 0)
    ]


def test_a_chunk_without_ratios_passes_as_it_is() -> None:
    chunk = [("x",), (1,)]
    assert completer((text("a", "A"), integer("b", "B")))(chunk) is chunk


KINDS = (text("a", "A"), day("d", "D"), integer("n", "N"), money("m", "M"))


def test_what_drivers_and_sqlite_give_becomes_of_its_columns_kind() -> None:
    rows = [
        ("x", date(2026, 3, 4), Decimal(7), 12.0),
        (5, "2026-03-05", 8, None),
        (None, None, True, 3),
    ]
    assert by_column(KINDS, rows) == [
        ["x", "5", None],
        ["2026-03-04", "2026-03-05", None],
        [7, 8, 1],
        [12, None, 3],
    ]
    assert by_column(KINDS, [("x", "2026-03-04", 7, 12)]) == [("x",), ("2026-03-04",), (7,), (12,)]


@pytest.mark.parametrize("value", [0.5, "a", Decimal("1.5")])
def test_part_of_a_number_is_no_whole_one(value: object) -> None:
    with pytest.raises(ValueError, match=r"whole|invalid literal"):
        by_column(KINDS, [("x", None, value, 1)])


@pytest.mark.parametrize("row", [("x",), ("x", None, 1, 1, 1)])
def test_rows_have_as_many_values_as_there_are_columns(row: tuple[object, ...]) -> None:
    with pytest.raises(ValueError, match="zip"):
        by_column(KINDS, [row])


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
    [
        (-1250, 2, "-12.50"),
        (5, 2, "0.05"),
        (-5, 2, "-0.05"),
        (0, 2, "0.00"),
        (7, 0, "7"),
        (-7, 0, "-7"),
        (1, 6, "0.000001"),
    ],
)
def test_decimal_text_one_can_read(value: int, scale: int, written: str) -> None:
    assert decimal_text(value, scale) == written


def test_each_kind_of_column_has_the_scale_of_its_values() -> None:
    columns = (
        text("a", "A"),
        integer("b", "B"),
        money("c", "C"),
        day("d", "D"),
        ratio("e", "E", "b", "c"),
    )
    assert [(c.kind, c.scale) for c in columns] == [
        ("text", 0),
        ("integer", 0),
        ("decimal", 2),
        ("date", 0),
        ("decimal", 6),
    ]


RATIO = ratio("ctr", "CTR", "clicks", "impressions")


@pytest.mark.parametrize(
    ("column", "value", "read"),
    [
        (text("name", "Name"), "=1+1", "=1+1"),
        (day("date", "Date"), "2026-03-04", "2026-03-04"),
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
        *(
            (column, None, "")
            for column in (
                RATIO,
                text("name", "Name"),
                money("spend", "Spend"),
                day("date", "Date"),
            )
        ),
    ],
)
def test_people_read_values_with_separators_and_sensible_places(
    column: Column, value: Value, read: str
) -> None:
    assert readable(column, value) == read
