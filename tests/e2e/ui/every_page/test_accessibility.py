"""For everyone: what axe-core finds, and that colours, names and motion are as people need
them."""

from itertools import chain, islice
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.ui.axe import serious
from tests.e2e.ui.every_page.walk import (
    Look,
    Views,
    around,
    fill,
    of_a_selection,
    of_a_viewer,
    of_all_runs,
    of_the_deleted,
    of_the_keys,
    of_the_list,
    of_the_views,
)
from tests.e2e.ui.every_page.walk_destinations import of_destinations
from tests.e2e.ui.every_page.walk_schedule import (
    of_a_conflict,
    of_no_history,
    of_the_form,
    of_the_history,
    of_the_historys_questions,
    of_the_rhythms,
)
from tests.e2e.ui.every_page.walk_webhooks import of_webhooks
from tests.e2e.ui.form import Form
from tests.e2e.ui.house import Company, House
from tests.e2e.ui.listed import assert_nothing_overflows
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
    return fill(house, company)


def problems(page: Page) -> list[str]:
    """What axe-core calls serious or critical, and what has no name."""
    return serious(page) + [
        f"no name: {html}" for html in page.evaluate(UNNAMED) + page.evaluate(PLACEHOLDER_NAMES)
    ]


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
    page = visits.open(who=company.admin, **look)
    gone = house.schedule(company, "Deleted")
    house.call(company.admin, "DELETE", f"/api/scheduled-exports/{gone['id']}", 204)
    steps = (
        around(house, company, visits, look),
        of_a_viewer(company, visits, look),
        of_the_list(page, seen),
        of_a_selection(page),
        of_the_keys(page),
        of_the_views(page),
        of_the_form(page),
        of_the_rhythms(page),
        of_a_conflict(page, house, company, seen["Completed"]),
        of_the_history(page, "Failed"),
        of_the_historys_questions(page),
        of_no_history(page),
        of_all_runs(page, seen),
        of_the_deleted(page),
        of_webhooks(page, house, company),
        of_destinations(page, house, company),
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
    expect(
        page.get_by_role("alert").filter(has_text="Add at least one recipient or destination")
    ).to_be_visible()
    describes = form.recipients.get_attribute("aria-describedby") or ""
    told = " ".join(page.locator(f"#{one}").inner_text() for one in describes.split())
    assert "Add at least one recipient or destination" in told
    form.expression.fill("nonsense")
    expect(
        page.locator("[aria-live=polite]", has=page.locator("#schedule-problem"))
    ).to_be_visible()
