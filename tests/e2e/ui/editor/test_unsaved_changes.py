"""What would be lost when the form closes, and what someone else did meanwhile."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.ui.axe import serious
from tests.e2e.ui.form import Form, at_both_widths, the_one
from tests.e2e.ui.house import Company, House
from tests.e2e.ui.listed import assert_nothing_overflows, takes_keys, toast
from tests.e2e.ui.visitor import Visits


def by_escape(page: Page) -> None:
    page.keyboard.press("Escape")


def by_the_x(page: Page) -> None:
    page.get_by_role("button", name="Close the form").click()


def by_a_click_outside(page: Page) -> None:
    page.mouse.click(8, 400)


WAYS = pytest.mark.parametrize(
    "close",
    [
        by_escape,
        *(pytest.param(way, marks=pytest.mark.long) for way in (by_the_x, by_a_click_outside)),
    ],
    ids=["Esc", "X", "outside"],
)


class TestClosing:
    @WAYS
    def test_without_changes_closes_at_once(
        self, company: Company, visits: Visits, close: Callable[[Page], None]
    ) -> None:
        page = visits.open(who=company.admin)
        form = Form.new(page)
        close(page)
        form.is_closed()
        expect(form.question).to_have_count(0)

    @WAYS
    def test_with_changes_asks_first(
        self, house: House, company: Company, visits: Visits, close: Callable[[Page], None]
    ) -> None:
        house.schedule(company, "Before")
        page = visits.open(who=company.admin)
        form = Form.edit(page, "Before")
        page.get_by_label("Add tags").press("Escape")  # the suggestions' key: the form stays
        form.name.fill("After")
        expect(page.locator("#send-test")).to_have_text("Save and send me a test")
        close(page)
        expect(form.question).to_contain_text("Discard your changes?")
        page.get_by_role("button", name="Keep editing").click()
        expect(form.question).to_have_count(0)
        expect(form.name).to_have_value("After")
        close(page)
        takes_keys(form.question)
        page.keyboard.press("Escape")  # an answer to the question: no
        expect(form.question).to_have_count(0)
        form.is_open()
        close(page)
        page.locator("#question-confirm").click()
        form.is_closed()
        assert the_one(house, company)["name"] == "Before"
        Form.edit(page, "Before")
        expect(form.name).to_have_value("Before")

    def test_asks_also_for_a_recipient_that_is_not_ended_yet(
        self, company: Company, visits: Visits
    ) -> None:
        page = visits.open(who=company.admin)
        form = Form.new(page)
        form.recipients.focus()
        page.keyboard.type("ann@example.com")
        page.keyboard.press("Escape")
        expect(form.question).to_be_visible()
        form.shows_chips("ann@example.com")
        page.keyboard.press("Control+Enter")  # is no answer to the question
        page.get_by_role("button", name="Keep editing").click()
        form.is_open()
        expect(form.error("name")).to_have_count(0)

    @WAYS
    def test_asks_also_for_what_was_typed_right_before(
        self, company: Company, visits: Visits, close: Callable[[Page], None]
    ) -> None:
        page = visits.open(who=company.admin)
        form = Form.new(page)
        page.keyboard.type("Just now")
        close(page)
        expect(form.question).to_be_visible()
        page.get_by_role("button", name="Keep editing").click()
        expect(form.question).to_have_count(0)
        expect(form.name).to_have_value("Just now")

    @pytest.mark.long
    def test_on_a_phone_asks_within_the_screen(self, company: Company, visits: Visits) -> None:
        page = visits.open(who=company.admin, width=390)
        form = Form.new(page)
        form.name.fill("Mine")
        by_the_x(page)
        expect(form.question).to_be_visible()
        assert_nothing_overflows(page)
        for button in form.question.get_by_role("button").all():
            expect(button).to_be_in_viewport(ratio=1)
        page.locator("#question-confirm").click()
        form.is_closed()


class TestWhatSomebodyElseDid:
    @at_both_widths
    def test_is_shown_field_by_field_and_kept_or_taken(
        self, house: House, company: Company, visits: Visits, width: int
    ) -> None:
        made = house.schedule(company, "Before")
        page = visits.open(who=company.admin, width=width)
        form = Form.edit(page, "Before")
        form.field("description").fill("Mine")
        form.name.fill("My name")
        page.wait_for_function(  # it has arrived
            "() => Object.values(sessionStorage).some((kept) => kept.includes('My name'))"
        )
        house.call(
            company.admin,
            "PUT",
            f"/api/scheduled-exports/{made['id']}",
            json={"name": "Theirs", "schedule": "5 5 * * *"},
        )
        panel = form.field("conflict")
        expect(panel.get_by_role("alert")).to_contain_text("Ada Admin changed this")
        expect(form.expression).to_have_value("5 5 * * *")
        expect(form.field("description")).to_have_value("Mine")
        assert_nothing_overflows(page)
        assert serious(page) == []
        page.locator("#save").click()
        expect(panel).to_be_focused()
        name = panel.get_by_role("group", name="Name")
        name.get_by_label("Keep mine: My name").click()
        expect(form.name).to_have_value("My name")
        name.get_by_label("Take theirs: Theirs").click()
        expect(name.get_by_label("Take theirs: Theirs")).to_be_checked()
        expect(form.name).to_have_value("Theirs")
        form.save()
        row = the_one(house, company)
        assert (row["name"], row["description"], row["schedule"]) == (
            "Theirs",
            "Mine",
            "5 5 * * *",
        )

    @pytest.mark.long
    def test_ones_own_save_and_runs_are_nobody_elses_change(
        self, house: House, company: Company, visits: Visits
    ) -> None:
        made = house.schedule(company, "Mine", recipients=["ann@example.com"])
        page = visits.open(who=company.admin)
        form = Form.edit(page, "Mine")
        form.name.fill("Still mine")
        form.field("send-test").click()
        expect(toast(page, "Test of “Still mine” is ready")).to_be_visible()
        note, save = toast(page, "Still mine").bounding_box(), form.field("save").bounding_box()
        assert note
        assert save
        assert note["y"] + note["height"] <= save["y"], "the notice covers no button of the form"
        house.run(company, made["id"])
        expect(form.dialog.get_by_role("alert")).to_have_count(0)
        form.field("description").fill("more")
        form.save()

    @pytest.mark.long
    def test_deleting_it_is_said(self, house: House, company: Company, visits: Visits) -> None:
        made = house.schedule(company, "Doomed")
        page = visits.open(who=company.admin)
        form = Form.edit(page, "Doomed")
        house.call(company.admin, "DELETE", f"/api/scheduled-exports/{made['id']}", 204)
        expect(form.error("name")).to_contain_text("was deleted. Copy")
        form.field("save").click()
        expect(toast(page, "was deleted. Copy")).to_be_visible()
        form.close()
        form.is_closed()
