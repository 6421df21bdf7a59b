"""What an admin sets up once: each with the most clicks that it may take. At these counts both are
done by mouse in less than two minutes, the typing included."""

from playwright.sync_api import expect

from tests.e2e.ui.admin_jobs.clicks import Clicks
from tests.e2e.ui.house import Company
from tests.e2e.ui.visitor import Visits


def test_has_a_program_told_and_files_put_into_a_folder(company: Company, visits: Visits) -> None:
    page = visits.open(who=company.admin)
    clicks = Clicks(page)
    with clicks.job("make a webhook", 4):
        page.get_by_role("link", name="Webhooks").click()
        page.locator("#new").click()
        expect(page.get_by_label("Name", exact=True)).to_be_focused()
        page.keyboard.type("Warehouse")
        page.keyboard.press("Tab")
        page.keyboard.type("https://hooks.example.com/exports")
        page.get_by_role("button", name="Create webhook").click()
        page.get_by_role("button", name="Done").click()
        expect(page.locator("#webhooks")).to_contain_text("hooks.example.com")
    with clicks.job("make a destination in a folder", 7):
        page.locator("#account").click()
        page.get_by_role("menuitem", name="Settings").click()
        page.get_by_role("link", name="Destinations").click()
        page.get_by_role("button", name="New destination").click()
        expect(page.locator("#destination-channel")).to_be_focused()
        page.locator("#destination-channel").select_option(label="Folder")
        expect(page.locator("#config-folder")).to_be_visible()
        page.keyboard.press("Tab")
        page.keyboard.type("Share")
        page.get_by_role("button", name="Save").click()
        expect(page.locator("#destinations")).to_contain_text("Share")
