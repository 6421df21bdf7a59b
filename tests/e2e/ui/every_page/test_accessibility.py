"""For everyone: what axe-core finds, and that colours, names and motion are as people need
them."""

from collections.abc import Iterator
from itertools import chain, islice
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.ui.axe import serious
from tests.e2e.ui.form import Form
from tests.e2e.ui.house import GONE, Company, House
from tests.e2e.ui.listed import assert_nothing_overflows, takes_keys
from tests.e2e.ui.visitor import Visits

UNNAMED = """() => [...document.querySelectorAll("input, select, textarea, button, iframe, "
        + "[role=option], [role=menuitem], [tabindex='0']")]
    .filter((e) => e.checkVisibility())
    .filter((e) => !e.closest("[aria-hidden=true], [data-radix-focus-guard]"))
    .filter((e) => !(e.getAttribute("aria-label") || "").trim() && !(e.labels?.length) && !e.title
        && !e.textContent.trim() && !e.getAttribute("aria-labelledby"))
    .map((e) => e.outerHTML.slice(0, 200))"""
PLACEHOLDER_NAMES = """() => [...document.querySelectorAll("input, select, textarea")]
    .filter((e) => e.checkVisibility() && !e.labels?.length && !e.getAttribute("aria-label"))
    .map((e) => e.outerHTML.slice(0, 200))"""
MOVING = """() => {
    const parts = [null, "::before", "::after"];
    const ms = (time) => parseFloat(time) * (time.trim().endsWith("ms") ? 1 : 1000);
    const longest = (text) => Math.max(...text.split(",").map(ms));
    const moving = (e, part) => {
        const style = getComputedStyle(e, part);
        const { animationName } = style;
        const animated = animationName === "none" ? 0 : longest(style.animationDuration);
        const lasts = animated + longest(style.transitionDuration);
        const what = `${e.tagName}.${e.className} ${part ?? ""}`;
        return lasts > 1 ? `${what} ${animationName} ${lasts} ms` : "";
    };
    const elements = [...document.querySelectorAll("*")];
    return elements.flatMap((e) => parts.map((part) => moving(e, part))).filter(Boolean);
}"""


@pytest.fixture
def seen(house: House, company: Company) -> dict[str, Any]:
    """Schedules in every state, and campaigns."""
    for number in range(3):
        house.campaign(company, f"Campaign {number}")
    made = {
        name: house.schedule(
            company, name, recipients=to, filters={"period": "last_7_days"}, isActive=active
        )
        for name, to, active in (
            ("Partial", ["ann@example.com", GONE], True),
            ("Failed", [GONE], True),
            ("Completed", ["ann@example.com"], True),
            ("Paused", ["ann@example.com"], False),
        )
    }
    for name in ("Partial", "Failed", "Completed"):
        house.run(company, made[name]["id"])
    return made


def problems(page: Page) -> list[str]:
    """What axe-core calls serious or critical, and what has no name."""
    return serious(page) + [
        f"no name: {html}" for html in page.evaluate(UNNAMED) + page.evaluate(PLACEHOLDER_NAMES)
    ]


Look = dict[str, Any]
Views = Iterator[tuple[str, Page]]


def around(house: House, company: Company, visits: Visits, look: Look) -> Views:
    """What is seen without an export: signing in, and what stands in a page's place."""
    page = visits.open("/login", **look)
    yield "login", page
    page.get_by_label("Email").fill("nobody@example.com")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("#login-error")).to_be_visible()
    yield "login refused", page
    yield "no access", visits.open("/settings/members", who=company.viewer, **look)
    yield "a viewer's list", visits.open(who=company.viewer, **look)
    yield "empty list", visits.open(who=house.company().admin, **look)
    page = visits.open("/nope", who=company.viewer, allow=["status of 404"], ready=False, **look)
    expect(page.get_by_role("heading", name="Page not found")).to_be_visible()
    yield "not found", page


def of_the_list(page: Page, seen: dict[str, Any]) -> Views:
    yield "list", page
    page.get_by_role("checkbox", name="Select Failed").click()
    expect(page.get_by_role("toolbar")).to_be_visible()
    yield "list with a selection", page
    page.get_by_role("button", name="Clear selection").click()
    page.get_by_role("button", name="More for Completed").click()
    expect(page.get_by_role("menu")).to_be_visible()
    yield "row menu", page
    takes_keys(page.get_by_role("menu"))
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Run Completed now").click()
    expect(page.get_by_role("alertdialog")).to_be_visible()
    yield "question before a run", page
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("alertdialog")).to_have_count(0)


def of_the_lists_extras(page: Page) -> Views:
    page.keyboard.press("Control+k")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("option").first).to_be_visible()
    yield "command palette", page
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    yield "shortcuts", page
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    page.locator("#views").click()
    page.get_by_role("menuitem", name="Save view …").click()
    expect(page.locator("#view-name")).to_be_focused()
    yield "question for a view's name", page
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("alertdialog")).to_have_count(0)
    page.get_by_role("button", name="More for Completed").click()
    page.get_by_role("menuitem", name="Transfer …").click()
    expect(page.get_by_role("alertdialog")).to_be_visible()
    yield "question before a transfer", page
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("alertdialog")).to_have_count(0)


def of_the_deleted(page: Page) -> Views:
    page.goto("/scheduled-exports?active=deleted")
    expect(page.get_by_role("button", name="Restore").first).to_be_visible()
    yield "deleted scheduled exports", page


