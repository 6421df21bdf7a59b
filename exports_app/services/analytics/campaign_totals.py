"""Sums of campaigns by currency, and their change against the range before."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from exports_app.domain.table import Column, Kind, Value, change_of, completed, stored
from exports_app.services.core.extension_points import EXPORT_TYPES

OVER_TIME = "aggregate"
"""The export type of rows by period."""
BY_CAMPAIGN = "campaigns"
"""The export type of rows by campaign."""
MEASURES = ("impressions", "clicks", "conversions", "spend", "revenue", "ctr", "cpc", "cpa", "roas")


@dataclass(frozen=True)
class Totals:
    """Of one currency. values: in the order of MEASURES, see `domain.table`. change: relative to
    the range before, scaled by 10**CHANGE_SCALE; None without a value to compare with."""

    currency: str
    values: tuple[Value, ...]
    change: tuple[int | None, ...]


@dataclass(frozen=True)
class Point:
    """period: its first day, ISO 8601."""

    period: str
    currency: str
    campaigns: int
    values: tuple[Value, ...]


def measures() -> tuple[Column, ...]:
    """The columns of MEASURES."""
    columns = {column.key: column for column in EXPORT_TYPES[OVER_TIME].columns()}
    return tuple(columns[key] for key in MEASURES)


def totals_by_currency(points: Sequence[Point], earlier: Sequence[Point]) -> list[Totals]:
    """By currency, with currencies of the range before only."""
    now, then = _sums(points), _sums(earlier)
    nothing = _with_ratios([0] * len(_summed()))
    totals = []
    for currency in sorted(now.keys() | then.keys()):
        values, past = now.get(currency, nothing), then.get(currency)
        change = (
            [None] * len(MEASURES)
            if past is None
            else [change_of(a, b) for a, b in zip(values, past, strict=True)]
        )
        totals.append(Totals(currency, values, tuple(change)))
    return totals


def counts() -> frozenset[str]:
    """The measures that may be added up over currencies, and the ratios of such."""
    columns = {column.key: column for column in measures()}
    whole = {key for key, column in columns.items() if column.kind is Kind.INTEGER}
    shares = {
        key
        for key, column in columns.items()
        if column.ratio and {column.ratio.numerator, column.ratio.denominator} <= whole
    }
    return frozenset(whole | shares)


def over_currencies(points: Sequence[Point]) -> list[Point]:
    """One point for each period, in their order. Only what `counts` names means something in it;
    the number of campaigns is a sum, since each has one currency."""
    together: dict[str, list[Point]] = {}
    for point in points:
        together.setdefault(point.period, []).append(replace(point, currency=""))
    return [
        Point(of, "", sum(point.campaigns for point in all_of_it), _sums(all_of_it)[""])
        for of, all_of_it in together.items()
    ]


def _sums(points: Sequence[Point]) -> dict[str, tuple[Value, ...]]:
    sums: dict[str, list[int]] = {}
    places = [MEASURES.index(column.key) for column in _summed()]
    for point in points:
        values = sums.setdefault(point.currency, [0] * len(places))
        for at, place in enumerate(places):
            values[at] += int(point.values[place] or 0)
    return {currency: _with_ratios(values) for currency, values in sums.items()}


def _summed() -> tuple[Column, ...]:
    return stored(measures())


def _with_ratios(sums: Sequence[int]) -> tuple[Value, ...]:
    """All measures, computed from the sums as in an export."""
    (row,) = completed(measures(), [sums])
    return row


def busiest_currency(totals: Sequence[Totals]) -> str:
    at = MEASURES.index("impressions")
    return max(totals, key=lambda total: int(total.values[at] or 0)).currency if totals else ""
