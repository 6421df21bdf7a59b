"""Totals and top rows, collected chunk by chunk, against a plain computation."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exports_app.domain.file_summary import (
    MOST_GROUPS,
    MOST_TEXT,
    TOP,
    Collector,
    FileSummary,
    SummaryColumns,
    by_default,
)
from exports_app.domain.table import Column, completer, day, integer, money, ratio, text

COLUMNS = (
    text("name", "Name"),
    text("currency", "Currency"),
    integer("views", "Views"),
    integer("clicks", "Clicks"),
    money("spend", "Spend"),
    money("budget", "Budget"),
    ratio("ctr", "CTR", "clicks", "views", percent=True),
    ratio("cpc", "CPC", "spend", "clicks"),
)
LEADING = SummaryColumns(("views", "ctr", "spend"), ("name", "views", "spend"), "views", "currency")
Row = tuple[Any, ...]


def collected(rows: Sequence[Row], size: int = 3, chosen: SummaryColumns = LEADING) -> FileSummary:
    """size: rows of a chunk."""
    collector, complete = Collector(COLUMNS, chosen), completer(COLUMNS)
    for start in range(0, len(rows), size):
        collector.add(complete(list(zip(*rows[start : start + size], strict=True))))
    return collector.summary()


def row(name: str, currency: str | None, views: int | None, clicks: int, spend: int | None) -> Row:
    return name, currency, views, clicks, spend, 500


ROWS = st.lists(
    st.builds(
        row,
        st.sampled_from(["a", "b", "ü"]),
        st.sampled_from(["EUR", "USD", "JPY"]),
        st.none() | st.integers(0, 10**12),
        st.integers(0, 10**9),
        st.none() | st.integers(-(10**12), 10**15),
    ),
    max_size=20,
)


@given(ROWS, st.integers(1, 7))
def test_sums_are_by_currency_and_of_all_rows(rows: list[Row], size: int) -> None:
    found = collected(rows, size)
    assert found.keys == ("views", "clicks", "spend")
    for currency in {of[1] for of in rows}:
        mine = [of for of in rows if of[1] == currency]
        assert list(found.groups[currency]) == [sum(of[at] or 0 for of in mine) for at in (2, 3, 4)]
    assert len(found.groups) == max(1, len({of[1] for of in rows}))


@given(ROWS, st.integers(1, 7))
def test_the_top_rows_are_the_largest_the_first_one_first(rows: list[Row], size: int) -> None:
    most = sorted([of for of in rows if of[2]], key=lambda of: of[2], reverse=True)[:TOP]
    found = collected(rows, size)
    assert found.top_keys == ("name", "views", "spend", "currency")
    assert [tuple(of) for of in found.top] == [(of[0], of[2], of[4], of[1]) for of in most]


@given(ROWS)
def test_what_is_stored_is_read_back(rows: list[Row]) -> None:
    stored = collected(rows).to_json()
    assert FileSummary.from_json(json.loads(json.dumps(stored))).to_json() == stored


def test_without_rows_the_totals_are_zero() -> None:
    assert collected([]) == FileSummary(
        ("views", "clicks", "spend"), {"": [0, 0, 0]}, ("name", "views", "spend", "currency"), []
    )


def test_amounts_in_too_many_currencies_are_not_added_up() -> None:
    rows = [row("a", f"C{n}", 1, 1, 100) for n in range(MOST_GROUPS + 1)]
    assert len(collected(rows[:-1]).groups) == MOST_GROUPS
    assert collected(rows).groups == {"": [MOST_GROUPS + 1, MOST_GROUPS + 1, None]}
    assert collected(rows, size=100).groups == {"": [MOST_GROUPS + 1, MOST_GROUPS + 1, None]}


def test_a_missing_currency_is_a_group_of_its_own() -> None:
    found = collected([row("a", None, 1, 0, 5), row("b", "EUR", 2, 0, 7)])
    assert found.groups == {"": [1, 0, 5], "EUR": [2, 0, 7]}


def test_long_texts_of_top_rows_are_cut() -> None:
    (only,) = collected([row("x" * 300, "EUR", 1, 1, 1)]).top
    assert only[0] == "x" * MOST_TEXT


class TestDefaults:
    def test_are_the_parts_of_ratios_and_shares(self) -> None:
        assert by_default(COLUMNS) == SummaryColumns(
            ("views", "clicks", "spend", "ctr"),
            ("name", "views", "clicks", "spend"),
            "views",
            "currency",
        )

    def test_without_a_currency_no_amount_is_added_up(self) -> None:
        chosen = by_default([c for c in COLUMNS if c.key != "currency"])
        assert chosen == SummaryColumns(
            ("views", "clicks", "ctr"), ("name", "views", "clicks"), "views"
        )

    @pytest.mark.parametrize(
        "columns",
        [
            (text("name", "Name"), money("budget", "Budget"), integer("number", "Number")),
            (day("date", "Date"),),
            (),
        ],
    )
    def test_what_may_not_be_added_up_is_not(self, columns: tuple[Column, ...]) -> None:
        assert by_default(columns) == SummaryColumns()

    def test_a_type_without_measures_has_a_summary_all_the_same(self) -> None:
        assert collected([row("a", "EUR", 1, 1, 1)], chosen=SummaryColumns()).groups == {"": []}
