"""The two fields of the form that search: campaigns and time zones."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from exports_app.services.core.records import Campaign, new_id
from tests.e2e.ui.form import Form, options
from tests.e2e.ui.house import Company, House
from tests.e2e.ui.visitor import Visits


def marked(page: Page) -> Locator:
    return page.locator(".option[data-marked]")


class TestTheCampaigns:
    @pytest.mark.long
    def test_they_are_found_and_chosen_with_the_keyboard(
        self, house: House, company: Company, visits: Visits
    ) -> None:
        made = {
            name: house.campaign(company, name) for name in ("Alpha", "Beta", "Überall", "Omega")
        }
        house.campaign(house.company(), "Alpha of someone else")
        page = visits.open(who=company.admin)
        form = Form.new(page)
        form.name.fill("Some")
        form.address("ann@example.com")
        form.field("campaigns").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_label("Search campaigns")).to_be_focused()
        expect(options(page)).to_have_text(["Alpha", "Beta", "Omega", "Überall"])
        page.keyboard.type("ÜBER")
        expect(options(page)).to_have_text(["Überall"])
        page.keyboard.press("Enter")
        expect(options(page)).to_have_attribute("aria-selected", "true")
        expect(page.get_by_label("Search campaigns")).to_be_focused()
        page.keyboard.press("Control+a")
        page.keyboard.press("Delete")
        expect(options(page)).to_have_count(4)
        for key, at in (
            ("PageUp", 0),
            ("ArrowDown", 1),
            ("PageDown", 3),
            ("ArrowDown", 3),
            ("ArrowUp", 2),
            ("PageUp", 0),
        ):
            page.keyboard.press(key)
            expect(options(page).nth(at)).to_have_attribute("data-marked", "")
            expect(marked(page)).to_have_count(1)
        page.keyboard.press("Enter")
        expect(options(page).nth(0)).to_have_attribute("aria-selected", "true")
        expect(options(page).nth(0)).to_have_attribute("data-marked", "")
        expect(page.get_by_text("2 chosen")).to_be_visible()
        page.keyboard.press("Escape")
        expect(form.field("campaigns")).to_be_focused()
        expect(form.field("campaigns")).to_have_text("2 campaigns")
        expect(page.locator("#campaigns-hint .tag")).to_have_text(["Überall", "Alpha"])
        form.is_open()
        form.save()
        (row,) = house.rows("SELECT filters FROM scheduled_exports WHERE tenant_id = ?", company.id)
        assert row["filters"].count("-") == 8
        assert made["Alpha"].id in row["filters"]
        assert made["Überall"].id in row["filters"]

    @pytest.mark.long
    def test_of_very_many_the_first_are_listed_and_the_rest_is_found(
        self, house: House, company: Company, visits: Visits
    ) -> None:
        with house.services.store.write() as tx:
            tx.campaigns.add(
                Campaign(new_id(), company.id, f"Campaign {n:04}", "search", "active", "EUR")
                for n in range(1, 601)
            )
        page = visits.open(who=company.admin)
        form = Form.new(page)
        form.field("campaigns").click()
        expect(options(page)).to_have_count(50)
        expect(page.get_by_text("550 more: search to find them")).to_be_visible()
        for number in range(8):
            page.get_by_label("Search campaigns").fill(f"0{number}77")
            if number < 6:
                expect(options(page)).to_have_text([f"Campaign 0{number}77"])
                options(page).click()
                expect(options(page)).to_have_attribute("aria-selected", "true")
        expect(page.get_by_text("No results")).to_be_visible()
        page.get_by_label("Search campaigns").fill("0599")
        options(page).click()
        expect(options(page)).to_have_attribute("aria-selected", "true")
        page.keyboard.press("Escape")
        expect(form.field("campaigns")).to_have_text("7 campaigns")
        expect(page.locator("#campaigns-hint")).to_contain_text("and 1 more")
        form.field("campaigns").click()
        page.get_by_role("button", name="Clear selection").click()
        page.keyboard.press("Escape")
        expect(form.field("campaigns")).to_have_text("All campaigns")


def test_a_zone_is_found_by_its_city_and_taken_with_enter(company: Company, visits: Visits) -> None:
    page = visits.open(who=company.admin)
    form = Form.new(page)
    field, search = form.field("timezone"), page.get_by_label("Search time zone")
    field.press("Enter")
    expect(search).to_be_focused()
    expect(options(page).first).to_contain_text("Europe/Berlin")
    expect(options(page).first).to_have_attribute("aria-selected", "true")
    page.keyboard.type("mumbai")
    page.keyboard.press("Enter")  # at once: it waits for the answer to what was typed
    expect(field).to_have_text("Asia/Kolkata")
    expect(field).to_be_focused()
    expect(page.locator(".popover")).to_have_count(0)
    field.press("Enter")
    page.keyboard.type("PST")
    expect(marked(page)).to_contain_text("America/Los Angeles")
    expect(marked(page)).to_contain_text(re.compile("UTC-0[78]:00"))
    page.keyboard.press("ArrowDown")
    expect(marked(page)).not_to_contain_text("America/Los Angeles")
    expect(search).to_have_attribute("aria-activedescendant", marked(page).get_attribute("id"))
    page.keyboard.press("ArrowUp")
    expect(search).to_be_focused()
    page.keyboard.press("Enter")
    expect(field).to_have_text("America/Los_Angeles")
    field.press("Enter")
    page.keyboard.type("mars olympus")
    expect(page.get_by_text("No results")).to_be_visible()
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect(field).to_have_text("America/Los_Angeles")
    form.is_open()
