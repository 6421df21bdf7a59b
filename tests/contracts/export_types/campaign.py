"""One row per campaign and day."""

from typing import Any

from exports_app.services.core.export_filters import CampaignFilter, Scope
from tests.contracts.known_data import World, measures

COLUMNS = [
    "campaign_id", "campaign_name", "date", "impressions", "clicks", "conversions", "currency",
    "spend", "revenue", "ctr", "cpc", "cpa", "roas",
]  # fmt: skip
FILTERS = (CampaignFilter(required=True),)


def expected(world: World, scope: Scope) -> list[dict[str, Any]]:
    return [
        {"campaign_id": c.id, "campaign_name": c.name, "date": m.date, "currency": c.currency}
        | measures([m])
        for c, m in world.days_of(scope)
    ]
