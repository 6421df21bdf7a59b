"""What the campaigns came to, and what it is compared with."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, literal, select

from exports_app.domain.access import Principal
from exports_app.domain.errors import Invalid, NotFound
from exports_app.domain.timing.period import Window
from exports_app.services.analytics.campaign_totals import MEASURES
from exports_app.services.analytics.campaigns import (
    CampaignAnalytics,
    CampaignFigures,
    CampaignView,
)
from exports_app.services.core.change_events import Change, Topic
from exports_app.services.core.export_filters import Scope
from exports_app.services.core.extension_points import EXPORT_TYPES
from exports_app.services.core.records import Campaign, Metric, Tenant
from exports_app.services.schedules.filters import Filters
from exports_app.wiring import Services
from tests.world import FakeClock, registered, uuid_of

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


def test_sums_are_by_currency_and_ratios_are_of_the_sums(
    services: Services, viewer: Principal, acme: Tenant, campaigns: dict[str, Campaign]
) -> None:
    found = look(services, viewer, acme)
    assert (found.timezone, found.window, found.group_by) == ("Europe/Berlin", WEEK, "day")
    euro, dollar = found.totals
    assert (euro.currency, dollar.currency) == ("EUR", "USD")
    # Spring is the first campaign, autumn the second: 7 days of 1000 i + back
    assert value(euro.values, "impressions") == 7 * 3000 + 2 * 21
    assert value(euro.values, "spend") == 7 * 1234 * 3
    assert value(dollar.values, "spend") == 7 * 1234 * 3
    assert value(dollar.values, "clicks") == 7 * 30 + 21
    roas = Decimal(value(euro.values, "revenue")) / value(euro.values, "spend")
    assert value(euro.values, "roas") == round(roas * 10**6)
    assert [(p.period, p.currency, p.campaigns) for p in found.points[:3]] == [
        ("2026-02-25", "EUR", 2),
        ("2026-02-25", "USD", 1),
        ("2026-02-26", "EUR", 2),
    ]
    assert sum(value(p.values, "spend") for p in found.points if p.currency == "EUR") == value(
        euro.values, "spend"
    )


def test_the_rows_are_those_of_the_export(
    services: Services, admin: Principal, acme: Tenant, campaigns: dict[str, Campaign]
) -> None:
    found = look(services, admin, acme, filters=Filters(period="last_30_days", group_by="week"))
    kind = EXPORT_TYPES["aggregate"]
    assert found.window.start
    assert found.window.end
    with services.store.rows(
        kind.select(Scope(acme.id, found.window.start, found.window.end, {"group_by": "week"})), 100
    ) as chunks:
        rows = [row for chunk in chunks for row in chunk]
    assert [(str(r[0]), r[1], r[2], *r[3:]) for r in rows] == [
        (p.period, p.currency, p.campaigns, *p.values[:5]) for p in found.points
    ]


def test_the_change_is_against_the_days_before(
    services: Services,
    admin: Principal,
    acme: Tenant,
    campaigns: dict[str, Campaign],
    clock: FakeClock,
) -> None:
    spring, first = campaigns["Spring"], WEEK.start
    assert first
    days(services, spring, first - timedelta(days=7), *([(1500, 30, 0, 2000, 0)] * 7))
    services.campaigns.update(
        admin, spring.id, {"channel": "video"}
    )  # what was read is told to be old
    euro, dollar = look(services, admin, acme).totals
    past = 7 * 1500
    assert value(euro.change, "impressions") == round(
        10**4 * (value(euro.values, "impressions") - past) / past
    )
    assert value(euro.change, "spend") == round(10**4 * (25914 - 14000) / 14000)
    assert value(euro.change, "conversions") is None  # there were none
    assert value(euro.change, "roas") is None
    assert set(dollar.change) == {None}
    # A currency that only the days before had
    clock.advance(days=7)
    gone = look(services, admin, acme, currency="EUR")
    assert [
        (one.currency, value(one.values, "impressions"), value(one.change, "spend"))
        for one in gone.totals
    ] == [
        ("EUR", 0, -(10**4)),
        ("USD", 0, -(10**4)),
    ]
    assert value(gone.totals[0].values, "roas") is None
    open_ended = look(services, admin, acme, filters=Filters(period="all", group_by="month"))
    assert open_ended.before is None
    assert all(set(one.change) == {None} for one in open_ended.totals)


def test_the_campaigns_stand_in_the_order_that_is_asked_for(
    services: Services, admin: Principal, acme: Tenant, campaigns: dict[str, Campaign]
) -> None:
    def names(sort: str, **more: Any) -> list[str]:
        return [one.name for one in look(services, admin, acme, sort=sort, **more).top]

    found = look(services, admin, acme)
    assert (found.currency, found.top_total) == ("EUR", 3)
    assert names("-spend") == ["autumn", "Spring", "Quiet"]
    assert names("spend") == ["Quiet", "Spring", "autumn"]
    assert names("name") == ["Quiet", "Spring", "autumn"]
    assert names("-name", top=2) == ["autumn", "Spring"]
    # A ratio is ordered by what it is, and what has none stands last
    rates = {one.name: value(one.values, "ctr") for one in found.top}
    assert rates["Quiet"] is None
    best = sorted((rate, name) for name, rate in rates.items() if rate is not None)
    assert names("-ctr") == [name for _, name in reversed(best)] + ["Quiet"]
    assert names("ctr") == ["Quiet"] + [name for _, name in best]
    assert names("-impressions", currency="USD") == ["Überall"]
    assert names("-impressions", currency="GBP") == []
    dollars = look(services, admin, acme, currency="USD").top[0]
    assert value(dollars.values, "spend") == value(
        look(services, admin, acme).totals[1].values, "spend"
    )


def test_a_tenant_without_data_has_no_figures(
    services: Services, admin: Principal, acme: Tenant
) -> None:
    found = look(services, admin, acme)
    assert (found.totals, found.points, found.top, found.top_total, found.currency) == (
        (),
        (),
        (),
        0,
        "",
    )


def test_a_change_of_the_data_is_seen_at_once(
    services: Services, admin: Principal, acme: Tenant, campaigns: dict[str, Campaign]
) -> None:
    for clicks in range(3):
        services.campaigns.write_metrics(
            admin,
            campaigns["Quiet"].id,
            [Metric(campaigns["Quiet"].id, date(2026, 3, 3), 1, clicks)],
        )
        quiet = next(one for one in look(services, admin, acme).top if one.name == "Quiet")
        assert value(quiet.values, "clicks") == clicks


def test_nobody_sees_the_figures_of_others(
    services: Services, outsider: Principal, acme: Tenant, campaigns: dict[str, Campaign]
) -> None:
    look(services, Principal(uuid_of(9), is_super_admin=True), acme)  # so that a reading is held
    for tenant_id in (acme.id, uuid_of(77), "nonsense"):
        with pytest.raises(NotFound):
            services.campaign_analytics.read(outsider, tenant_id, CampaignView())


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
        pytest.raises(Invalid, match="takes the database too long"),
    ):
        impatient.read(admin, acme.id, CampaignView(Filters(period="last_7_days")))
    assert EXPORT_TYPES["aggregate"] is held
    assert len(look(services, admin, acme).totals) == 2


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


def test_thirty_days_are_compared_with_thirty_even_where_they_are_a_whole_month(
    services: Services, admin: Principal, acme: Tenant, clock: FakeClock
) -> None:
    clock.set(datetime(2026, 5, 1, 10, tzinfo=UTC))
    found = look(services, admin, acme, filters=Filters(period="last_30_days"))
    assert found.before == Window(date(2026, 3, 2), date(2026, 3, 31))
    assert not found.unfinished
    month = look(services, admin, acme, filters=Filters(period="previous_month"))
    assert month.before == Window(date(2026, 3, 1), date(2026, 3, 31))
    today = look(services, admin, acme, filters=Filters(period="today"))
    assert (today.before, today.unfinished) == (Window(date(2026, 4, 30), date(2026, 4, 30)), True)
