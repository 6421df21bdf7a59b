"""One row per period and currency."""

from typing import Any

from sqlalchemy import func, select

from exports_app.db.types import first_of_month, first_of_week
from exports_app.domain.table import Column, day, integer, text
from exports_app.export_types._measures import (
    CAMPAIGNS,
    MEASURES,
    METRICS,
    in_scope,
    in_window,
    leading,
    sums,
)
from exports_app.services.core.export_filters import CampaignFilter, GroupByFilter, Scope
from exports_app.services.core.extension_points import EXPORT_TYPES


@EXPORT_TYPES.decorate
class Aggregate:
    key = "aggregate"
    label = "Totals over time"
    description = (
        "One row per day, week or month and currency, over all campaigns or those you choose."
    )
    filters = (CampaignFilter(), GroupByFilter(("day", "week", "month")))
    leading = leading("period")

    def columns(self) -> tuple[Column, ...]:
        return (
            day("period", "Period"),
            text("currency", "Currency"),
            integer("campaigns", "Campaigns"),
            *MEASURES,
        )

    def select(self, scope: Scope) -> Any:
        date, currency = METRICS.c.date, CAMPAIGNS.c.currency
        period = {"day": date, "week": first_of_week(date), "month": first_of_month(date)}[
            GroupByFilter.of(scope)
        ].label("period")
        campaigns = func.count(METRICS.c.campaign_id.distinct()).label("campaigns")
        query = select(period, currency, campaigns, *sums())
        query = query.join_from(CAMPAIGNS, METRICS, METRICS.c.campaign_id == CAMPAIGNS.c.id)
        return (
            query.where(in_scope(scope), in_window(scope))
            .group_by(period, currency)
            .order_by(period, currency)
        )
