"""Readings of what the campaigns came to."""

from datetime import date, timedelta
from typing import Any

from exports_app.domain.access import Principal
from exports_app.domain.timing.period import Window
from exports_app.services.analytics.campaign_totals import MEASURES
from exports_app.services.analytics.campaigns import (
    CampaignFigures,
    CampaignView,
)
from exports_app.services.core.records import Campaign, Metric, Tenant
from exports_app.services.schedules.filters import Filters
from exports_app.wiring import Services

WEEK = Window(date(2026, 2, 25), date(2026, 3, 3))
"""The seven days with data; the clock stands at 4 March."""


def look(services: Services, who: Principal, tenant: Tenant, **view: Any) -> CampaignFigures:
    filters = view.pop("filters", Filters(period="last_7_days"))
    return services.campaign_analytics.read(who, tenant.id, CampaignView(filters, **view))


def value(values: tuple[Any, ...], key: str) -> Any:
    return values[MEASURES.index(key)]


def days(services: Services, campaign: Campaign, first: date, *metrics: tuple[int, ...]) -> None:
    made = [
        Metric(campaign.id, first + timedelta(days=i), *numbers)
        for i, numbers in enumerate(metrics)
    ]
    with services.store.write() as tx:
        tx.campaigns.upsert_metrics(made)