def of_the_form(page: Page) -> Views:
    form = Form.edit(page, "Completed")
    expect(page.locator(".sample tbody tr")).to_have_count(3)
    yield "editor", page
    form.field("campaigns").click()
    expect(page.locator("button.option")).to_have_count(3)
    page.locator("button.option").first.click()
    expect(page.locator("button.option").first).to_have_attribute("aria-selected", "true")
    yield "campaign popover", page
    page.keyboard.press("Escape")
    form.dialog.get_by_role("button", name="Preview email").click()
    expect(page.get_by_role("dialog", name="Email preview")).to_be_visible()
    yield "email preview", page
    page.get_by_role("button", name="Text", exact=True).click()
    expect(page.locator("pre")).to_be_visible()
    yield "email preview as text", page
    page.get_by_role("button", name="Close the preview").click()
    expect(page.get_by_role("dialog", name="Email preview")).to_have_count(
        0
    )  # until then it keeps the focus, and what is typed
    form.expression.fill("nonsense")
    form.recipients.fill("boss@exa_mple")
    form.field("save").click()
    expect(form.page.locator(".error-text").first).to_be_visible()
    yield "editor with errors", page
    form.close()
    expect(form.question).to_be_visible()
    yield "question before closing", page
    page.locator("#question-confirm").click()
    form.is_closed()


def of_the_history(page: Page, *names: str) -> Views:
    for name in names:
        page.get_by_role("button", name=f"History of {name}", exact=True).click()
        expect(page.locator("tr.detail")).to_be_visible()
        yield f"history of a run: {name}", page
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)


def of_no_history(page: Page) -> Views:
    page.get_by_role("button", name="History of Paused", exact=True).click()
    expect(page.get_by_role("heading", name="No runs yet")).to_be_visible()
    yield "history of none", page


def of_all_runs(page: Page) -> Views:
    page.goto("/runs")
    page.get_by_role("button", name="Details").first.click()
    expect(page.locator("tr.detail")).to_be_visible()
    yield "all runs", page
    page.locator("#filter-schedule").click()
    picker = page.get_by_role("listbox", name="Scheduled export")
    expect(picker.get_by_role("option", name="Partial")).to_be_visible()
    yield "all runs, choosing a scheduled export", page


def assert_good(views: Views) -> None:
    found = {name: told for name, page in views if (told := problems(page))}
    assert not found, "\n".join(f"{name}:\n  " + "\n  ".join(told) for name, told in found.items())


def test_axe_finds_nothing_serious_in_the_main_views_on_a_phone_in_the_dark(
    company: Company, visits: Visits, seen: dict[str, Any]
) -> None:
    page = visits.open(who=company.admin, width=390, dark=True)
    assert_nothing_overflows(page)
    assert_good(
        chain(
            of_the_list(page, seen), of_the_history(page, "Partial"), islice(of_the_form(page), 1)
        )
    )
    assert_nothing_overflows(page)


@pytest.mark.long
@pytest.mark.parametrize(
    ("width", "dark"), [(1280, False), (390, True)], ids=["light-1280", "dark-390"]
)
def test_axe_finds_nothing_serious_in_any_view_and_everything_has_a_name(
    house: House, company: Company, visits: Visits, seen: dict[str, Any], width: int, dark: bool
) -> None:
    look: Look = {"width": width, "dark": dark}
    assert_good(around(house, company, visits, look))
    page = visits.open(who=company.admin, **look)
    gone = house.schedule(company, "Deleted")
    house.call(company.admin, "DELETE", f"/api/scheduled-exports/{gone['id']}", 204)
    steps = (
        of_the_list(page, seen),
        of_the_lists_extras(page),
        of_the_form(page),
        of_the_history(page, "Partial", "Failed"),
        of_no_history(page),
        of_all_runs(page),
        of_the_deleted(page),
    )
    assert_good(chain(*steps))


@pytest.mark.long
def test_nothing_moves_for_whom_motion_is_too_much(
    house: House, company: Company, visits: Visits, seen: dict[str, Any]
) -> None:
    page = visits.open(who=company.admin)
    assert page.evaluate(MOVING) == []
    form = Form.new(page)
    assert page.evaluate(MOVING) == []
    form.close()
    page.get_by_role("button", name="More for Completed").click()
    expect(page.get_by_role("menu")).to_be_visible()
    assert page.evaluate(MOVING) == []
    page.keyboard.press("Escape")
    page.get_by_role("button", name="History of Partial", exact=True).click()
    expect(page.locator(".strip")).to_be_visible()
    assert page.evaluate(MOVING) == []


def test_errors_and_states_are_told_to_those_who_do_not_see_them(
    company: Company, visits: Visits
) -> None:
    page = visits.open(who=company.admin)
    form = Form.new(page)
    form.field("save").click()
    expect(page.get_by_role("alert").filter(has_text="Enter a name")).to_be_visible()
    expect(page.get_by_role("alert").filter(has_text="Add at least one recipient")).to_be_visible()
    describes = form.recipients.get_attribute("aria-describedby") or ""
    told = " ".join(page.locator(f"#{one}").inner_text() for one in describes.split())
    assert "Add at least one recipient" in told
    form.expression.fill("nonsense")
    expect(
        page.locator("[aria-live=polite]", has=page.locator("#schedule-problem"))
    ).to_be_visible()
