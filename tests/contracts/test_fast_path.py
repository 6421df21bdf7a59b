"""Both ways of writing a chunk, all columns at once and value by value, give the same text to the
byte."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exports_app import plugins
from exports_app.domain.table import Chunk, Column, Table, integer, money, ratio
from exports_app.formats import _lines
from exports_app.formats._sheet import Rows
from exports_app.services.core.extension_points import FORMATS
from tests.contracts.tables import COLUMNS, NASTY

plugins.load("exports_app.formats")

TEXT = st.one_of(st.none(), st.sampled_from(NASTY), st.text(st.characters(), max_size=12))
CLEAN = st.sampled_from(("Spring", "100 %", "%s %d", "Sommer ü"))
DAY = st.dates().map(str)
NUMBER = st.one_of(
    st.integers(-(10**6), 10**6),
    st.integers(-(2**70), 2**70),
    st.sampled_from((10**15, -(10**15), 10**15 - 1)),
)
SMALL = st.integers(0, 10**9)


def maybe(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.none(), values)


CLEAN_ROW = st.tuples(CLEAN, CLEAN, DAY, SMALL, SMALL, SMALL)
ODD_ROW = st.tuples(TEXT, TEXT, maybe(DAY), maybe(NUMBER), maybe(NUMBER), maybe(NUMBER))
CHUNK = st.one_of(
    st.lists(CLEAN_ROW, min_size=1, max_size=8),
    st.lists(st.one_of(CLEAN_ROW, ODD_ROW), min_size=1, max_size=8),
).map(lambda rows: list(zip(*rows, strict=True)))

Ways = Callable[[Chunk], tuple[str, str]]


def _sheet() -> Ways:
    rows = Rows(COLUMNS, list(range(1, len(COLUMNS) + 1)))
    return lambda chunk: (rows.text(chunk, 99), rows.plain(chunk, 99))


def _lines_of(key: str) -> Ways:
    lines = FORMATS[key].lines(Table(COLUMNS, iter(())))  # type: ignore[attr-defined]
    return lambda chunk: (lines.text(chunk), lines.plain(chunk))


WAYS: dict[str, Callable[[], Ways]] = {"a sheet": _sheet} | {
    fmt.key: (lambda key=fmt.key: _lines_of(key)) for fmt in FORMATS if hasattr(fmt, "lines")
}


@pytest.mark.parametrize("key", WAYS)
@given(chunks=st.lists(CHUNK, min_size=1, max_size=3))
def test_both_ways_give_the_same_bytes(key: str, chunks: list[Chunk]) -> None:
    ways = WAYS[key]()
    for chunk in chunks:  # the second chunk meets what the first has left in memory
        fast, plain = ways(chunk)
        assert fast == plain


def refuse(value: Any) -> str:
    raise AssertionError(f"{value} is written one by one")


@pytest.mark.parametrize(
    ("column", "values", "digits"),
    [
        (integer("n", "N"), (0, -7, 2**63 - 1), ["0", "-7", str(2**63 - 1)]),
        (money("m", "M"), (0, 5, 1250, 100_000), ["0.00", "0.05", "12.50", "1000.00"]),
        (money("m", "M"), (7,), ["0.07"]),
        (money("m", "M"), (10**17 - 1, 100, 10_000), ["999999999999999.99", "1.00", "100.00"]),
        (
            ratio("r", "R", "a", "b"),
            (333_333, 0, 1_000_000, 10_500_000),
            ["0.333333", "0.000000", "1.000000", "10.500000"],
        ),
    ],
)
def test_numbers_that_are_all_there_are_written_together(
    column: Column, values: tuple[int, ...], digits: list[str]
) -> None:
    """Else the property above would hold for nothing."""
    assert _lines.Writer(_lines.LineField(column, refuse, ("<n>", "</n>"))).texts(values) == [
        f"<n>{one}</n>" for one in digits
    ]


def test_what_is_absent_is_put_in_its_place_afterwards() -> None:
    writer = _lines.Writer(
        _lines.LineField(
            money("m", "M"), lambda value: "-" if value is None else refuse(value), ("<", ">")
        )
    )
    assert writer.texts((None, 5, None, 100)) == ["-", "<0.05>", "-", "<1.00>"]
    assert writer.texts((None,)) == ["-"]


@pytest.mark.parametrize("values", [(1, -1, None), (10**17, 1), (-1, 2)])
def test_numbers_that_do_not_fit_are_written_one_by_one(values: tuple[int | None, ...]) -> None:
    writer = _lines.Writer(_lines.LineField(money("m", "M"), repr))
    assert writer.texts(values) == [repr(value) for value in values]


def test_texts_that_never_come_again_are_not_kept() -> None:
    lines = FORMATS["csv"].lines(Table(COLUMNS, iter(())))  # type: ignore[attr-defined]
    for start in range(0, 10_000, 500):
        names = [f"name {i}" for i in range(start, start + 500)]
        lines.text([names, ["x"] * 500, ["2026-01-01"] * 500, [1] * 500, [1] * 500, [1] * 500])
    assert max(len(writer._memory) for writer in lines._writers) < 10
