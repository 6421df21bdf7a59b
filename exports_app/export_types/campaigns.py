"""One row per campaign with its totals."""

from typing import Any

from sqlalchemy import and_, select

from exports_app.domain.table import Column, day, money, text
from exports_app.export_types._measures import (
    CAMPAIGNS,
    MEASURES,
    METRICS,
    in_scope,
    in_window,
    leading,
    sums,
)
from exports_app.services.core.export_filters import CampaignFilter, Scope
from exports_app.services.core.extension_points import EXPORT_TYPES


@EXPORT_TYPES.decorate
class CampaignTotals:
    key = "campaigns"
    label = "Campaigns, totals"
    description = "One row per campaign with its totals over the window."
    filters = (CampaignFilter(),)
    leading = leading("campaign_name")

    def columns(self) -> tuple[Column, ...]:
        return (
            text("campaign_id", "Campaign ID"),
            text("campaign_name", "Campaign"),
            text("channel", "Channel"),
            text("status", "Status"),
            text("currency", "Currency"),
            money("budget", "Budget"),
            day("start_date", "Start"),
            day("end_date", "End"),
            *MEASURES,
        )

    def data(self, scope: Scope) -> Any:
        query = select(METRICS.c.date).join_from(CAMPAIGNS, METRICS)
        return query.where(in_scope(scope), in_window(scope))

    def select(self, scope: Scope) -> Any:
        c = CAMPAIGNS.c
        own = (c.id, c.name, c.channel, c.status, c.currency, c.budget, c.start_date, c.end_date)
        # The window stands in the join, so that a campaign without metrics in it keeps its row
        days = and_(METRICS.c.campaign_id == c.id, in_window(scope))
        query = select(*own, *sums()).outerjoin_from(CAMPAIGNS, METRICS, days)
        return query.where(in_scope(scope)).group_by(*own).order_by(c.name, c.id)
