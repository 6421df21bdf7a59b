"""One row per campaign and day."""

from typing import Any

from sqlalchemy import select

from exports_app.domain.table import Column, day, text
from exports_app.export_types._measures import (
    CAMPAIGNS,
    COUNTS,
    METRICS,
    MONEY,
    RATIOS,
    in_scope,
    in_window,
    leading,
)
from exports_app.services.core.export_filters import CampaignFilter, Scope
from exports_app.services.core.extension_points import EXPORT_TYPES


@EXPORT_TYPES.decorate
class CampaignDays:
    key = "campaign"
    label = "Campaign, day by day"
    description = "One row per day for the campaigns you choose."
    filters = (CampaignFilter(required=True),)
    leading = leading("campaign_name", "date")

    def columns(self) -> tuple[Column, ...]:
        head = (
            text("campaign_id", "Campaign ID"),
            text("campaign_name", "Campaign"),
            day("date", "Date"),
        )
        return (*head, *COUNTS, text("currency", "Currency"), *MONEY, *RATIOS)

    def select(self, scope: Scope) -> Any:
        c, m = CAMPAIGNS.c, METRICS.c
        columns = (
            c.id,
            c.name,
            m.date,
            m.impressions,
            m.clicks,
            m.conversions,
            c.currency,
            m.spend,
            m.revenue,
        )
        query = select(*columns).join_from(CAMPAIGNS, METRICS, m.campaign_id == c.id)
        return query.where(in_scope(scope), in_window(scope)).order_by(c.name, c.id, m.date)
