"""One row per campaign."""

from typing import Any

from exports_app.services.core.export_filters import CampaignFilter, Scope
from tests.contracts.known_data import MEASURES, World, measures, money

COLUMNS = [
    "campaign_id", "campaign_name", "channel", "status", "currency", "budget", "start_date",
    "end_date", *MEASURES,
]  # fmt: skip
FILTERS = (CampaignFilter(),)


def expected(world: World, scope: Scope) -> list[dict[str, Any]]:
    found = world.days_of(scope)
    return [
        {
            "campaign_id": c.id,
            "campaign_name": c.name,
            "channel": c.channel,
            "status": c.status,
            "currency": c.currency,
        }
        | {"budget": money(c.budget), "start_date": c.start_date, "end_date": c.end_date}
        | measures(m for owner, m in found if owner == c)
        for c in world.chosen(scope)
    ]
