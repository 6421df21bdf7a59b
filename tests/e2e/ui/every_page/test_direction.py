"""A campaign's name may hold what turns the direction of text: it turns nothing but itself."""

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


def assert_isolated(place: Locator) -> None:
    expect(place).to_be_visible()
    assert place.evaluate(ISOLATED).strip() == NAME


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
