"""The list of all runs in the address bar: filters as steps, and a run's own address."""

import re

from playwright.sync_api import expect

from tests.e2e.ui.house import Company, House
from tests.e2e.ui.visitor import Visits


def test_filters_are_steps_of_the_browser_and_a_run_has_an_address(
    house: House, company: Company, visits: Visits
) -> None:
    numbers = house.schedule(company, "Numbers")
    run = house.run(company, numbers["id"])
    other = house.run(company, house.schedule(company, "Other")["id"])
    page = visits.open(who=company.admin)
    page.get_by_role("link", name="All runs").click()
    rows = page.locator("tr[data-run]")
    expect(rows).to_have_count(2)
    entry = page.get_by_role("navigation").get_by_role("link", name="Scheduled")
    expect(entry).to_have_attribute("aria-current", "page")
    page.locator("#filter-schedule").click()
    page.get_by_role("option", name="Numbers").click()
    expect(rows).to_have_count(1)
    expect(page).to_have_url(f"{house.url}/runs?schedule={numbers['id']}")
    page.locator("#filter-status").select_option("failed")
    expect(page.get_by_role("heading", name="No results")).to_be_visible()
    expect(page).to_have_url(re.compile("status=failed"))
    page.go_back()
    expect(rows).to_have_count(1)
    page.go_back()
    expect(rows).to_have_count(2)
    expect(page).to_have_url(f"{house.url}/runs")
    page.go_forward()
    expect(rows).to_have_count(1)
    rows.get_by_role("button", name="Details").click()
    expect(page.locator("tr.detail")).to_contain_text("ann@example.com")
    expect(page).to_have_url(f"{house.url}/runs?schedule={numbers['id']}&run={run['id']}")
    page.keyboard.press("j")
    page.keyboard.press("r")
    question = page.get_by_role("alertdialog")
    expect(question).to_be_visible()
    page.keyboard.press("Escape")
    expect(question).to_have_count(0)
    expect(rows).to_be_focused()  # again: keys of a row work in it alone
    with page.expect_download():
        page.keyboard.press("d")
    page.goto(f"{house.url}/runs/{other['id']}")
    expect(page.locator("tr.detail")).to_be_visible()
    expect(rows).to_have_attribute("data-run", other["id"])
    page.goto(f"{house.url}/runs/{numbers['id']}")
    expect(page.get_by_role("heading", name="Run not found")).to_be_visible()
