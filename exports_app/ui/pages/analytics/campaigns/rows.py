"""The campaigns' figures, ready to be read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from exports_app.domain import humanize
from exports_app.domain.table import Column, Value, readable
from exports_app.domain.timing.period import MONTHS
from exports_app.services.analytics.campaign_totals import MEASURES, Totals
from exports_app.services.analytics.campaigns import CampaignFigures, CampaignTotal
from exports_app.ui.components.charts import LABEL
from exports_app.ui.pages.analytics.campaigns.selection import steps

CARDS = ("impressions", "clicks", "conversions", "spend", "revenue", "roas")
LISTED = ("impressions", "clicks", "conversions", "spend", "revenue", "ctr", "roas")
NEUTRAL = {"spend", "cpc", "cpa"}
"""An increase is neither good nor bad by itself."""
NONE = "\N{EN DASH}"
MOST_DRAWN = 800
"""Places on the axis."""


@dataclass
class Amount:
    """change: in words; way: up, down, same, or empty where there is nothing to compare with."""

    currency: str
    value: str
    change: str
    way: str
    neutral: bool


@dataclass
class Card:
    key: str
    label: str
    amounts: list[Amount]


@dataclass
class TopRow:
    id: str
    name: str
    facts: str
    cells: list[str]


def cards(figures: CampaignFigures) -> list[Card]:
    labels = {column.key: column.label for column in figures.measures}
    return [
        Card(
            key, labels[key], [_amount(figures.measures, totals, key) for totals in figures.totals]
        )
        for key in CARDS
    ]


def _amount(measures: Sequence[Column], of: Totals, key: str) -> Amount:
    at = MEASURES.index(key)
    change, way = humanize.change(of.change[at])
    return Amount(
        of.currency, readable(measures[at], of.values[at]) or NONE, change, way, key in NEUTRAL
    )


def top_row(figures: CampaignFigures, campaign: CampaignTotal) -> TopRow:
    values = [_shown(figures.measures, campaign.values, key) for key in LISTED]
    return TopRow(campaign.id, campaign.name, f"{campaign.channel} · {campaign.status}", values)


def _shown(measures: Sequence[Column], values: Sequence[Value], key: str) -> str:
    at = MEASURES.index(key)
    return readable(measures[at], values[at])


@dataclass(frozen=True)
class Drawing:
    """Of one measure: a line for each currency. data: for the chart; rows: for the table, the first
    cell the period."""

    currencies: list[str]
    data: list[dict[str, Any]]
    rows: list[list[str]]


def drawing(figures: CampaignFigures, measure: str) -> Drawing:
    """From the first period with data to the last: where there is none between them, a sum is 0,
    and a ratio is not there. Of a range that is too long to draw only the periods with data."""
    at = MEASURES.index(measure)
    column = figures.measures[at]
    values = {(point.period, point.currency): point.values[at] for point in figures.points}
    currencies = sorted({point.currency for point in figures.points})
    if not figures.points:
        return Drawing([], [], [])
    days = sorted({date.fromisoformat(point.period) for point in figures.points})
    places = steps(days[0], days[-1], figures.group_by, MOST_DRAWN + 1)
    if len(places) > MOST_DRAWN:
        places = days  # a stray day far away: what is there, and nothing between
    absent: Value = 0 if column.ratio is None else None
    data, rows = [], []
    for place in places:
        of = [values.get((place.isoformat(), currency), absent) for currency in currencies]
        numbers = {c: _number(column, value) for c, value in zip(currencies, of, strict=True)}
        data.append(
            {LABEL: _label(place, figures.group_by, days[0].year != days[-1].year)} | numbers
        )
        rows.append(
            [
                _label(place, figures.group_by, with_year=True),
                *(readable(column, value) or NONE for value in of),
            ]
        )
    return Drawing(currencies, data, rows)


def cut(figures: CampaignFigures) -> str:
    """Where the range begins or ends within a period: a point for a part of it looks like a
    fall."""
    window, group = figures.window, figures.group_by
    if group == "day" or not figures.points:
        return ""
    first = date.fromisoformat(min(point.period for point in figures.points))
    after = steps(
        date.fromisoformat(max(point.period for point in figures.points)), date.max, group, most=2
    )[-1]
    early = window.start is not None and first < window.start
    late = window.end is not None and window.end < after - timedelta(days=1)
    which = "first and last" if early and late else "first" if early else "last" if late else ""
    return f" \N{MIDDLE DOT} {which} {group} incomplete" if which else ""


def _number(column: Column, value: Value) -> float | None:
    return value / 10**column.scale if isinstance(value, int) else None


def _label(day: date, group: str, with_year: bool) -> str:
    if group == "month":
        return f"{MONTHS[day.month - 1]} {day.year}"
    return f"{day.day} {MONTHS[day.month - 1]}{f' {day.year}' if with_year else ''}"
