"""The walk through what a schedule opens: its form and its history."""

import re
from typing import Any

from playwright.sync_api import Page, expect

from exports_app.ui.pages.scheduled_exports.editor.repeats_view import RHYTHMS
from tests.e2e.ui.every_page.walk import Views, asked, cancel
from tests.e2e.ui.form import Form
from tests.e2e.ui.house import GONE, Company, House


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
    expect(page.get_by_role("group", name="Email preview")).to_be_visible()
    yield "email preview", page
    page.get_by_role("button", name="Text", exact=True).click()
    expect(page.locator("pre")).to_be_visible()
    yield "email preview as text", page
    page.get_by_role("button", name="Back to the form").click()
    expect(page.get_by_role("group", name="Email preview")).to_have_count(
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


def of_the_rhythms(page: Page) -> Views:
    """Every way to say how often, and all that is folded."""
    form = Form.new(page)
    form.name.fill("Often")
    for section in ("delivery", "retries", "missed"):
        form.unfold(section)
    yield "editor, unfolded", page
    for key, words in RHYTHMS:
        form.choose("repeats", words)
        expect(form.field("repeats")).to_have_value(str(key))
        expect(page.locator("#schedule-words")).not_to_be_empty()
        yield f"editor, repeats: {words}", page
    form.choose("repeats", "Weekly")
    chosen = page.locator(".weekdays input:checked")
    expect(chosen).to_have_count(1)
    chosen.press("Space")
    expect(page.locator("#repeat_weekdays-error")).to_be_visible()
    yield "editor, weekly on no day", page
    form.close()
    asked(page)
    page.locator("#question-confirm").click()
    form.is_closed()


def of_a_conflict(page: Page, house: House, company: Company, schedule: dict[str, Any]) -> Views:
    """Somebody else changes a field while it is changed here."""
    form = Form.edit(page, schedule["name"])
    form.field("description").fill("Mine")
    page.wait_for_function(
        "() => Object.values(sessionStorage).some((kept) => kept.includes('Mine'))"
    )
    house.call(
        company.admin,
        "PUT",
        f"/api/scheduled-exports/{schedule['id']}",
        json={"description": "Theirs"},
    )
    expect(form.field("conflict")).to_be_visible()
    yield "editor with a conflict", page
    form.close()
    page.locator("#question-confirm").click()
    form.is_closed()


def of_the_history(page: Page, *names: str) -> Views:
    for name in names:
        page.get_by_role("button", name=f"History of {name}", exact=True).click()
        expect(page.locator("tr.detail")).to_be_visible()
        yield f"history of a run: {name}", page
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)


def of_the_historys_questions(page: Page) -> Views:
    page.get_by_role("button", name="History of Partial", exact=True).click()
    expect(page.locator("tr.detail")).to_be_visible()
    for button in ("Resend to 1 failed recipient", "Rerun for the same dates"):
        page.get_by_role("button", name=button).click()
        asked(page)
        yield f"question: {button}", page
        cancel(page)
    page.get_by_role("button", name=f"Replace address {GONE}").click()
    expect(page.locator("#new-address")).to_be_focused()
    yield "history, another address", page
    page.locator(".replacement").get_by_role("button", name="Cancel").click()
    for section in ("settings", "backfill", "notices"):
        fold = page.locator(f"#{section}")
        if fold.count():
            fold.locator("summary").press("Enter")
            expect(fold).to_have_attribute("open", "")
    expect(page.locator("#backfill_start")).to_be_visible()
    yield "history, unfolded", page
    page.locator("#backfill_start").fill("2026-01-01")
    page.locator("#backfill_end").fill("2026-01-02")
    page.get_by_role("button", name="Run backfill").click()
    asked(page)
    yield "question before a backfill", page
    cancel(page)
    page.get_by_role("button", name="Close the history").click()
    expect(page.get_by_role("dialog")).to_have_count(0)


def of_no_history(page: Page) -> Views:
    page.get_by_role("button", name="History of Paused", exact=True).click()
    expect(page.get_by_role("heading", name="No runs yet")).to_be_visible()
    yield "history of none", page
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page).to_have_url(re.compile(r"/scheduled-exports$"))
