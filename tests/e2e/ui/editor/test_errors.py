"""The form's errors, each at its field."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from tests.e2e.ui.form import Form, at_both_widths, paste, the_one
from tests.e2e.ui.house import Company, House
from tests.e2e.ui.listed import assert_nothing_overflows
from tests.e2e.ui.visitor import Visits


def recipients_error(form: Form) -> Locator:
    return form.page.locator(".field", has=form.recipients).locator(".error-text").last


WRONG: dict[str, tuple[str, Callable[[Form], object], str]] = {
    "no campaign where one is needed": (
        "campaigns",
        lambda form: form.choose("export_type", "Campaign, day by day"),
        "needs at least one campaign",
    ),
    "no expression": ("schedule", lambda form: form.expression.fill("nonsense"), "five fields"),
}
"""A button and a text field; of the others, see tests/ui/editor/test_saving.py."""


class TestWhatIsWrong:
    @pytest.mark.parametrize(
        "what",
        [
            pytest.param(what, marks=[] if what == "no expression" else pytest.mark.long)
            for what in WRONG
        ],
    )
    def test_stands_at_its_field_which_gets_the_focus(
        self, house: House, company: Company, visits: Visits, what: str
    ) -> None:
        name, spoil, words = WRONG[what]
        form = Form.new(visits.open(who=company.admin))
        form.name.fill("Mine")
        form.address("ann@example.com")
        spoil(form)
        others = [one["id"] for one in house.rows("SELECT id FROM tenants")]
        others.remove(company.tenant.id)  # their scheduled exports run meanwhile
        before = house.snapshot(*others)
        form.field("save").click()
        expect(form.error(name)).to_contain_text(words)
        expect(form.page.locator(".error-text")).to_have_count(1)
        expect(form.field(name)).to_be_focused()
        expect(form.field(name)).to_have_attribute("aria-describedby", f"{name}-error")
        if name != "campaigns":  # a button opens their list, and no button is invalid
            expect(form.field(name)).to_have_attribute("aria-invalid", "true")
        form.is_open()
        assert house.snapshot(*others) == before

    @at_both_widths
    def test_of_several_the_first_gets_the_focus_and_each_goes_once_it_is_mended(
        self, house: House, company: Company, visits: Visits, width: int
    ) -> None:
        page = visits.open(who=company.admin, width=width)
        form = Form.new(page)
        form.expression.fill("nonsense")
        form.field("save").click()
        for error in (form.error("name"), form.error("schedule"), recipients_error(form)):
            expect(error).to_be_visible()
        expect(form.name).to_be_focused()
        expect(form.name).to_be_in_viewport()
        assert_nothing_overflows(page)
        form.name.fill("Mine")
        expect(form.error("name")).to_have_count(0)
        form.field("save").click()
        expect(form.expression).to_be_focused()
        expect(form.expression).to_be_in_viewport()
        form.preset("Every Day at 8 AM").click()
        expect(form.error("schedule")).to_have_count(0)
        form.field("save").click()
        expect(form.recipients).to_be_focused()
        expect(form.recipients).to_have_attribute("aria-invalid", "true")
        expect(recipients_error(form)).to_be_in_viewport(ratio=1)
        form.address("ann@example.com")
        expect(page.locator(".error-text")).to_have_count(0)
        assert house.rows("SELECT 1 FROM scheduled_exports WHERE tenant_id = ?", company.id) == []
        form.save()
        assert the_one(house, company)["schedule"] == "0 8 * * *"

    @pytest.mark.long
    def test_recipients_are_missing_bad_or_too_many(
        self, house: House, company: Company, visits: Visits
    ) -> None:
        form = Form.new(visits.open(who=company.admin))
        form.name.fill("Mine")
        form.field("save").click()
        expect(recipients_error(form)).to_have_text("Add at least one recipient or destination")
        paste(form.recipients, "boss@exa_mple")
        form.field("save").click()
        expect(recipients_error(form)).to_have_text("Fix or remove the marked addresses")
        expect(form.recipients).to_be_focused()
        paste(form.recipients, ", ".join(f"person{n}@example.com" for n in range(51)))
        expect(form.chips).to_have_count(52)
        form.page.get_by_role("button", name="Remove boss@exa_mple", exact=True).click()
        expect(form.chips).to_have_count(51)
        form.field("save").click()
        expect(recipients_error(form)).to_have_text("Use at most 50 recipients")
        assert house.rows("SELECT 1 FROM scheduled_exports WHERE tenant_id = ?", company.id) == []
        form.page.get_by_role("button", name="Remove person7@example.com").click()
        form.save()
        assert len(the_one(house, company)["recipients"]) == 50
