"""A walk through every view of the product, for the tests that look at each: of what stands in a
page's place, of the list and of the runs. What a schedule opens: `walk_schedule`."""

from collections.abc import Iterator
from typing import Any

from playwright.sync_api import Page, expect

from exports_app.services.core.records import new_id
from tests.e2e.ui.house import GONE, Company, House
from tests.e2e.ui.listed import row, switch, takes_keys, toast
from tests.e2e.ui.visitor import Visits

Look = dict[str, Any]
Views = Iterator[tuple[str, Page]]
MANY = [f"reader-{number}@example.com" for number in range(12)]
"""More recipients than can be mailed without typing their number."""


def fill(house: House, company: Company) -> dict[str, Any]:
    """Schedules in every state, and campaigns. Returns the schedules by name."""
    for number in range(3):
        house.campaign(company, f"Campaign {number}")
    made = {
        name: house.schedule(
            company,
            name,
            recipients=to,
            filters={"period": "last_7_days"},
            isActive=active,
            tags=["finance", "weekly"],
        )
        for name, to, active in (
            ("Partial", ["ann@example.com", GONE], True),
            ("Failed", [GONE], True),
            ("Completed", ["ann@example.com"], True),
            ("Paused", MANY, False),
        )
    }
    for name in ("Partial", "Failed", "Completed"):
        made[name]["run"] = house.run(company, made[name]["id"])
    return made


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
    yield "empty list", visits.open(who=house.company().admin, **look)
    page = visits.open("/nope", who=company.admin, allow=["status of 404"], ready=False, **look)
    expect(page.get_by_role("heading", name="Page not found")).to_be_visible()
    yield "not found", page


def of_a_viewer(company: Company, visits: Visits, look: Look) -> Views:
    page = visits.open(who=company.viewer, **look)
    yield "a viewer's list", page
    page.get_by_role("button", name="History of Partial", exact=True).click()
    expect(page.locator("tr.detail")).to_be_visible()
    yield "a viewer's history", page
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def asked(page: Page) -> None:
    expect(page.locator("#question-confirm")).to_be_visible()


def cancel(page: Page) -> None:
    """The question that is open."""
    page.locator("#question-cancel").click()
    expect(page.locator("#question-cancel")).to_have_count(0)


def of_the_list(page: Page, seen: dict[str, Any]) -> Views:
    yield "list", page
    page.get_by_role("button", name="More for Completed").click()
    expect(page.get_by_role("menu")).to_be_visible()
    yield "row menu", page
    takes_keys(page.get_by_role("menu"))
    page.keyboard.press("Escape")
    expect(page.get_by_role("menu")).to_have_count(0)
    page.get_by_role("button", name="Run Completed now").click()
    asked(page)
    yield "question before a run", page
    cancel(page)
    page.get_by_role("button", name="Run Paused now").click()
    asked(page)
    expect(page.locator("#question-typed")).to_be_visible()
    yield "question before a run that wants its number of emails", page
    cancel(page)
    page.get_by_role("button", name="More for Completed").click()
    page.get_by_role("menuitem", name="Transfer …").click()
    asked(page)
    yield "question before a transfer", page
    cancel(page)
    switch(page, seen["Completed"]).click()
    expect(toast(page, "paused").get_by_role("button", name="Undo")).to_be_visible()
    yield "notice with Undo", page
    page.get_by_role("button", name="Undo").click()
    expect(switch(page, seen["Completed"])).to_be_checked()
    density = page.get_by_role("button", name="Compact rows")
    if density.is_visible():  # on a phone there are cards
        density.click()
        row(page, seen["Partial"]).hover()
        yield "compact list", page
        density.click()


def of_a_selection(page: Page) -> Views:
    bar = page.get_by_role("toolbar", name="Selected scheduled exports")
    for name in ("Failed", "Paused"):
        page.get_by_role("checkbox", name=f"Select {name}").click()
    expect(bar).to_contain_text("2 selected")
    yield "list with a selection", page
    bar.get_by_role("button", name="Run now").click()
    asked(page)
    yield "question before several runs", page
    cancel(page)
    bar.get_by_role("button", name="More").click()
    expect(page.get_by_role("menu")).to_be_visible()
    yield "menu of the selection", page
    for item in ("Add tags …", "Remove tags …"):
        page.get_by_role("menuitem", name=item).click()
        asked(page)
        yield f"question: {item}", page
        cancel(page)
        bar.get_by_role("button", name="More").click()
    page.keyboard.press("Escape")
    bar.get_by_role("button", name="Clear selection").click()
    expect(bar).to_have_count(0)


def of_the_keys(page: Page) -> Views:
    before, dialog = page.locator("#views"), page.get_by_role("dialog")
    before.focus()
    page.keyboard.press("Control+k")
    expect(dialog.get_by_role("option").first).to_be_visible()
    yield "command palette", page
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(before).to_be_focused()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    yield "shortcuts", page
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(before).to_be_focused()


def of_the_views(page: Page) -> Views:
    opener = page.locator("#views")
    opener.click()
    page.get_by_role("menuitem", name="Save view …").click()
    expect(page.locator("#view-name")).to_be_focused()
    yield "question for a view's name", page
    page.keyboard.type("Everything")
    expect(page.locator("#question-confirm")).to_be_enabled()
    page.locator("#question-confirm").click()
    expect(opener).to_contain_text("Everything")
    expect(page.locator("#question-confirm")).to_have_count(0)
    opener.click()
    expect(page.get_by_role("menuitem", name="Rename …")).to_be_visible()
    yield "menu of saved views", page
    page.get_by_role("menuitem", name="Delete …").click()
    asked(page)
    yield "question before a view is deleted", page
    page.locator("#question-confirm").click()
    expect(opener).not_to_contain_text("Everything")


def of_the_deleted(page: Page) -> Views:
    page.goto("/scheduled-exports?active=deleted")
    expect(page.get_by_role("button", name="Restore").first).to_be_visible()
    yield "deleted scheduled exports", page


def of_all_runs(page: Page, seen: dict[str, Any]) -> Views:
    page.goto("/runs")
    page.get_by_role("button", name="Details").first.click()
    expect(page.locator("tr.detail")).to_be_visible()
    yield "all runs", page
    page.locator("#filter-schedule").click()
    picker = page.get_by_role("listbox", name="Scheduled export")
    expect(picker.get_by_role("option", name="Partial")).to_be_visible()
    yield "all runs, choosing a scheduled export", page
    page.goto("/runs?reason=nothing")
    expect(page.get_by_role("heading", name="No results")).to_be_visible()
    yield "all runs, none found", page
    page.goto(f"/runs/{seen['Partial']['run']['id']}")
    expect(page.locator("tr.detail")).to_be_visible()
    yield "a run's page", page
    page.goto(f"/runs/{new_id()}")
    expect(page.get_by_role("heading", name="Run not found")).to_be_visible()
    yield "run not found", page
    page.goto(f"/scheduled-exports/{new_id()}")
    expect(page.get_by_role("dialog")).to_be_visible()
    expect(page.get_by_role("dialog").locator(".skeleton")).to_have_count(0)
    yield "scheduled export not found", page
