"""*Copy as YAML*, from a scheduled export's menu and from its history, which it covers."""

from playwright.sync_api import expect

from tests.e2e.ui.axe import assert_accessible
from tests.e2e.ui.house import Company, House
from tests.e2e.ui.visitor import Visits


def test_the_yaml_is_shown_and_copied(house: House, company: Company, visits: Visits) -> None:
    house.schedule(company, "Weekly numbers", recipients=["ann@example.com"])
    page = visits.open(who=company.admin)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="More for Weekly numbers").click()
    page.get_by_role("menuitem", name="Copy as YAML").click()
    dialog = page.get_by_role("dialog", name="Weekly numbers as YAML")
    expect(dialog.locator("#yaml-text")).to_contain_text("- slug: weekly-numbers")
    assert_accessible(page)
    expect(dialog.get_by_role("button", name="Copy")).to_be_focused()
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("button", name="Copied")).to_be_visible()
    assert "slug: weekly-numbers" in page.evaluate("navigator.clipboard.readText()")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)

    page.get_by_role("button", name="History of Weekly numbers", exact=True).click()
    history = page.get_by_role("dialog", name="Weekly numbers", exact=True)
    history.get_by_role("button", name="Copy as YAML").click()
    expect(dialog).to_be_visible()
    expect(history).to_have_count(0)
    dialog.get_by_role("button", name="Close the YAML").click()
    expect(history).to_be_visible()
