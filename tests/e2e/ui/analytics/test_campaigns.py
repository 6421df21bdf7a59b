"""What the campaigns came to."""

import csv
import io
import re
from typing import Any

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from exports_app.services.analytics.campaigns import CampaignView
from exports_app.services.core.records import Campaign
from exports_app.services.schedules.filters import Filters
from tests.e2e.ui.axe import assert_accessible
from tests.e2e.ui.form import Form, at_both_widths, the_one
from tests.e2e.ui.house import Company, House
from tests.e2e.ui.listed import assert_nothing_overflows
from tests.e2e.ui.visitor import Visits

WEEK = "period=last_7_days"


def card(page: Page, key: str) -> Locator:
    return page.locator(f"#cards [data-key={key}]")


def number(text: str) -> float:
    return float(text.replace(",", "").rstrip("%"))


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
    region = page.get_by_role("region", name="Figures of the chart")
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
            in_file = pytest.approx(sum(float(row[key]) for row in of_it), abs=0.001)
            assert total[key] == in_file
        for key in ("spend", "revenue"):
            amount = card(page, key).locator(".amount").filter(has_text=currency)
            assert number(amount.locator("b").inner_text()) == total[key]
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

    for key in ("impressions", "clicks", "conversions"):
        expect(card(page, key)).to_contain_text("all currencies")
        assert number(card(page, key).locator("b").inner_text()) == sum(
            total[key] for total in api["totals"]
        )
    rows = {row["campaign_name"]: row for row in by_campaign if row["currency"] == "EUR"}
    assert {one["name"] for one in api["campaigns"]["items"]} == set(rows)
    for one in api["campaigns"]["items"]:
        line = page.locator("#top tbody tr").filter(has_text=one["name"])
        cells = [number(text) for text in line.locator("td").all_inner_texts()]
        assert cells[5:] == [round(one["ctr"] * 100, 2), round(one["roas"], 2)]
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
        ["Analytics", "Scheduled Exports", "Webhooks"]
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
    # What an export cannot be limited to: its buttons stay, and say why they are off
    page.locator("#q").fill(campaigns[0].name)
    why = "Clear the channel and search to export"
    for name in ("Export this view", "Export this list"):
        export = page.get_by_role("button", name=name)
        expect(export).to_be_disabled()
        expect(export).to_have_accessible_description(why)
    page.locator("#q").fill("")
    expect(page.get_by_role("link", name="Export this list")).to_be_visible()


def test_a_point_that_is_pressed_lists_its_campaigns(
    company: Company, visits: Visits, campaigns: list[Campaign]
) -> None:
    page = visits.open(f"/analytics?{WEEK}", who=company.admin)
    heading = page.locator("#top-title")
    expect(heading).to_have_text("Campaigns")
    chart = page.locator(".chart .recharts-wrapper")
    chart.hover()  # in the middle
    expect(page.locator(".recharts-tooltip-wrapper")).to_contain_text("EUR")
    chart.click()
    expect(heading).to_have_text(re.compile(r"Campaigns on \d+ \w+ 20\d\d"))
    expect(page).to_have_url(re.compile(r"[?&]on=20\d\d-\d\d-\d\d"))
    page.get_by_role("button", name="Show whole range").click()
    expect(heading).to_have_text("Campaigns")
    page.get_by_text("As a table").click()
    row = page.get_by_role("region", name="Figures of the chart").get_by_role("button").first
    words = row.inner_text()
    row.click()
    expect(heading).to_have_text(f"Campaigns on {words}")


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
    expect(card(page, "clicks").locator(".amount b")).to_have_text("2,100")
    day = house.services.campaign_analytics.read(company.admin.who, company.id, _week()).window.end
    items = [{"date": str(day), "impressions": 1000, "clicks": 700}]
    house.call(
        company.admin, "POST", f"/api/campaigns/{campaigns[0].id}/metrics", json={"items": items}
    )
    expect(card(page, "clicks").locator(".amount b")).to_have_text("2,700")


def _week() -> CampaignView:
    return CampaignView(Filters(period="last_7_days"))


@pytest.mark.parametrize(
    "path", ["/analytics", pytest.param("/analytics/exports", marks=pytest.mark.long)]
)
def test_a_viewer_sees_the_figures_and_makes_no_export_of_them(
    house: House, company: Company, visits: Visits, campaigns: list[Campaign], path: str
) -> None:
    house.schedule(company, "Spring, paused", isActive=False)
    page = visits.open(path, who=company.viewer)
    expect(page.get_by_text("Spring").first).to_be_visible()
    expect(page.get_by_role("link", name="Export this view")).to_have_count(0)


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
