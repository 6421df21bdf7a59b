"""The page about the campaigns."""

import asyncio
from datetime import date, timedelta
from typing import Any

import pytest

from exports_app.domain.access import Principal
from exports_app.services.core.records import Campaign, Metric, Tenant
from exports_app.ui.pages.analytics.campaigns import selection
from exports_app.ui.pages.analytics.campaigns.selection import AnalyticsView
from exports_app.ui.pages.analytics.campaigns.state import CampaignsState
from exports_app.ui.pages.analytics.exports.state import ExportsState
from exports_app.ui.pages.scheduled_exports.editor import form
from exports_app.wiring import Services
from tests.ui.conftest import SignIn, Tab
from tests.world import make_schedule


def shown(page: CampaignsState, key: str) -> list[tuple[str, str, str]]:
    card = next(one for one in page.cards if one.key == key)
    return [(one.currency, one.value, one.change) for one in card.amounts]


def drawn(page: CampaignsState, at: int) -> tuple[str, dict[str, Any]]:
    """A place of the chart: its label, and its numbers."""
    point = dict(page.data[at])
    point.pop("full")
    return str(point.pop("label")), point


def test_the_figures_of_a_week(
    tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant, campaigns: dict[str, Campaign]
) -> None:
    async def play() -> None:
        await sign_in(admin, acme)
        page = await tab.state(CampaignsState)
        await tab.do(CampaignsState.choose, "period", "last_7_days")
        assert (page.window, page.compared, page.zone) == (
            "25 Feb 2026 – 3 Mar 2026",
            "18 Feb 2026 – 24 Feb 2026",
            "Berlin",
        )
        assert shown(page, "spend") == [("EUR", "259.14", ""), ("USD", "259.14", "")]
        assert shown(page, "impressions") == [("", "42,063", "")]
        assert [(one.key, one.dash) for one in page.lines] == [("EUR", "0"), ("USD", "7 4")]
        assert page.data[0] == {
            "label": "25 Feb",
            "full": "Wed 25 Feb 2026",
            "EUR": 37.02,
            "USD": 37.02,
        }
        assert page.table[-1] == ["3 Mar 2026", "37.02", "37.02"]
        assert page.heads == ["Day", "EUR", "USD"]
        assert [one.name for one in page.rows] == ["autumn", "Spring", "Quiet"]
        assert (page.currency, page.counted) == ("EUR", "3 campaigns")
        await tab.do(CampaignsState.choose, "currency", "USD")
        assert [one.name for one in page.rows] == ["Überall"]
        await tab.do(CampaignsState.choose, "measure", "roas")
        assert page.data[0]["EUR"] == pytest.approx(4.60, abs=0.01)

    asyncio.run(play())


def test_days_without_data_are_a_zero_and_no_ratio(
    services: Services,
    tab: Tab,
    sign_in: SignIn,
    admin: Principal,
    acme: Tenant,
    campaigns: dict[str, Campaign],
) -> None:
    old = date(2026, 2, 20)
    services.campaigns.write_metrics(
        admin, campaigns["Quiet"].id, [Metric(campaigns["Quiet"].id, old, 10, 5, 1, 200, 300)]
    )

    async def play() -> None:
        await sign_in(admin, acme)
        page = await tab.state(CampaignsState)
        await tab.do(CampaignsState.refresh)
        assert len(page.data) == (date(2026, 3, 3) - old).days + 1
        assert drawn(page, 0) == ("20 Feb", {"EUR": 2.0, "USD": 0.0})
        assert drawn(page, 1) == ("21 Feb", {"EUR": 0.0, "USD": 0.0})
        await tab.do(CampaignsState.choose, "measure", "ctr")
        assert drawn(page, 0) == ("20 Feb", {"CTR": 50.0})
        assert drawn(page, 1) == ("21 Feb", {"CTR": None})
        assert page.table[:2] == [["20 Feb 2026", "50.00%"], ["21 Feb 2026", "–"]]
        assert ([line.unit for line in page.lines], page.unit) == (["%"], "%")

    asyncio.run(play())


