"""Analytics: what the campaigns came to, and how the exports do."""

import csv
import io
import re
from datetime import timedelta
from typing import Any

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from exports_app.services.analytics.campaigns import CampaignView
from exports_app.services.core.records import Campaign
from exports_app.services.schedules.filters import Filters
from tests.e2e.ui.axe import assert_accessible
from tests.e2e.ui.form import Form, at_both_widths, the_one
from tests.e2e.ui.house import GONE, Company, House
from tests.e2e.ui.listed import assert_nothing_overflows
from tests.e2e.ui.visitor import Visits

WEEK = "period=last_7_days"


@pytest.fixture
def company(house: House) -> Company:
    """Its days are those by which the house counts its numbers."""
    return house.company(timezone="UTC")


@pytest.fixture
def campaigns(house: House, company: Company) -> list[Campaign]:
    made = [house.campaign(company, name) for name in ("Spring", "Autumn, all regions & <markets>")]
    return [*made, house.campaign(company, "Überall", currency="USD")]


def card(page: Page, key: str) -> Locator:
    return page.locator(f"#cards [data-key={key}]")


def number(text: str) -> float:
    return float(text.replace(",", ""))


def file_of(house: House, company: Company, **values: Any) -> list[dict[str, str]]:
    """The rows of an export that runs now."""
    made = house.schedule(company, "For comparison", **values)
    run = house.run(company, made["id"])
    path = f"/api/scheduled-exports/{made['id']}/history/{run['id']}/file"
    headers = {
        "Authorization": f"Bearer {house.services.auth.token_for(company.admin.user).access_token}"
    }
    answer = httpx.get(house.url + path, headers=headers, timeout=30)
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.content.decode())))


@at_both_widths
def test_the_page_the_api_and_the_file_agree(
    house: House, company: Company, visits: Visits, campaigns: list[Campaign], width: int
) -> None:
    page = visits.open(f"/analytics?{WEEK}&measure=revenue", who=company.admin, width=width)
    expect(card(page, "spend").locator(".amount")).to_have_count(2)
    assert_nothing_overflows(page)
    page.get_by_text("As a table").click()
    region = page.get_by_role("region", name="Numbers of the chart")
    expect(region.locator("tbody tr")).to_have_count(7)
    assert_nothing_overflows(page)
    assert_accessible(page)

    path = f"/api/tenants/{company.id}/analytics/campaigns"
    api = house.call(company.viewer, "GET", path, params={"period": "last_7_days"})
    by_day = file_of(
        house, company, exportType="aggregate", filters={"period": "last_7_days", "groupBy": "day"}
    )
    by_campaign = file_of(house, company, filters={"period": "last_7_days"})

    for total in api["totals"]:
        currency = total["currency"]
        of_it = [row for row in by_day if row["currency"] == currency]
        for key in ("impressions", "clicks", "conversions", "spend", "revenue"):
            amount = card(page, key).locator(".amount").filter(has_text=currency)
            shown = number(amount.locator("b").inner_text())
            assert (
                shown
                == total[key]
                == pytest.approx(sum(float(row[key]) for row in of_it), abs=0.001)
            )
        roas = (
            card(page, "roas")
            .locator(".amount")
            .filter(has_text=currency)
            .locator("b")
            .inner_text()
        )
        assert (
            number(roas) == round(total["roas"], 2) == round(total["revenue"] / total["spend"], 2)
        )
        shown_points = [
            number(one)
            for one in region.locator(
                f"td:nth-child({2 if currency == 'EUR' else 3})"
            ).all_inner_texts()
        ]
        of_api = [point["revenue"] for point in api["points"] if point["currency"] == currency]
        assert shown_points == of_api == [float(row["revenue"]) for row in of_it]

    rows = {row["campaign_name"]: row for row in by_campaign if row["currency"] == "EUR"}
    assert {one["name"] for one in api["campaigns"]["items"]} == set(rows)
    for one in api["campaigns"]["items"]:
        line = page.locator("#top tbody tr").filter(has_text=one["name"])
        cells = [number(text) for text in line.locator("td").all_inner_texts()]
        assert cells[5:] == [round(one["ctr"], 4), round(one["roas"], 2)]
        assert cells[6] == round(float(rows[one["name"]]["roas"]), 2)
        row = rows[one["name"]]
        assert cells[:5] == [
            one[key] for key in ("impressions", "clicks", "conversions", "spend", "revenue")
        ]
        assert cells[:5] == [
            float(row[key]) for key in ("impressions", "clicks", "conversions", "spend", "revenue")
        ]


