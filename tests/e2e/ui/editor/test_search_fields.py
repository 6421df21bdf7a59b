"""The two fields of the form that search: campaigns and time zones."""

import pytest
from playwright.sync_api import expect

from exports_app.services.core.records import Campaign, new_id
from tests.e2e.ui.form import Form, options
from tests.e2e.ui.house import Company, House
from tests.e2e.ui.visitor import Visits


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
        page.keyboard.press("Tab")
        expect(options(page)).to_be_focused()
        page.keyboard.press("Space")
        expect(options(page)).to_have_attribute("aria-selected", "true")
        page.keyboard.press("Shift+Tab")
        expect(page.get_by_label("Search campaigns")).to_be_focused()
        page.keyboard.press("Control+a")
        page.keyboard.press("Delete")
        expect(options(page)).to_have_count(4)
        page.keyboard.press("ArrowDown")
        expect(options(page).nth(0)).to_be_focused()
        page.keyboard.press("ArrowUp")
        expect(page.get_by_label("Search campaigns")).to_be_focused()
        page.keyboard.press("ArrowDown")
        for key, at in (
            ("ArrowDown", 1),
            ("End", 3),
            ("ArrowDown", 3),
            ("ArrowUp", 2),
            ("Home", 0),
        ):
            page.keyboard.press(key)
            expect(options(page).nth(at)).to_be_focused()
        page.keyboard.press("Enter")
        expect(options(page).nth(0)).to_have_attribute("aria-selected", "true")
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


@pytest.mark.long
def test_a_zone_is_found_by_any_part_of_its_name(company: Company, visits: Visits) -> None:
    page = visits.open(who=company.admin)
    form = Form.new(page)
    form.field("timezone").click()
    expect(options(page).first).to_have_text("Europe/Berlin")
    expect(options(page).first).to_have_attribute("aria-selected", "true")
    for text, found in (
        ("york", ["America/New York"]),
        ("INDIANA knox", ["America/Indiana/Knox"]),
        ("mars olympus", []),
    ):
        page.get_by_label("Search time zone").fill(text)
        expect(options(page)).to_have_text(found)
    expect(page.get_by_text("No results")).to_be_visible()
    page.get_by_label("Search time zone").fill("kathm")
    expect(options(page)).to_have_text(["Asia/Kathmandu"])
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(form.field("timezone")).to_have_text("Asia/Kathmandu")
    expect(form.field("timezone")).to_be_focused()
    expect(page.locator("#next-runs").locator("xpath=preceding-sibling::div")).to_contain_text(
        "Times in Kathmandu"
    )