def test_a_change_is_told_in_per_cent(
    services: Services,
    tab: Tab,
    sign_in: SignIn,
    admin: Principal,
    acme: Tenant,
    campaigns: dict[str, Campaign],
) -> None:
    first = date(2026, 2, 18)
    days = [
        Metric(campaigns["Spring"].id, first + timedelta(days=i), 1000, 100, 0, 7404, 1)
        for i in range(7)
    ]
    services.campaigns.write_metrics(admin, campaigns["Spring"].id, days)

    async def play() -> None:
        await sign_in(admin, acme)
        page = await tab.state(CampaignsState)
        await tab.do(CampaignsState.choose, "period", "last_7_days")
        assert shown(page, "spend")[0] == ("EUR", "259.14", "−50.0%")
        assert shown(page, "impressions")[0][2] == "+501%"
        assert shown(page, "conversions")[0][2] == ""
        spend = next(one for one in page.cards if one.key == "spend").amounts[0]
        assert (spend.way, spend.neutral) == ("down", True)
        await tab.do(CampaignsState.choose, "group", "week")
        assert page.cut == " · first and last week incomplete"
        await tab.do(CampaignsState.choose, "period", "previous_week")
        assert page.cut == ""

    asyncio.run(play())


def test_the_range_before_is_drawn_beside_it(
    services: Services,
    tab: Tab,
    sign_in: SignIn,
    admin: Principal,
    acme: Tenant,
    campaigns: dict[str, Campaign],
) -> None:
    day = Metric(campaigns["Spring"].id, date(2026, 2, 19), 1000, 10, 0, 500, 0)
    services.campaigns.write_metrics(admin, campaigns["Spring"].id, [day])

    async def play() -> None:
        await sign_in(admin, acme)
        page = await tab.state(CampaignsState)
        await tab.do(CampaignsState.choose, "measure", "clicks")
        await tab.do(CampaignsState.choose, "period", "last_7_days")
        assert [(line.key, line.is_before) for line in page.lines] == [
            ("Clicks", False),
            ("Clicks before", True),
        ]
        second = page.data[1]
        assert second["full"] == "Thu 26 Feb 2026, before: Thu 19 Feb 2026"
        assert second["Clicks before"] == 10
        assert page.heads == ["Day", "Clicks", "Clicks before"]
        assert page.table[0][2] == "0"
        assert page.table[1][2] == "10"
        await tab.do(CampaignsState.choose, "measure", "spend")
        assert [line.key for line in page.lines] == ["EUR", "EUR before", "USD", "USD before"]
        assert page.data[1]["EUR before"] == 5.0
        await tab.do(CampaignsState.choose, "period", "all")
        assert [line.key for line in page.lines] == ["EUR", "USD"]

    asyncio.run(play())


def test_a_point_of_the_chart_lists_its_campaigns(
    services: Services,
    tab: Tab,
    sign_in: SignIn,
    admin: Principal,
    acme: Tenant,
    campaigns: dict[str, Campaign],
) -> None:
    day = Metric(campaigns["Quiet"].id, date(2026, 2, 26), 1000, 10, 0, 99_900, 0)
    services.campaigns.write_metrics(admin, campaigns["Quiet"].id, [day])

    async def play() -> None:
        await sign_in(admin, acme)
        page = await tab.state(CampaignsState)
        await tab.do(CampaignsState.choose, "period", "last_7_days")
        total = shown(page, "spend")
        await tab.do(CampaignsState.pick, "26 Feb")
        assert (page.view["on"], page.listed) == ("2026-02-26", "on 26 Feb 2026")
        assert page.rows[0].cells[3] == "999.00"
        its_days = "&period=dates&start_date=2026-02-26&end_date=2026-02-26"
        assert page.export_list_href == f"/scheduled-exports?new=campaigns{its_days}"
        assert shown(page, "spend") == total, "the totals are of the whole range"
        await tab.do(CampaignsState.pick, "26 Feb 2026")  # in the table; the same again
        assert (page.view["on"], page.listed) == ("", "")
        for beside in ("", "nonsense", "31 Feb"):
            await tab.do(CampaignsState.pick, beside)
            assert page.view["on"] == ""
        await tab.do(CampaignsState.choose, "group", "week")
        await tab.do(CampaignsState.pick, "23 Feb")
        assert page.listed == "in the week from 23 Feb 2026"
        await tab.do(CampaignsState.choose, "group", "month")
        assert page.view["on"] == "", "another grouping has other periods"
        await tab.do(CampaignsState.pick, "Mar 2026")
        assert page.listed == "in Mar 2026"
        its_days = "start_date=2026-03-01&end_date=2026-03-03"  # as far as they are in the range
        assert page.export_list_href.endswith(its_days)
        await tab.do(CampaignsState.choose, "on", "")
        assert page.listed == ""

    asyncio.run(play())


