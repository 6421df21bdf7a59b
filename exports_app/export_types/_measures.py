"""The columns and sums that the export types share."""

from typing import Any

from sqlalchemy import BigInteger, Table, and_, cast, func

from exports_app.db import models
from exports_app.db.repositories import table
from exports_app.domain.file_summary import SummaryColumns
from exports_app.domain.table import Column, integer, money, ratio
from exports_app.services.core.export_filters import CampaignFilter, Scope

CAMPAIGNS: Table = table(models.CampaignRow)
METRICS: Table = table(models.MetricRow)

COUNTS: tuple[Column, ...] = (
    integer("impressions", "Impressions"),
    integer("clicks", "Clicks"),
    integer("conversions", "Conversions"),
)
MONEY: tuple[Column, ...] = (money("spend", "Spend"), money("revenue", "Revenue"))
RATIOS: tuple[Column, ...] = (
    ratio("ctr", "CTR", "clicks", "impressions", percent=True),
    ratio("cpc", "CPC", "spend", "clicks"),
    ratio("cpa", "CPA", "spend", "conversions"),
    ratio("roas", "ROAS", "revenue", "spend"),
)
MEASURES = COUNTS + MONEY + RATIOS
SUMMED = tuple(c.key for c in COUNTS + MONEY)


def leading(*names: str) -> SummaryColumns:
    """What messages lead with. names: the columns that tell the top rows apart."""
    return SummaryColumns(
        totals=("impressions", "clicks", "ctr", "conversions", "spend", "revenue"),
        top=(*names, "impressions", "clicks", "spend"),
        by="impressions",
        per="currency",
    )


def sums() -> list[Any]:
    """The measures' parts, summed; 0 where there is nothing."""
    # PostgreSQL sums BIGINT to NUMERIC: the cast brings integers back in both databases
    return [
        cast(func.coalesce(func.sum(METRICS.c[key]), 0), BigInteger).label(key) for key in SUMMED
    ]


def in_window(scope: Scope) -> Any:
    """The metrics' days that the scope covers."""
    limits = [METRICS.c.date >= scope.start] if scope.start else []
    if scope.end:
        limits.append(METRICS.c.date <= scope.end)
    return and_(True, *limits)


def in_scope(scope: Scope) -> Any:
    """The campaigns that the scope covers."""
    limits = [CAMPAIGNS.c.tenant_id == scope.tenant_id]
    if campaign_ids := CampaignFilter.of(scope):
        limits.append(CAMPAIGNS.c.id.in_(campaign_ids))
    return and_(*limits)
