"""The campaigns' figures, ready to be read."""

from collections.abc import Sequence
from dataclasses import dataclass

from exports_app.domain import humanize
from exports_app.domain.table import Column, Value, readable
from exports_app.services.analytics.campaign_totals import (
    MEASURES,
    Totals,
    counts,
    over_currencies,
    totals_by_currency,
)
from exports_app.services.analytics.campaigns import CampaignFigures, CampaignTotal
from exports_app.ui.pages.analytics.campaigns.drawing import NONE

CARDS = ("impressions", "clicks", "conversions", "spend", "revenue", "roas")
LISTED = ("impressions", "clicks", "conversions", "spend", "revenue", "ctr", "roas")
NEUTRAL = {"spend", "cpc", "cpa"}
"""An increase is neither good nor bad by itself."""


@dataclass
class Amount:
    """currency: empty for a count. change: in words; way: up, down, same, or empty where there is
    nothing to compare with."""

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
    """Counts are of all currencies together, amounts of each."""
    labels, summed = {column.key: column.label for column in figures.measures}, counts()
    whole = totals_by_currency(over_currencies(figures.points), over_currencies(figures.earlier))
    return [
        Card(
            key,
            labels[key],
            [
                _amount(figures.measures, totals, key)
                for totals in (whole if key in summed else figures.totals)
            ],
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