def test_figures_are_limited_to_a_channel_and_a_name(
    tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant, campaigns: dict[str, Campaign]
) -> None:
    async def play() -> None:
        await sign_in(admin, acme)
        page = await tab.state(CampaignsState)
        await tab.do(CampaignsState.refresh)
        assert page.channels == sorted({one.channel for one in campaigns.values()})
        await tab.do(CampaignsState.choose, "q", "spring")
        assert [one.name for one in page.rows] == ["Spring"]
        assert (page.currencies, page.filtered) == (["EUR"], True)
        await tab.do(CampaignsState.choose, "channel", campaigns["Quiet"].channel)
        assert (page.currencies, page.rows) == ([], [])
        await tab.do(CampaignsState.clear)
        assert (page.view["q"], page.view["channel"], page.filtered) == ("", "", False)
        await tab.do(CampaignsState.choose, "channel", campaigns["Spring"].channel)
        wanted = [
            one.name for one in campaigns.values() if one.channel == campaigns["Spring"].channel
        ]
        assert {one.name for one in page.rows} <= set(wanted)
        await tab.do(CampaignsState.choose, "q", "x" * 999)
        assert page.view["q"] == ""

    asyncio.run(play())


def test_the_order_turns_round(
    tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant, campaigns: dict[str, Campaign]
) -> None:
    async def play() -> None:
        await sign_in(admin, acme)
        page = await tab.state(CampaignsState)
        for key, wanted in (
            ("spend", "spend"),
            ("spend", "-spend"),
            ("name", "name"),
            ("name", "-name"),
            ("ctr", "-ctr"),
        ):
            await tab.do(CampaignsState.order, key)
            assert page.view["sort"] == wanted
        await tab.do(CampaignsState.order, "nonsense")
        assert page.view["sort"] == "-ctr"

    asyncio.run(play())


def test_what_cannot_be_shown_says_why(
    tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    async def play() -> None:
        await sign_in(admin, acme)
        page = await tab.state(CampaignsState)
        await tab.do(CampaignsState.choose, "period", "dates")
        await tab.do(CampaignsState.choose, "start", "2026-02-30")
        assert page.failed == "Is not a date: use the format 2026-01-31"
        await tab.do(CampaignsState.choose, "start", "2026-02-10")
        await tab.do(CampaignsState.choose, "end", "2026-02-01")
        assert page.failed == "Must not be before the start date"
        await tab.do(CampaignsState.choose, "end", "2026-02-20")
        assert (page.failed, page.window) == ("", "10 Feb 2026 – 20 Feb 2026")
        for name, value in (
            ("period", "someday"),
            ("group", "hour"),
            ("sort", "budget"),
            ("nonsense", "x"),
            ("start", "x" * 999),
        ):
            await tab.do(CampaignsState.choose, name, value)
        assert page.view == vars(
            AnalyticsView(period="dates", start="2026-02-10", end="2026-02-20")
        )

    asyncio.run(play())


def test_the_address_says_what_differs_from_the_plain_page() -> None:
    assert AnalyticsView().address("") == "/analytics"
    changed = AnalyticsView(
        period="dates", start="2026-01-01", group="week", sort="name", q="a", on="2026-01-05"
    )
    address = changed.address("acme")
    assert address == (
        "/analytics?tenant=acme&period=dates&start=2026-01-01&group=week&sort=name&q=a"
        "&on=2026-01-05"
    )
    query = dict(part.split("=") for part in address.partition("?")[2].split("&"))
    assert selection.read(query) == changed
    assert (
        selection.read(
            {"period": "never", "group": "", "sort": "-", "measure": "name", "on": "2026-02-30"}
        )
        == AnalyticsView()
    )


def test_the_view_becomes_the_form_of_a_new_export(
    tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant, campaigns: dict[str, Campaign]
) -> None:
    async def play() -> None:
        await sign_in(admin, acme)
        page = await tab.state(CampaignsState)
        await tab.do(CampaignsState.choose, "group", "week")
        assert (
            page.export_href == "/scheduled-exports?new=aggregate&period=last_30_days&group_by=week"
        )
        assert page.export_list_href == "/scheduled-exports?new=campaigns&period=last_30_days"

    asyncio.run(play())


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ({}, None),
        ({"new": "nonsense", "period": "today"}, None),
        (
            {"new": "aggregate", "period": "today", "group_by": "week"},
            {"export_type": "aggregate", "period": "today", "group_by": "week"},
        ),
        (
            {"new": "campaigns", "period": "someday", "group_by": "hour"},
            {"export_type": "campaigns"},
        ),
        (
            {"new": "campaigns", "name": "x", "schedule": "* * * * *", "is_active": "1"},
            {"export_type": "campaigns"},
        ),
    ],
)
def test_an_address_asks_for_no_more_than_the_data(query: dict[str, str], wanted: Any) -> None:
    assert form.asked(query) == wanted


