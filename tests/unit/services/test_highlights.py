"""What a message leads with, from the sums of its file and of the run before."""

from datetime import date

import pytest

from exports_app import wiring
from exports_app.domain.file_summary import FileSummary
from exports_app.domain.timing.period import Window
from exports_app.services.core.highlights import Highlights
from exports_app.services.runs.highlights import LONGEST, highlights
from exports_app.services.runs.run_summary import EarlierTotals, RunSummary

wiring.load_plugins()
KEYS = ("impressions", "clicks", "conversions", "spend", "revenue")
TOP = ("campaign_name", "impressions", "clicks", "spend", "currency")
WEEK = Window(date(2026, 11, 9), date(2026, 11, 15))
Groups = dict[str, list[int | None]]


def told(groups: Groups, earlier: Groups | None = None, rows: int = 9, **top: object) -> Highlights:
    file = FileSummary(KEYS, groups, TOP, top.get("top", ()))  # type: ignore[arg-type]
    before = EarlierTotals(WEEK, earlier) if earlier is not None else None
    found = highlights("campaigns", RunSummary(file, before), rows)
    assert found is not None
    return found


def lines(found: Highlights) -> list[str]:
    return [" ".join(filter(None, (f.label, f.value, f.unit, f.change))) for f in found.figures]


def test_counts_are_of_all_rows_and_amounts_of_one_currency() -> None:
    groups: Groups = {"EUR": [1000, 30, 3, 150, 250], "USD": [3000, 50, 0, 99, 0]}
    assert lines(told(groups)) == [
        "Impressions 4,000",
        "Clicks 80",
        "CTR 2.00%",
        "Conversions 3",
        "Spend 1.50 EUR",
        "Spend 0.99 USD",
        "Revenue 2.50 EUR",
        "Revenue 0.00 USD",
    ]


def test_the_change_is_that_of_the_sums_never_a_sum_of_changes() -> None:
    found = told({"EUR": [1000, 30, 3, 150, 250]}, {"EUR": [500, 20, 0, 200, 250]})
    assert lines(found) == [
        "Impressions 1,000 +100%",
        "Clicks 30 +50.0%",
        "CTR 3.00% \N{MINUS SIGN}25.0%",
        "Conversions 3",
        "Spend 1.50 EUR \N{MINUS SIGN}25.0%",
        "Revenue 2.50 EUR no change",
    ]
    assert found.compared == "9 Nov 2026 \N{EN DASH} 15 Nov 2026"


def test_a_currency_that_is_new_or_gone_is_compared_with_nothing_or_is_missing() -> None:
    found = told({"EUR": [10, 1, 1, 5, 0]}, {"USD": [10, 1, 1, 7, 0]})
    assert "Spend 0.05 EUR" in lines(found)
    assert not [line for line in lines(found) if "USD" in line]


def test_without_impressions_there_is_no_rate() -> None:
    assert "CTR" not in " ".join(lines(told({"EUR": [0, 0, 0, 0, 0]})))
    assert lines(told({"EUR": [0, 0, 0, 0, 0]}))[0] == "Impressions 0"


def test_of_many_currencies_the_two_with_the_largest_amounts_are_shown() -> None:
    groups: Groups = {name: [n, 1, 1, 50 - n, 5] for n, name in enumerate("ABCDE", 1)}
    found = told(groups)
    assert {f.unit for f in found.figures} == {"", "A", "B"}
    assert found.omitted == 3


def test_where_the_first_amounts_are_equal_the_next_ones_count() -> None:
    groups: Groups = {"A": [9, 1, 1, 5, 1], "B": [1, 1, 1, 5, 3], "C": [1, 1, 1, 5, 2]}
    assert {f.unit for f in told(groups).figures} == {"", "B", "C"}


def test_currencies_of_the_earlier_run_are_not_said_to_be_in_the_file() -> None:
    earlier: Groups = {name: [1, 1, 1, 5, 5] for name in ("EUR", "USD", "GBP", "CHF")}
    assert told({"EUR": [10, 1, 1, 5, 5]}, earlier).omitted == 0


def test_currencies_without_any_amount_are_left_out() -> None:
    found = told({"EUR": [10, 1, 1, 5, 0], "USD": [99, 1, 1, 0, 0]})
    assert {f.unit for f in found.figures} == {"", "EUR"}
    assert found.omitted == 0


def test_amounts_that_cannot_be_told_are_left_out() -> None:
    assert lines(told({"": [10, 1, 1, None, None]}))[-1] == "Conversions 1"


def test_the_top_rows_are_as_people_read_them() -> None:
    rows = [["Spring", 1_234_567, 8, 150, "EUR"], ["x" * 99, 5, 0, None, "USD"]]
    top = told({"EUR": [1, 1, 1, 1, 1]}, rows=1_200, top=rows).top
    assert top is not None
    assert top.title == "Top 2 of 1,200 rows by impressions"
    assert list(top.heads) == ["Campaign", "Impressions", "Clicks", "Spend"]
    assert list(top.numbers) == [False, True, True, True]
    assert top.rows == [
        ["Spring", "1,234,567", "8", "1.50 EUR"],
        ["x" * (LONGEST - 1) + "…", "5", "0", ""],
    ]


@pytest.mark.parametrize(
    ("keys", "rows"),
    [(KEYS, 0), (("a_column_of_an_older_version",), 9)],
    ids=["no rows", "columns"],
)
def test_where_there_is_nothing_to_tell_nothing_is_said(keys: tuple[str, ...], rows: int) -> None:
    file = FileSummary(keys, {"EUR": [1] * len(keys)})
    assert highlights("campaigns", RunSummary(file), rows) is None


def test_days_are_written_out() -> None:
    file = FileSummary(
        KEYS, {"EUR": [1] * 5}, ("period", *TOP[1:]), [["2026-11-09", 3, 2, 1, "EUR"]]
    )
    found = highlights("aggregate", RunSummary(file), 2)
    assert found is not None
    assert found.top is not None
    assert found.top.rows == [["9 Nov 2026", "3", "2", "0.01 EUR"]]