def test_the_view_stands_in_the_address(
    company: Company, visits: Visits, campaigns: list[Campaign]
) -> None:
    page = visits.open("/scheduled-exports", who=company.admin)
    expect(page.get_by_role("navigation", name="Pages").get_by_role("link")).to_have_text(
        ["Analytics", "Scheduled Exports"]
    )
    page.get_by_role("link", name="Analytics").click()
    expect(page.get_by_role("heading", name="Over time")).to_be_visible()
    page.locator("#period").select_option("last_90_days")
    page.locator("#group").select_option("month")
    page.locator("#measure").select_option("roas")
    page.locator("#currency").select_option("USD")
    expect(page.locator("#top tbody tr")).to_have_count(1)
    page.get_by_role("button", name="Clicks").click()
    expect(page.locator("#top th[aria-sort=descending]")).to_have_text("Clicks")
    page.get_by_role("button", name="Clicks").click()
    expect(page.locator("#top th[aria-sort=ascending]")).to_have_text("Clicks")
    expect(page).to_have_url(
        re.compile(
            r"/analytics\?period=last_90_days&group=month&measure=roas&sort=clicks&currency=USD$"
        )
    )
    told = page.locator("#intro").inner_text()
    page.reload()
    expect(page.locator("#intro")).to_have_text(told)
    expect(page.locator("#measure")).to_have_value("roas")
    expect(page.locator("#top tbody tr")).to_have_count(1)


@pytest.mark.long
def test_dates_are_chosen_and_a_wrong_range_is_told(
    company: Company, visits: Visits, campaigns: list[Campaign]
) -> None:
    page = visits.open("/analytics", who=company.admin)
    page.locator("#period").select_option("dates")
    page.locator("#start").fill("2026-03-02")
    page.locator("#end").fill("2026-03-01")
    expect(page.get_by_role("alert")).to_have_text("Must not be before the start date")
    page.locator("#end").fill("2026-03-09")
    expect(page.locator("#intro")).to_contain_text(
        "2 Mar 2026 – 9 Mar 2026 · compared with 22 Feb 2026 – 1 Mar 2026"
    )
    expect(page.get_by_role("heading", name="No data in this range")).to_be_visible()
    page.get_by_role("button", name="Show all data").click()
    expect(card(page, "spend").locator(".amount")).to_have_count(2)
    expect(page.locator("#period")).to_have_value("all")


@at_both_widths
def test_the_view_becomes_a_scheduled_export(
    house: House, company: Company, visits: Visits, campaigns: list[Campaign], width: int
) -> None:
    page = visits.open(f"/analytics?{WEEK}&group=week", who=company.admin, width=width)
    page.locator("#export-view").click()
    form = Form.opened(page, "New scheduled export")
    expect(form.field("export_type")).to_have_value("aggregate")
    expect(form.field("period")).to_have_value("last_7_days")
    expect(form.field("group_by")).to_have_value("week")
    expect(page).to_have_url(re.compile("/scheduled-exports$"))
    form.name.fill("From a view")
    form.address("ann@example.com")
    form.save()
    stored = the_one(house, company)
    assert (stored["export_type"], stored["filters"]) == (
        "aggregate",
        {"period": "last_7_days", "groupBy": "week"},
    )
    page.reload()
    expect(page.get_by_text("From a view").first).to_be_visible()
    form.is_closed()

    page.goto("/analytics?period=dates&start=2026-03-01&end=2026-03-09&group=month")
    expect(page.locator("#intro")).to_contain_text("1 Mar 2026")
    page.goto(page.locator("#export-view").get_attribute("href") or "")
    form = Form.opened(page, "New scheduled export")
    expect(form.field("start_date")).to_have_value("2026-03-01")
    expect(form.field("end_date")).to_have_value("2026-03-09")
    form.close()


def test_new_numbers_show_by_themselves(
    house: House, company: Company, visits: Visits, campaigns: list[Campaign]
) -> None:
    page = visits.open(f"/analytics?{WEEK}", who=company.admin)
    expect(card(page, "clicks").locator(".amount b").first).to_have_text("1,400")
    day = house.services.campaign_analytics.read(company.admin.who, company.id, _week()).window.end
    items = [{"date": str(day), "impressions": 1000, "clicks": 700}]
    house.call(
        company.admin, "POST", f"/api/campaigns/{campaigns[0].id}/metrics", json={"items": items}
    )
    expect(card(page, "clicks").locator(".amount b").first).to_have_text("2,000")


def _week() -> CampaignView:
    return CampaignView(Filters(period="last_7_days"))


