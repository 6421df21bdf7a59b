"""No dialog opens over another one: what is asked takes the place of what is in the dialog."""

import re

from playwright.sync_api import Page, expect

from tests.e2e.ui.form import Form, at_both_widths
from tests.e2e.ui.history.dialog import open_history, runs_of
from tests.e2e.ui.house import Company, House
from tests.e2e.ui.listed import assert_nothing_overflows, takes_keys
from tests.e2e.ui.visitor import Visits


def shows_one_layer(page: Page) -> None:
    expect(page.locator("[class*=Overlay]")).to_have_count(1)
    expect(page.locator("[role=dialog]")).to_have_count(1)


@at_both_widths
def test_of_a_question_in_the_history_enter_escape_and_back_lead_to_the_history(
    house: House, company: Company, visits: Visits, width: int
) -> None:
    made = house.schedule(company, "Numbers")
    page = visits.open(who=company.admin, width=width)
    dialog = open_history(page, "Numbers")
    page.wait_for_url(re.compile(made["id"]), wait_until="commit")
    dialog.get_by_text("Backfill", exact=True).click()
    first = dialog.get_by_label("From", exact=True)
    first.fill("2026-01-05")
    opener = dialog.get_by_role("button", name="Run now")
    question = page.get_by_role("alertdialog", name="Run “Numbers” now?")
    for answer in ("Enter", "Escape", "Back"):
        opener.focus()
        page.keyboard.press("Enter")
        takes_keys(question)
        expect(page.locator("#question-cancel")).to_be_focused()
        shows_one_layer(page)
        expect(first).to_be_hidden()
        assert_nothing_overflows(page)
        if answer == "Back":
            page.go_back()
        else:
            page.keyboard.press(answer)
        expect(question).to_have_count(0)
        expect(first).to_have_value("2026-01-05")
        expect(opener).to_be_focused()
        shows_one_layer(page)
    assert runs_of(house, company, made["id"]) == []
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)


@at_both_widths
def test_of_the_email_and_the_question_in_the_form_back_leads_to_the_form(
    company: Company, visits: Visits, width: int
) -> None:
    page = visits.open(who=company.admin, width=width)
    form = Form.new(page)
    form.name.fill("Mine")
    page.get_by_role("button", name="Preview email").click()
    preview = page.get_by_role("group", name="Email preview")
    expect(page.get_by_role("button", name="Back to the form")).to_be_focused()
    shows_one_layer(page)
    expect(form.name).to_be_hidden()
    assert_nothing_overflows(page)
    page.go_back()
    expect(preview).to_have_count(0)
    expect(form.name).to_have_value("Mine")
    page.go_back()
    expect(form.question).to_be_visible()
    shows_one_layer(page)
    assert_nothing_overflows(page)
    page.go_back()
    expect(form.question).to_have_count(0)
    expect(form.name).to_have_value("Mine")
