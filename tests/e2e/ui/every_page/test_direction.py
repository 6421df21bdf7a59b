"""The name of a campaign or a scheduled export may turn the direction of text: it turns nothing
but itself."""

import pytest
from playwright.sync_api import Locator, expect

from tests.e2e.ui.form import Form
from tests.e2e.ui.house import Company, House
from tests.e2e.ui.visitor import Visits

NAME = "Spring \u202e2026\u2066 evil"
ISOLATED = """element => {
  for (let node = element; node; node = node.parentElement) {
    const style = getComputedStyle(node);
    if (style.unicodeBidi.startsWith("isolate")) return node.textContent;
    if (style.display !== "inline") return "";
  }
  return "";
}"""
"""The text of the nearest element that keeps the direction of what it holds to itself; none where a
line is shared."""


def assert_isolated(place: Locator, name: str = NAME) -> None:
    expect(place).to_be_visible()
    assert place.evaluate(ISOLATED).strip() == name


@pytest.mark.long
def test_a_name_that_turns_the_direction_turns_only_itself(house: House, visits: Visits) -> None:
    company: Company = house.company(timezone="UTC")
    campaign = house.campaign(company, NAME)
    house.call(company.admin, "PUT", f"/api/campaigns/{campaign.id}", json={"channel": "email"})
    page = visits.open("/analytics?period=last_7_days", who=company.admin)
    assert_isolated(page.get_by_text(NAME, exact=True).last)
    page = visits.open("/settings/audit", who=company.admin)
    assert_isolated(page.get_by_text(NAME, exact=True).last)
    page = visits.open(who=company.admin)
    form = Form.new(page)
    assert_isolated(page.locator(".sample td").get_by_text(NAME, exact=True).last)
    form.field("campaigns").click()
    option = page.get_by_role("option", name="evil")
    assert_isolated(option.get_by_text(NAME, exact=True))
    option.click()
    page.keyboard.press("Escape")
    assert_isolated(page.locator(".tag").get_by_text(NAME, exact=True).last)


@pytest.mark.long
def test_a_name_from_right_to_left_keeps_to_itself(
    house: House, company: Company, visits: Visits
) -> None:
    name = "דוח שבועי (Weekly)"
    made = house.schedule(company, name)
    page = visits.open(f"/scheduled-exports/{made['id']}", who=company.admin)
    assert_isolated(page.get_by_role("heading", name=name).get_by_text(name), name)
    page = visits.open(who=company.admin)
    assert_isolated(page.locator("button.name").get_by_text(name), name)
    form = Form.edit(page, name)
    assert form.name.evaluate("field => getComputedStyle(field).direction") == "rtl"
    form.field("description").fill("x")
    form.save()
    assert_isolated(page.locator("[data-sonner-toast]").get_by_text(name, exact=True), name)
    page.get_by_role("button", name=f"More for {name}").click()
    page.get_by_role("menuitem", name="Delete …").click()
    assert_isolated(page.get_by_role("alertdialog").get_by_text(name, exact=True).first, name)


@pytest.mark.long
def test_names_of_webhooks_and_destinations_keep_to_themselves(
    house: House, company: Company, visits: Visits
) -> None:
    name = "דוח שבועי (Weekly)"
    share, hook = house.destination(company, name), house.webhook(company, name)
    house.schedule(company, name, destinationIds=[share["id"]])
    page = visits.open("/settings/destinations", who=company.admin)
    found = page.locator(".destination")
    assert_isolated(found.locator("b").get_by_text(name), name)
    assert_isolated(found.locator(".num").get_by_text(name, exact=True), name)
    for address in ("/webhooks", f"/webhooks/{hook['id']}"):
        page.goto(address)
        assert_isolated(page.locator("main").get_by_text(name, exact=True).first, name)
    page.goto("/scheduled-exports")
    assert_isolated(page.locator(".c-to").get_by_text(name, exact=True), name)
    page.get_by_role("button", name=f"Run {name} now").click()
    note = page.get_by_role("alertdialog").locator(".ticked").first
    assert_isolated(note.get_by_text(name, exact=True), name)
