"""For everybody: axe-core finds nothing serious, the keyboard reaches everything, the focus comes back."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.e2e.ui.form import Form, stored
from tests.e2e.ui.house import GONE, Company, House
from tests.e2e.ui.listed import row
from tests.e2e.ui.visitor import Visits

THEMES = pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
WIDTHS = pytest.mark.parametrize("width", [1280, 390])
BAD = {"serious", "critical"}


def examine(page: Page, what: str) -> None:
    found = [one for one in Axe().run(page).response["violations"] if one["impact"] in BAD]
    words = [f"{one['id']} ({one['impact']}): {node['html'][:160]}" for one in found for node in one["nodes"][:3]]
    assert not words, f"{what}:\n" + "\n".join(words)


@THEMES
@WIDTHS
def test_axe_finds_nothing_serious_on_any_page(visits: Visits, company: Company, *, dark: bool, width: int) -> None:
    page = visits.open("/login", width=width, dark=dark)
    expect(page.locator("#demo-login")).to_be_visible()
    examine(page, "login")
    page = visits.open(who=company.viewer, width=width, dark=dark)
    expect(page.get_by_text("No access to this page")).to_be_visible()
    examine(page, "no access")
    page = visits.open(who=company.admin, width=width, dark=dark)
    expect(page.get_by_text("No scheduled exports yet")).to_be_visible()
    examine(page, "empty list")
    page = visits.open("/nope", width=width, dark=dark, allow=["status of 404"], ready=False)
    expect(page.get_by_text("There is no such page")).to_be_visible()
    examine(page, "not found")


@THEMES
@WIDTHS
def test_axe_finds_nothing_serious_in_the_list_and_its_dialogs(
    house: House, visits: Visits, company: Company, *, dark: bool, width: int
) -> None:
    house.campaign(company, "Spring")
    made = house.schedule(company, "Weekly", recipients=["ann@example.com", GONE])
    run = house.run(company, made["id"])
    house.schedule(company, "Paused", isActive=False)
    page = visits.open(who=company.admin, width=width, dark=dark)
    examine(page, "list")

    row(page, made).get_by_role("button", name="More for Weekly").click()
    expect(page.get_by_role("menu")).to_be_visible()
    examine(page, "menu")
    page.get_by_role("menuitem", name="Delete").click()
    expect(page.get_by_role("alertdialog")).to_be_visible()
    examine(page, "delete")
    page.keyboard.press("Escape")
    expect(page.get_by_role("alertdialog")).to_have_count(0)

    form = Form.edit(page, "Weekly")
    expect(page.locator("#next-runs .fact")).to_have_count(5)
    expect(page.locator(".sample td").first).to_be_visible()
    form.recipients.fill("boss@example,")
    expect(page.get_by_text("boss@example has no valid domain")).to_be_visible()
    examine(page, "form")
    form.field("campaigns").click()
    expect(page.locator(".option").first).to_be_visible()
    examine(page, "campaigns")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Preview email").click()
    expect(page.locator("#letter-subject")).to_be_visible()
    examine(page, "email")
    page.keyboard.press("Escape")
    expect(page.locator("#letter-subject")).to_have_count(0)
    form.close()
    expect(form.question).to_be_visible()
    examine(page, "drop changes")
    page.locator("#drop-changes").click()
    form.is_closed()

    page.goto(f"/scheduled-exports/{made['id']}?run={run['id']}")
    expect(page.locator(".detail")).to_be_visible()
    examine(page, "history")


class TestTheKeyboardAlone:
    def test_makes_a_schedule(self, house: House, company: Company, visits: Visits) -> None:
        house.campaign(company, "Spring")
        page = visits.open(who=company.admin)
        keys = page.keyboard
        page.locator("#new").focus()
        keys.press("Enter")
        form = Form.opened(page, "New scheduled export")
        keys.type("By keyboard")
        page.locator("input[name=preset]:checked").focus()
        keys.press("ArrowRight")
        expect(form.expression).to_have_value("0 8 * * *")
        form.field("campaigns").focus()
        keys.press("Enter")
        expect(page.locator(".option")).to_have_count(1)
        keys.press("Tab")
        keys.press("ArrowDown")
        expect(page.locator(".option").first).to_be_focused()
        keys.press("Enter")
        expect(page.locator(".option").first).to_have_attribute("aria-selected", "true")
        keys.press("Escape")
        expect(form.field("campaigns")).to_be_focused()
        form.recipients.focus()
        keys.type("ann@example.com ")
        form.shows_chips("ann@example.com")
        keys.press("Control+Enter")
        form.is_closed()
        expect(page.locator("#new")).to_be_focused()
        (made,) = stored(house, company)
        assert (made["name"], made["schedule"], made["recipients"]) == ("By keyboard", "0 8 * * *", ["ann@example.com"])

    def test_sees_where_it_is(self, house: House, company: Company, visits: Visits) -> None:
        house.schedule(company, "Weekly")
        page = visits.open(who=company.admin)
        seen: list[dict[str, Any]] = []
        for _ in range(14):
            page.keyboard.press("Tab")
            seen.append(
                page.evaluate(
                    """() => {
                        const one = document.activeElement, style = getComputedStyle(one);
                        return {html: one.outerHTML.slice(0, 90), visible: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0};
                    }"""
                )
            )
        assert not [one["html"] for one in seen if not one["visible"]]

    def test_skips_the_header(self, company: Company, visits: Visits) -> None:
        page = visits.open(who=company.admin)
        page.keyboard.press("Tab")
        expect(page.get_by_text("Skip to the content")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator("#content")).to_be_focused()
        assert "/scheduled-exports" in page.url

    def test_goes_back_to_where_the_history_was_opened(self, house: House, company: Company, visits: Visits) -> None:
        made = house.schedule(company, "Weekly")
        page = visits.open(who=company.admin)
        opener = row(page, made).get_by_role("button", name="History of Weekly", exact=True)
        opener.focus()
        page.keyboard.press("Enter")
        expect(page.get_by_text("It never ran")).to_be_visible()
        page.keyboard.press("Escape")
        expect(opener).to_be_focused()


def test_every_control_of_the_form_has_a_name(house: House, company: Company, visits: Visits) -> None:
    house.schedule(company, "Weekly")
    page = visits.open(who=company.admin)
    Form.edit(page, "Weekly")
    nameless = page.evaluate(
        """() => [...document.querySelectorAll("input, select, textarea, button")].filter((one) => {
            const named = one.labels?.length || one.getAttribute("aria-label") || one.textContent.trim() || one.title;
            return !named && one.type !== "hidden";
        }).map((one) => one.outerHTML.slice(0, 120))"""
    )
    assert nameless == []


def test_nothing_moves_for_who_asked_for_less_motion(house: House, company: Company, visits: Visits) -> None:
    house.schedule(company, "Weekly")
    page = visits.open(who=company.admin)
    moving = page.evaluate(
        """() => [...document.querySelectorAll("*")].filter((one) => {
            const style = getComputedStyle(one);
            return [style.animationDuration, style.transitionDuration].some((d) => d.split(",").some((x) => parseFloat(x) > 0.05));
        }).map((one) => one.outerHTML.slice(0, 90))"""
    )
    assert moving == []
