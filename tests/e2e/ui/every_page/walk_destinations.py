"""The walk through the destinations: the list, the form, a test, the question before a deletion."""

from playwright.sync_api import Page, expect

from tests.e2e.ui.every_page.walk import Views, asked, cancel
from tests.e2e.ui.house import Company, House


def of_destinations(page: Page, house: House, company: Company) -> Views:
    page.goto("/settings/destinations")
    expect(page.get_by_text("There are no destinations yet.")).to_be_visible()
    yield "no destinations", page
    page.get_by_role("button", name="New destination").click()
    page.locator("#destination-channel").select_option("folder")
    expect(page.locator("#config-folder")).to_be_visible()
    name = page.get_by_label("Name", exact=True)
    page.locator("#config-name").fill("{nonsense}")
    name.fill("Share")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#config-name-error")).to_be_visible()
    yield "a destination's form with errors", page
    page.locator("#config-name").fill("{schedule}.{format}")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Send test to Share").click()
    expect(page.get_by_text("It works.")).to_be_visible()
    listed = house.call(company.admin, "GET", f"/api/destinations?tenantId={company.id}")
    house.schedule(company, "Filed", destinationIds=[listed["items"][0]["id"]])
    expect(page.locator("#destinations")).to_contain_text("“Filed”")
    yield "destinations with a test", page
    page.get_by_role("button", name="Delete Share").click()
    asked(page)
    yield "question: delete a destination", page
    cancel(page)
