"""One row per period and currency."""

from collections import defaultdict
from datetime import date
from typing import Any

from exports_app.services.core.export_filters import CampaignFilter, GroupByFilter, Scope
from exports_app.services.core.records import Metric
from tests.contracts.known_data import MEASURES, World, first_day, measures

COLUMNS = ["period", "currency", "campaigns", *MEASURES]
FILTERS = (CampaignFilter(), GroupByFilter(("day", "week", "month")))


def expected(world: World, scope: Scope) -> list[dict[str, Any]]:
    groups: dict[tuple[date, str], list[Metric]] = defaultdict(list)
    for campaign, metric in world.days_of(scope):
        groups[first_day(metric.date, GroupByFilter.of(scope)), campaign.currency].append(metric)
    return [
        {"period": period, "currency": currency, "campaigns": len({m.campaign_id for m in found})}
        | measures(found)
        for (period, currency), found in sorted(groups.items(), key=lambda item: item[0])
    ]
