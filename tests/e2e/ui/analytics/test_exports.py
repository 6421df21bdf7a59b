"""How the exports do."""

from datetime import timedelta

import httpx
import pytest
from playwright.sync_api import Page, expect

from exports_app.services.core.records import Campaign
from tests.e2e.ui.axe import assert_accessible
from tests.e2e.ui.form import at_both_widths
from tests.e2e.ui.house import GONE, Company, House
from tests.e2e.ui.listed import assert_nothing_overflows, names
from tests.e2e.ui.visitor import Visits


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
    expect(page.locator("#runs")).to_contain_text("No runs in the last 30 days")
    expect(page.locator("#hours")).to_contain_text("7 runs, up to 7 in an hour")
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
    expect(page.locator("#hours")).to_contain_text("6 runs, up to 6 in an hour")
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
        "All scheduled exports have a valid owner"
    )
    path = f"/api/tenants/{company.id}/members/{company.admin.user.id}"
    house.call(second, "PUT", path, json={"role": "viewer"})
    expect(page.locator("#without-a-valid-owner")).to_contain_text("Left behind")
    expect(page.locator("#without-a-valid-owner")).to_contain_text(
        "Ada Admin can no longer export here"
    )
    page.locator("#without-a-valid-owner").get_by_role("link", name="Show all").click()
    expect(page.get_by_role("combobox", name="Owner")).to_have_value("none")
    expect(names(page)).to_have_text(["Left behind"])


@pytest.mark.long
def test_charts_are_loaded_where_there_are_any(
    house: House, company: Company, visits: Visits, campaigns: list[Campaign]
) -> None:
    page = visits.open("/scheduled-exports", who=company.admin)
    assert _with_charts(page) == []
    page.get_by_role("link", name="Analytics").click()
    expect(page.locator(".chart .recharts-line-curve").first).to_be_visible()
    assert _with_charts(page)


def _with_charts(page: Page) -> list[str]:
    """The scripts that the page has loaded, and that hold charts."""
    loaded = page.evaluate(
        "() => performance.getEntriesByType('resource').map(entry => entry.name)"
        ".filter(name => name.includes('.js'))"
    )
    assert loaded
    return [one for one in loaded if "recharts-" in httpx.get(one, timeout=30).text]
