"""The list by keyboard and by the browser's Back."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.ui.form import at_both_widths
from tests.e2e.ui.house import Company, House
from tests.e2e.ui.list.viewing import address_names
from tests.e2e.ui.listed import LISTED, names, row, rows, takes_keys
from tests.e2e.ui.visitor import Visits

MANY = 27
HEAD_BELOW_BAR = """() => {
  const at = (what) => document.querySelector(what).getBoundingClientRect();
  const [bar, head] = [at(".bulk"), at("th.c-name")];
  return bar.top >= 56 && head.top >= bar.bottom - 1 && head.bottom < innerHeight;
}"""
"""Both stick to the window's top, the columns' names below the bar of actions."""


@pytest.fixture
def many(house: House, company: Company) -> list[dict[str, Any]]:
    return [house.schedule(company, f"Report {i:02}") for i in range(MANY)]


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.dataset.id ?? document.activeElement.id"))


def test_rows_are_walked_selected_and_opened_by_keys(
    house: House, company: Company, visits: Visits, many: list[dict[str, Any]]
) -> None:
    page = visits.open(f"{LISTED}?sort=name", who=company.admin)
    ids = [one["id"] for one in many]
    for _ in range(3):
        page.keyboard.press("j")
    page.keyboard.press("k")
    assert focused(page) == ids[1]
    page.keyboard.press("x")
    bar = page.get_by_role("toolbar", name="Selected scheduled exports")
    expect(bar).to_contain_text("1 selected")
    for _ in range(3):
        page.keyboard.press("j")
    page.keyboard.press("Shift+X")
    expect(bar).to_contain_text("4 selected")
    row(page, many[0]).get_by_role("checkbox").click(modifiers=["Shift"])
    expect(bar).to_contain_text("5 selected")
    page.get_by_role("checkbox", name="Select all on this page").click()
    bar.get_by_role("button", name=f"Select all {MANY}").click()
    expect(bar).to_contain_text(f"{MANY} selected")
    # The last row's actions and the columns' names are both in sight
    rows(page).last.scroll_into_view_if_needed()
    expect(bar).to_be_in_viewport()
    expect(page.get_by_role("columnheader", name="Name")).to_be_in_viewport()
    for width in (820, 1280):  # the bar takes two lines, and one
        page.set_viewport_size({"width": width, "height": 800})
        page.wait_for_function(HEAD_BELOW_BAR)
    page.get_by_role("button", name="Next page").click()
    expect(rows(page)).to_have_count(2)
    expect(page.locator("#list-top")).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    history = page.get_by_role("dialog", name="Report 25")
    expect(history).to_be_visible()
    page.keyboard.press("x")
    takes_keys(history)
    page.keyboard.press("Escape")
    expect(history).to_have_count(0)
    expect(row(page, many[25])).to_be_focused()
    expect(bar).to_contain_text(f"{MANY} selected")
    page.keyboard.press("e")
    expect(page.get_by_role("dialog", name="Edit scheduled export")).to_be_visible()


def test_the_palette_finds_schedules_pages_and_commands(
    company: Company, visits: Visits, many: list[dict[str, Any]]
) -> None:
    page = visits.open(who=company.admin)
    asked = list[str]()
    page.on("request", lambda request: asked.append(request.url))
    names(page).first.focus()
    page.keyboard.press("Control+k")
    box = page.get_by_role("combobox", name="Search or run a command")
    expect(box).to_be_focused()
    assert any("palette" in url for url in asked), "its code is loaded when it is wanted"
    box.press_sequentially("12 report")
    option = page.get_by_role("option", name="Report 12")
    expect(option).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Escape")
    expect(box).to_have_count(0)
    expect(names(page).first).to_be_focused()
    page.get_by_role("button", name="Search and commands").click()
    box.press_sequentially("12 report")
    expect(option).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Report 12")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("Control+k")
    box.press_sequentially("12 report")
    expect(option).to_be_visible()
    page.keyboard.press("ArrowRight")
    actions = page.get_by_role("combobox", name="Actions for Report 12")
    expect(actions).to_be_focused()
    expect(page.locator("#palette-list > li")).to_have_text(
        ["History", "Run now …", "Edit", "Pause"]
    )
    page.keyboard.press("Escape")
    expect(box).to_have_value("12 report")
    page.keyboard.press("ArrowRight")
    actions.press_sequentially("now")
    page.keyboard.press("Enter")
    question = page.get_by_role("alertdialog")
    expect(question).to_contain_text("Report 12")
    page.keyboard.press("Escape")
    expect(question).to_have_count(0)
    page.keyboard.press("Control+k")
    box.press_sequentially("aud")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/settings/audit"))
    expect(box).to_have_count(0)  # until then it takes the keys
    expect(page.get_by_role("heading", name="Settings")).to_be_visible()
    page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="Keyboard shortcuts")
    keys.get_by_label("Single-key shortcuts").uncheck()
    keys.get_by_role("button", name="Close").click()
    page.keyboard.press("?")
    expect(keys).to_have_count(0)


@at_both_widths
def test_back_steps_through_the_views_and_closes_what_is_open(
    house: House, company: Company, visits: Visits, many: list[dict[str, Any]], width: int
) -> None:
    page = visits.open(who=company.admin, width=width)
    page.get_by_role("button", name="Next page").click()
    expect(rows(page)).to_have_count(2)
    page.get_by_label("Search scheduled exports").press_sequentially("report 1")
    expect(rows(page)).to_have_count(12)
    expect(page.locator("#found")).to_have_text("12 results")
    address_names(page, {"q": "report 1"})
    row(page, many[12]).locator(".status").click()
    history = page.get_by_role("dialog", name="Report 12")
    expect(history).to_be_visible()
    page.wait_for_url(re.compile(f"{many[12]['id']}"), wait_until="commit")
    page.go_back()
    expect(history).to_have_count(0)
    expect(rows(page)).to_have_count(12)
    page.go_back()
    expect(page.get_by_label("Search scheduled exports")).to_have_value("")
    expect(rows(page)).to_have_count(2)
    page.go_back()
    expect(rows(page)).to_have_count(25)
    page.go_forward()
    expect(rows(page)).to_have_count(2)
    # Of a question Back closes the question, and the view stays
    row(page, many[0]).get_by_role("button", name="Run Report 00 now").click()
    asked = page.get_by_role("alertdialog")
    expect(asked).to_be_visible()
    page.go_back()
    expect(asked).to_have_count(0)
    expect(rows(page)).to_have_count(2)
    # A form that has changes asks first, and Back asks again
    row(page, many[0]).locator("button.name").click()
    form = page.get_by_role("dialog", name="Edit scheduled export")
    form.get_by_label("Name", exact=True).fill("Changed")
    page.go_back()
    question = page.get_by_role("alertdialog", name="Discard your changes?")
    question.get_by_role("button", name="Keep editing").click()
    expect(form.get_by_label("Name", exact=True)).to_have_value("Changed")
    page.go_back()
    question.get_by_role("button", name="Discard changes").click()
    expect(form).to_have_count(0)
    expect(rows(page)).to_have_count(2)
    # The form's own step is gone
    page.go_back()
    expect(rows(page)).to_have_count(25)
