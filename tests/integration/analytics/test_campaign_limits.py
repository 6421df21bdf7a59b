"""Readings that are refused, or take too long."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import func, literal, select

from exports_app.db.repositories.campaigns import CampaignRepository
from exports_app.domain.access import Principal
from exports_app.domain.errors import Invalid
from exports_app.services.analytics.campaigns import (
    CampaignAnalytics,
    CampaignFigures,
    CampaignView,
)
from exports_app.services.core.change_events import Change, Topic
from exports_app.services.core.export_filters import Scope
from exports_app.services.core.extension_points import EXPORT_TYPES
from exports_app.services.core.records import Campaign, Tenant
from exports_app.services.schedules.filters import Filters
from exports_app.wiring import Services
from tests.integration.analytics.campaign_readings import look
from tests.world import registered, uuid_of


@pytest.mark.parametrize(
    ("view", "pointer"),
    [
        (CampaignView(Filters(period="someday")), "/period"),
        (CampaignView(Filters(start_date=date(2026, 3, 2), end_date=date(2026, 3, 1))), "/endDate"),
        (CampaignView(Filters(period="today", start_date=date(2026, 3, 2))), "/period"),
        (CampaignView(Filters(group_by="hour")), "/groupBy"),
        (CampaignView(Filters(campaign_ids=(uuid_of(1),))), "/campaignIds"),
        (CampaignView(sort="budget"), "/sort"),
        (CampaignView(currency="euro"), "/currency"),
        (CampaignView(top=0), "/top"),
        (CampaignView(q="x" * 201), "/q"),
        (CampaignView(q="a\0b"), "/q"),
        (CampaignView(channel="a\0b"), "/channel"),
        (CampaignView(top=101), "/top"),
    ],
)
def test_a_wrong_view_is_refused_by_its_part(
    services: Services, admin: Principal, acme: Tenant, view: CampaignView, pointer: str
) -> None:
    with pytest.raises(Invalid) as refused:
        services.campaign_analytics.read(admin, acme.id, view)
    assert [one.pointer for one in refused.value.errors] == [pointer]


def test_too_much_is_refused_with_the_way_out(
    services: Services,
    admin: Principal,
    acme: Tenant,
    campaigns: dict[str, Campaign],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("exports_app.services.analytics.campaigns.MOST_ROWS", 10)
    with pytest.raises(Invalid, match="group it by longer periods"):
        look(services, admin, acme)
    assert (
        len(
            look(
                services, admin, acme, filters=Filters(period="last_7_days", group_by="month")
            ).points
        )
        == 4
    )


def test_what_is_too_much_is_not_tried_again_until_the_data_changes(
    services: Services,
    admin: Principal,
    acme: Tenant,
    campaigns: dict[str, Campaign],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("exports_app.services.analytics.campaigns.MOST_ROWS", 10)
    tried: list[str] = []
    read = services.campaign_analytics._read

    def counted(tenant: Tenant, *more: Any) -> CampaignFigures:
        tried.append(tenant.id)
        return read(tenant, *more)

    monkeypatch.setattr(services.campaign_analytics, "_read", counted)
    for _ in range(3):
        with pytest.raises(Invalid):
            look(services, admin, acme)
        services.changes.publish(Change(Topic.RUNS, acme.id))
    assert len(tried) == 1
    services.campaigns.update(admin, campaigns["Quiet"].id, {"channel": "video"})
    with pytest.raises(Invalid):
        look(services, admin, acme)
    assert len(tried) == 2


class Endless:
    """An export type, but for its query, which has no end."""

    def __init__(self, of: Any) -> None:
        self._of = of

    def __getattr__(self, name: str) -> Any:
        return getattr(self._of, name)

    def select(self, _: Scope) -> Any:
        numbers = select(literal(1).label("n")).cte(recursive=True)
        numbers = numbers.union_all(select(numbers.c.n + 1))
        return select(*[func.sum(numbers.c.n).label(f"c{i}") for i in range(8)])


def test_a_reading_that_runs_out_of_time_says_so_and_leaves_the_database_usable(
    services: Services, admin: Principal, acme: Tenant, campaigns: dict[str, Campaign]
) -> None:
    impatient = CampaignAnalytics(
        services.store, services.changes, services.clock, "UTC", seconds=0.2
    )
    held = EXPORT_TYPES["aggregate"]
    with (
        registered(EXPORT_TYPES, Endless(held)),
        pytest.raises(Invalid, match="takes too long"),
    ):
        impatient.read(admin, acme.id, CampaignView(Filters(period="last_7_days")))
    assert EXPORT_TYPES["aggregate"] is held
    assert len(look(services, admin, acme).totals) == 2


def test_a_search_for_campaigns_has_the_same_time(
    services: Services,
    admin: Principal,
    acme: Tenant,
    campaigns: dict[str, Campaign],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def slow(campaigns: CampaignRepository, *_: Any) -> tuple[list[Campaign], int]:
        numbers = select(literal(1).label("n")).cte(recursive=True)
        numbers = numbers.union_all(select(numbers.c.n + 1).where(numbers.c.n < 20_000_000))
        campaigns._connection.execute(select(func.sum(numbers.c.n)))
        return [], 0

    impatient = CampaignAnalytics(
        services.store, services.changes, services.clock, "UTC", seconds=0.2
    )
    with monkeypatch.context() as patched:
        patched.setattr(CampaignRepository, "find", slow)
        with pytest.raises(Invalid, match="search takes too long") as refused:
            impatient.read(admin, acme.id, CampaignView(q="spring"))
    assert [error.pointer for error in refused.value.errors] == ["/q"]
    assert look(services, admin, acme, q="spring").top_total == 1


def test_a_new_zone_is_never_answered_with_a_reading_of_the_old_one(
    services: Services,
    admin: Principal,
    acme: Tenant,
    campaigns: dict[str, Campaign],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Though that reading began before the change, and ended after it."""
    get = services.campaign_analytics._readings.get

    def changed_meanwhile(*values: Any) -> CampaignFigures:
        monkeypatch.setattr(services.campaign_analytics._readings, "get", get)
        services.tenants.update(admin, acme.id, {"timezone": "Asia/Tokyo"})
        return get(*values)

    monkeypatch.setattr(services.campaign_analytics._readings, "get", changed_meanwhile)
    assert look(services, admin, acme).timezone == "Europe/Berlin"
    assert look(services, admin, acme).timezone == "Asia/Tokyo"


def test_a_filter_that_too_many_campaigns_match_is_refused(
    services: Services,
    admin: Principal,
    acme: Tenant,
    campaigns: dict[str, Campaign],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("exports_app.services.analytics.campaigns.MOST_CHOSEN", 1)
    channel = campaigns["Spring"].channel
    assert look(services, admin, acme, q="spring").top_total == 1
    with pytest.raises(Invalid, match="more than 1 campaigns match") as refused:
        look(services, admin, acme, q="r")
    assert refused.value.errors[0].pointer == "/q"
    assert look(services, admin, acme, channel=channel, q="no such name").points == ()
