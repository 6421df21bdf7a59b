"""Known campaigns and their days, and the rows that a scope of them should have."""

import random
from collections.abc import Iterable
from dataclasses import astuple
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any

from exports_app.domain.table import Column, Kind, by_column, completer, stored
from exports_app.services.core.export_filters import (
    CampaignFilter,
    GroupByFilter,
    Scope,
    declared,
    resolve_own,
)
from exports_app.services.core.extension_points import ExportType
from exports_app.services.core.records import Campaign, Metric
from exports_app.services.schedules.filters import Filters
from exports_app.wiring import Services
from tests.world import Cast, uuid_of

EXACT = Context(prec=60, rounding=ROUND_HALF_EVEN)
MEASURES = ["impressions", "clicks", "conversions", "spend", "revenue", "ctr", "cpc", "cpa", "roas"]
FIRST, LAST = date(2025, 12, 20), date(2026, 2, 3)
"""All days of the data; a turn of the year and of two months, and weeks that begin in the month
before."""
NAMES = ["Zebra", "apple", "Äpfel", "apple", "Banana", "🚀", "\uffee", "APPLE"]
CURRENCIES = ["EUR", "USD", "EUR", "USD", "JPY", "EUR", "JPY", "EUR"]
MAX_MONEY = 10**13


def known_campaigns(tenant_id: str, base: int) -> list[Campaign]:
    # Ids fall while names repeat, so that an order by id would show
    return [
        Campaign(
            uuid_of(base - i),
            tenant_id,
            name,
            f"channel {i}",
            "active",
            currency,
            100_000 + i if i % 3 else None,
            FIRST if i % 2 else None,
        )
        for i, (name, currency) in enumerate(zip(NAMES, CURRENCIES, strict=True))
    ]


def known_metrics(campaigns: list[Campaign], seed: int) -> list[Metric]:
    """Some days are missing, some parts are zero, the last campaign but one has nothing at all."""
    dice = random.Random(seed)
    made = []
    for i, one in enumerate(campaigns):
        if i == len(campaigns) - 2:
            continue
        for day in days(FIRST, LAST):
            if dice.random() < 0.3:
                continue
            parts = [
                0 if dice.random() < 0.2 else dice.randrange(1, top)
                for top in (10**6, 10**4, 500, 10**6, 10**7)
            ]
            made.append(Metric(one.id, day, *parts))
    # The largest values a day may have; their sums still fit
    return [
        *made,
        Metric(campaigns[0].id, LAST + timedelta(days=1), 10**12, 10**12, 1, MAX_MONEY, MAX_MONEY),
    ]


def days(first: date, last: date) -> Iterable[date]:
    return (first + timedelta(days=n) for n in range((last - first).days + 1))


class World:
    """The known data, and the rows that a scope should have."""

    def __init__(self, services: Services, cast: Cast) -> None:
        self.services, self.tenant_id = services, cast.acme.id
        self.campaigns = known_campaigns(cast.acme.id, 0x500)
        self.metrics = known_metrics(self.campaigns, 1)
        self.foreign = known_campaigns(cast.globex.id, 0x900)
        with services.store.write() as tx:
            tx.campaigns.add(self.campaigns + self.foreign)
            tx.campaigns.upsert_metrics(self.metrics + known_metrics(self.foreign, 2))

    def scope(
        self,
        kind: ExportType,
        start: date | None = None,
        end: date | None = None,
        group_by: str | None = None,
        campaign_ids: tuple[str, ...] = (),
    ) -> Scope:
        """Of the type's own filters: what is given, and all campaigns where it needs some."""
        taken = declared(kind, CampaignFilter)
        if taken and taken.required and not campaign_ids:
            campaign_ids = tuple(one.id for one in self.campaigns)
        own = resolve_own(kind, Filters(campaign_ids=campaign_ids, group_by=group_by))
        return Scope(self.tenant_id, start, end, own)

    def rows(self, kind: ExportType, scope: Scope, chunk: int = 7) -> list[tuple[Any, ...]]:
        """What the type yields, money and ratios as Decimals."""
        columns = kind.columns()
        raw = completed(self.services, kind, scope, chunk)
        return [tuple(_as_value(c, v) for c, v in zip(columns, row, strict=True)) for row in raw]

    def chosen(self, scope: Scope) -> list[Campaign]:
        chosen = CampaignFilter.of(scope)
        mine = [one for one in self.campaigns if not chosen or one.id in chosen]
        return sorted(mine, key=lambda c: (c.name, c.id))

    def days_of(self, scope: Scope) -> list[tuple[Campaign, Metric]]:
        """In the window, in the order of the file."""
        covered = [
            m
            for m in self.metrics
            if (scope.start is None or scope.start <= m.date)
            and (scope.end is None or m.date <= scope.end)
        ]
        return [
            (c, m)
            for c in self.chosen(scope)
            for m in sorted(covered, key=lambda m: m.date)
            if m.campaign_id == c.id
        ]


def money(hundredths: int | None) -> Decimal | None:
    return None if hundredths is None else Decimal(hundredths).scaleb(-2)


def quotient(top: Decimal | int, bottom: Decimal | int) -> Decimal | None:
    if bottom == 0:
        return None
    return EXACT.quantize(EXACT.divide(Decimal(top), Decimal(bottom)), Decimal("0.000001"))


def measures(parts: Iterable[Metric]) -> dict[str, Any]:
    """The sums and their ratios, by column."""
    impressions, clicks, conversions, spent, earned = (
        sum(v) for v in zip(*[(0, 0, 0, 0, 0), *(astuple(m)[2:] for m in parts)], strict=True)
    )
    spend, revenue = Decimal(spent).scaleb(-2), Decimal(earned).scaleb(-2)
    return {
        "impressions": impressions,
        "clicks": clicks,
        "conversions": conversions,
        "spend": spend,
        "revenue": revenue,
        "ctr": quotient(clicks, impressions),
        "cpc": quotient(spend, clicks),
        "cpa": quotient(spend, conversions),
        "roas": quotient(revenue, spend),
    }


def first_day(day: date, group_by: str) -> date:
    return {"day": day, "week": day - timedelta(days=day.weekday()), "month": day.replace(day=1)}[
        group_by
    ]


def groupings(kind: ExportType) -> tuple[str | None, ...]:
    """The values of groupBy that the type takes; None alone where it takes none."""
    grouping = declared(kind, GroupByFilter)
    return grouping.values if grouping else (None,)


def completed(
    services: Services, kind: ExportType, scope: Scope, chunk: int = 10
) -> list[tuple[Any, ...]]:
    """The rows that the type yields, all columns, as a file gets them."""
    columns = kind.columns()
    complete = completer(columns)
    with services.store.rows(kind.select(scope), chunk) as parts:
        whole = [complete(by_column(stored(columns), rows)) for rows in parts]
    return [row for part in whole for row in zip(*part, strict=True)]


def _as_value(column: Column, held: Any) -> Any:
    """Money and ratios as Decimals, days as dates."""
    if held is None:
        return None
    if column.kind is Kind.DECIMAL:
        return Decimal(held).scaleb(-column.scale)
    return date.fromisoformat(held) if column.kind is Kind.DATE else held