@at_both_widths
def test_how_the_exports_do_shows_by_itself(
    house: House, company: Company, visits: Visits, width: int
) -> None:
    house.campaign(company, "Spring")
    far = house.services.clock() + timedelta(hours=12)  # none of them may run meanwhile
    crowd = [
        house.schedule(company, f"Crowd {i}", schedule=f"{far:%M} {far:%H} * * *") for i in range(7)
    ]
    page = visits.open("/analytics/exports", who=company.admin, width=width)
    expect(page.locator("#runs")).to_contain_text("No run in the last 30 days")
    expect(page.locator("#hours")).to_contain_text("7 runs, at most 7 in an hour")
    expect(page.locator("#hours")).to_contain_text("and 2 more")
    assert house.run(company, crowd[0]["id"])["status"] == "completed"
    expect(page.locator("#runs")).to_contain_text("1 run in the last 30 days: 1 completed")
    partly = house.schedule(company, "Partly", recipients=["ann@example.com", GONE])
    house.run(company, partly["id"])
    expect(page.locator("#runs")).to_contain_text(
        "2 runs in the last 30 days: 1 completed, 1 partial"
    )
    house.call(
        company.admin, "PUT", f"/api/scheduled-exports/{crowd[1]['id']}", json={"isActive": False}
    )
    expect(page.locator("#paused")).to_contain_text("Crowd 1")
    expect(page.locator("#hours")).to_contain_text("6 runs, at most 6 in an hour")
    expect(page.locator(".chart .recharts-bar-rectangle").first).to_be_visible()
    for fold in page.get_by_text("As a table").all():
        fold.click()
    expect(page.get_by_role("region", name="Runs by day").locator("tbody tr")).to_have_count(30)
    expect(page.get_by_role("region", name="Next 24 hours").locator("tbody tr")).to_have_count(25)
    assert_nothing_overflows(page)
    assert_accessible(page)
    page.get_by_role("link", name="Crowd 1").click()
    expect(page.get_by_role("dialog")).to_contain_text("Crowd 1")


@pytest.mark.long
def test_an_export_whose_owner_left_is_named(
    house: House, company: Company, visits: Visits
) -> None:
    house.schedule(company, "Left behind")
    second = house.person("Second Admin", {company.id: company.admin.who.roles[company.id]})
    page = visits.open("/analytics/exports", who=second)
    expect(page.locator("#without-a-valid-owner")).to_contain_text(
        "Each has an owner who may export"
    )
    path = f"/api/tenants/{company.id}/members/{company.admin.user.id}"
    house.call(second, "PUT", path, json={"role": "viewer"})
    expect(page.locator("#without-a-valid-owner")).to_contain_text("Left behind")
    expect(page.locator("#without-a-valid-owner")).to_contain_text(
        "Ada Admin may not export here any more"
    )


@pytest.mark.long
def test_charts_are_loaded_where_there_are_any(
    house: House, company: Company, visits: Visits, campaigns: list[Campaign]
) -> None:
    page = visits.open("/scheduled-exports", who=company.admin)
    assert _with_charts(page) == []
    page.get_by_role("link", name="Analytics").click()
    expect(page.locator(".chart .recharts-line-curve")).to_have_count(2)
    assert _with_charts(page)


def _with_charts(page: Page) -> list[str]:
    """The scripts that the page has loaded, and that hold charts."""
    loaded = page.evaluate(
        "() => performance.getEntriesByType('resource').map(entry => entry.name)"
        ".filter(name => name.includes('.js'))"
    )
    assert loaded
    return [one for one in loaded if "recharts-" in httpx.get(one, timeout=30).text]


@pytest.mark.parametrize(
    "path", ["/analytics", pytest.param("/analytics/exports", marks=pytest.mark.long)]
)
def test_a_viewer_is_told_whose_page_it_is(
    house: House, company: Company, visits: Visits, campaigns: list[Campaign], path: str
) -> None:
    house.schedule(company, "Spring, paused", isActive=False)
    page = visits.open(path, who=company.viewer)
    expect(page.get_by_role("heading", name="No access to this page")).to_be_visible()
    assert "Spring" not in page.content()


@pytest.mark.long
def test_another_tenant_is_chosen_without_leaving_the_page(
    house: House, company: Company, visits: Visits
) -> None:
    other = house.company("Other")
    house.campaign(other, "Of the other", currency="CHF")
    both = house.person(
        "Bo Both",
        {
            company.id: company.admin.who.roles[company.id],
            other.id: other.admin.who.roles[other.id],
        },
    )
    page = visits.open(f"/analytics?tenant={company.tenant.slug}", who=both)
    expect(page.get_by_role("heading", name="No data in this range")).to_be_visible()
    page.get_by_role("button", name="Tenant:").click()
    page.get_by_role("menuitem", name=other.tenant.name).click()
    expect(page).to_have_url(re.compile(rf"/analytics/?\?tenant={other.tenant.slug}$"))
    expect(card(page, "spend")).to_contain_text("CHF")
