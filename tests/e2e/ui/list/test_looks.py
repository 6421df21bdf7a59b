"""How the list looks: compact rows, notices, and what buttons without words say."""

from playwright.sync_api import Page, expect

from tests.e2e.ui.house import Company, House
from tests.e2e.ui.listed import row, rows, switch, toast
from tests.e2e.ui.visitor import Visits

COMPACT = 44
"""Pixels of a row."""
UNTITLED = """() => [...document.querySelectorAll("button, a")]
  .filter((one) => one.querySelector("svg") && !one.textContent.trim() && one.checkVisibility())
  .filter((one) => one.title === "" || !one.title.startsWith(one.ariaLabel))
  .map((one) => one.outerHTML.slice(0, 120))"""
"""Buttons with an icon alone whose tooltip is not what they are called."""
CUT = """() => [...document.querySelectorAll(".c-run *")]
  .filter((one) => one.scrollWidth > one.clientWidth && getComputedStyle(one).overflow != "visible")
  .map((one) => one.textContent)"""
"""What of the last runs has no room."""


def heights(page: Page) -> set[float]:
    found: list[float] = rows(page).evaluate_all(
        "(all) => all.map((one) => one.getBoundingClientRect().height)"
    )
    return set(found)


def test_compact_rows_are_of_one_height_show_actions_when_wanted_and_are_remembered(
    house: House, company: Company, visits: Visits
) -> None:
    many = [f"{name}@example.com" for name in ("ann", "bob", "cid")]
    long = house.schedule(
        company, "A long name " * 12, description="More " * 30, recipients=many, tags=["EU", "US"]
    )
    house.schedule(company, "Short", isActive=False)
    page = visits.open(who=company.admin)
    expect(rows(page)).to_have_count(2)
    assert page.evaluate(UNTITLED) == []
    assert max(heights(page)) > COMPACT
    compact = page.get_by_role("button", name="Compact rows")
    compact.click()
    expect(compact).to_have_attribute("aria-pressed", "true")
    assert heights(page) == {COMPACT}
    assert page.evaluate(CUT) == []
    expect(row(page, long).locator(".c-owner bdi")).to_be_visible()
    actions = row(page, long).locator(".c-do > *").first
    page.mouse.move(0, 0)
    expect(actions).to_have_css("opacity", "0")
    row(page, long).get_by_role("button", name="More for").focus()
    expect(actions).to_have_css("opacity", "1")
    page.locator("#search").focus()
    expect(actions).to_have_css("opacity", "0")
    row(page, long).hover()
    expect(actions).to_have_css("opacity", "1")
    page.reload()
    expect(compact).to_have_attribute("aria-pressed", "true")
    assert heights(page) == {COMPACT}


def test_notices_are_at_the_bottom_right_one_at_a_time(
    house: House, company: Company, visits: Visits
) -> None:
    made = [house.schedule(company, name) for name in ("One", "Two")]
    page = visits.open(who=company.admin)
    for schedule in made:
        switch(page, schedule).click()
        expect(toast(page, f"“{schedule['name']}” paused")).to_be_visible()
        expect(page.locator("[data-sonner-toast]")).to_have_count(1)
    note, size = page.locator("[data-sonner-toast]").bounding_box(), page.viewport_size
    assert note
    assert size
    assert 0 < size["width"] - note["x"] - note["width"] < 48
    assert 0 < size["height"] - note["y"] - note["height"] < 48
