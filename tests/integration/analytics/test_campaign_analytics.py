"""What the campaigns came to, and what it is compared with."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from exports_app.domain.access import Principal
from exports_app.domain.errors import NotFound
from exports_app.domain.timing.period import Window
from exports_app.services.analytics.campaigns import (
    CampaignView,
)
from exports_app.services.core.export_filters import Scope
from exports_app.services.core.extension_points import EXPORT_TYPES
from exports_app.services.core.records import Campaign, Metric, Tenant
from exports_app.services.schedules.filters import Filters
from exports_app.wiring import Services
from tests.doubles import FakeClock
from tests.integration.analytics.campaign_readings import WEEK, days, look, value
from tests.world import uuid_of


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
        (total.currency, value(total.values, "impressions"), value(total.change, "spend"))
        for total in gone.totals
    ] == [
        ("EUR", 0, -(10**4)),
        ("USD", 0, -(10**4)),
    ]
    assert value(gone.totals[0].values, "roas") is None
    open_ended = look(services, admin, acme, filters=Filters(period="all", group_by="month"))
    assert open_ended.before is None
    assert all(set(total.change) == {None} for total in open_ended.totals)


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
