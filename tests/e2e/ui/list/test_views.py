"""Saved views by keyboard."""

import re

from playwright.sync_api import expect

from tests.e2e.ui.house import Company, House
from tests.e2e.ui.listed import names
from tests.e2e.ui.visitor import Visits


def test_a_view_is_saved_and_chosen_by_keyboard(
    house: House, company: Company, visits: Visits
) -> None:
    house.schedule(company, "Active one")
    house.schedule(company, "Paused one", isActive=False)
    page = visits.open("/scheduled-exports?active=no", who=company.admin)
    menu = page.locator("#views")
    menu.focus()
    page.keyboard.press("Enter")
    page.get_by_role("menuitem", name="Save view …").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#view-name")).to_be_focused()
    page.keyboard.type("Asleep")
    page.keyboard.press("Enter")
    expect(menu).to_contain_text("Asleep")
    expect(page).to_have_url(re.compile(r"\?view=[0-9a-f-]{36}$"))
    expect(menu).to_be_focused()

    page.keyboard.press("Enter")
    page.get_by_role("menuitem", name="All", exact=True).focus()
    page.keyboard.press("Enter")
    expect(names(page)).to_have_count(2)
    expect(page).to_have_url(re.compile(r"/scheduled-exports$"))  # the rows may come first
    page.go_back()
    expect(names(page)).to_have_text(["Paused one"])
    expect(menu).to_contain_text("Asleep")