def test_a_currency_that_the_range_has_none_of_gives_way(
    tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant, campaigns: dict[str, Campaign]
) -> None:
    async def play() -> None:
        await sign_in(admin, acme)
        page = await tab.state(CampaignsState)
        await tab.do(CampaignsState.choose, "currency", "USD")
        assert page.currency == "USD"
        await tab.do(CampaignsState.choose, "currency", "GBP")
        assert (page.currency, page.view["currency"], page.failed) == ("EUR", "", "")
        for nonsense in ("eur", "EURO", "€", "E U"):
            await tab.do(CampaignsState.choose, "currency", nonsense)
            assert (page.view["currency"], page.failed) == ("", "")

    asyncio.run(play())


def test_a_stray_day_far_away_loses_nothing(
    services: Services,
    tab: Tab,
    sign_in: SignIn,
    admin: Principal,
    acme: Tenant,
    campaigns: dict[str, Campaign],
) -> None:
    quiet = campaigns["Quiet"].id
    days = [
        Metric(quiet, date(1990, 1, 1), 1, 1, 1, 100, 100),
        Metric(quiet, date(9999, 12, 31), 1, 1, 1, 200, 200),
    ]
    services.campaigns.write_metrics(admin, quiet, days)

    async def play() -> None:
        await sign_in(admin, acme)
        page = await tab.state(CampaignsState)
        for group in ("day", "week", "month"):
            await tab.do(CampaignsState.choose, "group", group)
            await tab.do(CampaignsState.choose, "period", "all")
            assert page.failed == ""
            assert sum(float(row[1].replace(",", "")) for row in page.table) == pytest.approx(
                259.14 + 3.00
            )
        assert await tab.texts() == []

    asyncio.run(play())


def test_a_refresh_that_finds_nothing_new_sends_nothing(
    services: Services,
    tab: Tab,
    sign_in: SignIn,
    admin: Principal,
    acme: Tenant,
    campaigns: dict[str, Campaign],
) -> None:
    make_schedule(services, admin, schedule="0 * * * *")

    async def play() -> None:
        await sign_in(admin, acme)
        for state in (CampaignsState, ExportsState):
            page = await tab.state(state)
            await tab.do(state.refresh)
            assert page.get_delta()
            page._clean()
            await tab.do(state.refresh)
            assert page.get_delta() == {}

    asyncio.run(play())


def test_no_dates_are_all_data_in_the_form_too(
    tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant, campaigns: dict[str, Campaign]
) -> None:
    async def play() -> None:
        await sign_in(admin, acme)
        page = await tab.state(CampaignsState)
        await tab.do(CampaignsState.choose, "period", "dates")
        assert page.window == "all data"
        assert page.export_href == "/scheduled-exports?new=aggregate&period=all&group_by=day"
        await tab.do(CampaignsState.choose, "end", "2026-03-01")
        assert (
            page.export_href
            == "/scheduled-exports?new=aggregate&period=dates&end_date=2026-03-01&group_by=day"
        )

    asyncio.run(play())
