"""No letter is lost: fast typing, pasting, and saving in the middle of it."""

import pytest
from playwright.sync_api import expect

from tests.e2e.ui.form import Form, paste, the_one
from tests.e2e.ui.house import Company, House
from tests.e2e.ui.visitor import Visits

WORDS = "The quick brown fox jumps over the lazy dog 0123456789"


def test_ctrl_enter_saves_the_last_letters_too(
    house: House, company: Company, visits: Visits
) -> None:
    page = visits.open(who=company.admin)
    form = Form.new(page)
    form.address("ann@example.com")
    form.name.focus()
    page.keyboard.type(WORDS)
    page.keyboard.press("Control+Enter")
    form.is_closed()
    assert the_one(house, company)["name"] == WORDS


@pytest.mark.long
def test_ctrl_enter_takes_an_address_that_is_still_being_typed(
    house: House, company: Company, visits: Visits
) -> None:
    page = visits.open(who=company.admin)
    form = Form.new(page)
    form.name.fill("Quick")
    form.recipients.focus()
    page.keyboard.type("ann@example.com")
    page.keyboard.press("Control+Enter")
    form.is_closed()
    assert the_one(house, company)["recipients"] == ["ann@example.com"]


@pytest.mark.long
def test_the_save_button_takes_what_was_typed_right_before(
    house: House, company: Company, visits: Visits
) -> None:
    page = visits.open(who=company.admin)
    form = Form.new(page)
    form.name.fill("Quick")
    form.field("description").focus()
    page.keyboard.type(WORDS)
    form.recipients.focus()
    page.keyboard.type("ann@example.com")
    form.save()
    row = the_one(house, company)
    assert (row["description"], row["recipients"]) == (WORDS, ["ann@example.com"])


@pytest.mark.long
def test_no_field_loses_a_letter_to_a_fast_typist(
    house: House, company: Company, visits: Visits
) -> None:
    house.campaign(company, WORDS)
    page = visits.open(who=company.admin)
    form = Form.new(page)
    for name, text in (
        ("name", WORDS),
        ("description", WORDS),
        ("schedule", "0,7,14,21,28,35,42,49,56 1-5,7-11 1,15 1,3,5 2"),
    ):
        form.field(name).fill("")
        form.field(name).focus()
        for letter in text:
            page.keyboard.type(letter)  # the answers of the server come in between
        expect(form.field(name)).to_have_value(text)
    form.recipients.focus()
    page.keyboard.type("ann@example.com,bob@example.com cy@example.com;dee@example.com,")
    form.shows_chips("ann@example.com", "bob@example.com", "cy@example.com", "dee@example.com")
    for name, search, text in (
        ("campaigns", "Search campaigns", WORDS),
        ("timezone", "Search time zone", "argentina buenos aires"),
    ):
        form.field(name).click()
        page.get_by_label(search).focus()
        page.keyboard.type(text)
        expect(page.get_by_label(search)).to_have_value(text)
        expect(page.locator("button.option")).to_have_count(1)
        page.keyboard.press("Escape")
        expect(page.locator("button.option")).to_have_count(0)
    form.save()
    row = the_one(house, company)
    assert (row["name"], row["description"]) == (WORDS, WORDS)
    assert row["schedule"] == "0,7,14,21,28,35,42,49,56 1-5,7-11 1,15 1,3,5 2"
    assert row["recipients"] == [
        "ann@example.com",
        "bob@example.com",
        "cy@example.com",
        "dee@example.com",
    ]


@pytest.mark.long
def test_a_letter_in_the_middle_leaves_the_cursor_there(company: Company, visits: Visits) -> None:
    page = visits.open(who=company.admin)
    form = Form.new(page)
    form.name.fill("Weekly numbers")
    expect(page.locator("#send-test")).to_have_text("Save and send me a test")
    form.name.evaluate("(field) => field.setSelectionRange(6, 6)")
    for letter in " sales and":
        page.keyboard.type(letter)
    expect(form.name).to_have_value("Weekly sales and numbers")


@pytest.mark.long
def test_the_name_takes_a_long_paste_up_to_its_limit(
    house: House, company: Company, visits: Visits
) -> None:
    form = Form.new(visits.open(who=company.admin))
    paste(form.recipients, "ann@example.com")
    form.name.focus()
    form.page.keyboard.insert_text("x" * 300)
    expect(form.name).to_have_value("x" * 200)
    form.save()
    assert the_one(house, company)["name"] == "x" * 200
