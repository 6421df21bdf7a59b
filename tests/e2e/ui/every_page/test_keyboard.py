"""Everything is done with the keyboard alone; the focus is always seen, and comes back to where it
was."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.ui.focus import go_to
from tests.e2e.ui.form import Form, the_one
from tests.e2e.ui.house import Company, House
from tests.e2e.ui.visitor import Visits


@pytest.mark.long
def test_a_schedule_is_made_and_deleted_without_a_mouse(
    house: House, company: Company, visits: Visits
) -> None:
    campaigns = [house.campaign(company, name) for name in ("Autumn", "Spring", "Winter")]
    page = visits.open(who=company.admin)
    form = Form(page)
    go_to(page, page.locator("#new"))
    page.keyboard.press("Enter")
    expect(form.name).to_be_focused()
    page.keyboard.type("By keyboard")
    go_to(page, form.field("export_type"))
    page.keyboard.type("Campaign, d")
    expect(form.field("export_type")).to_have_value("campaign")
    go_to(page, form.field("campaigns"))
    page.keyboard.press("Enter")
    expect(page.get_by_label("Search campaigns")).to_be_focused()
    page.keyboard.type("spr")
    option = page.locator("button.option")
    expect(option).to_have_text(["Spring"])
    page.keyboard.press("Enter")
    expect(option).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Escape")
    expect(form.field("campaigns")).to_be_focused()
    expect(form.field("campaigns")).to_have_text("1 campaign")
    go_to(page, form.preset("Every Monday at 9 AM"))
    for label in ("Every Day at 8 AM", "Every Friday at 5 PM"):
        page.keyboard.press("ArrowDown")
        expect(form.preset(label)).to_be_checked()
        expect(form.preset(label)).to_be_focused()
    expect(form.expression).to_have_value("0 17 * * 5")
    go_to(page, form.recipients)
    page.keyboard.type("ann@example.com, bob@example.com,")
    form.shows_chips("ann@example.com", "bob@example.com")
    go_to(page, page.get_by_role("button", name="Remove bob@example.com"), "Shift+Tab")
    page.keyboard.press("Enter")
    form.shows_chips("ann@example.com")
    go_to(page, form.field("save"))
    page.keyboard.press("Enter")
    form.is_closed()
    row = the_one(house, company)
    assert (row["name"], row["export_type"], row["schedule"]) == (
        "By keyboard",
        "campaign",
        "0 17 * * 5",
    )
    assert (row["recipients"], row["filters"]["campaignIds"]) == (
        ["ann@example.com"],
        [campaigns[1].id],
    )
    more = page.get_by_role("button", name="More for By keyboard")
    go_to(page, more)
    page.keyboard.press("Enter")
    expect(page.get_by_role("menuitem").first).to_be_focused()
    for number in range(1, page.get_by_role("menuitem").count()):
        page.keyboard.press("ArrowDown")
        expect(page.get_by_role("menuitem").nth(number)).to_be_focused()
    expect(page.get_by_role("menuitem", name="Delete")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("[data-empty]")).to_be_visible()
    assert (
        house.rows(
            "SELECT 1 FROM scheduled_exports WHERE tenant_id = ? AND deleted_at IS NULL", company.id
        )
        == []
    )


@pytest.mark.long
def test_a_destination_is_made_tested_and_deleted_without_a_mouse(
    company: Company, visits: Visits
) -> None:
    page = visits.open("/settings/destinations", who=company.admin)
    go_to(page, page.get_by_role("button", name="New destination"))
    page.keyboard.press("Enter")
    channel = page.locator("#destination-channel")
    expect(channel).to_be_focused()
    page.keyboard.type("Folder")
    expect(page.locator("#config-folder")).to_be_visible()
    go_to(page, page.locator("#destination-name"))
    page.keyboard.press("Enter")
    expect(page.locator("#destination-name-error")).to_be_visible()
    expect(page.locator("#destination-name")).to_be_focused()
    page.keyboard.type("Share")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="New destination")).to_be_focused()
    test = page.get_by_role("button", name="Send test to Share")
    go_to(page, test)
    page.keyboard.press("Enter")
    close = page.get_by_role("button", name="Close the result of Share")
    expect(close).to_be_visible()
    go_to(page, close)
    page.keyboard.press("Enter")
    expect(test).to_be_focused()
    delete = page.get_by_role("button", name="Delete Share")
    go_to(page, delete)
    page.keyboard.press("Enter")
    expect(page.locator("#question-cancel")).to_be_focused()
    page.keyboard.press("Escape")
    expect(delete).to_be_focused()


def test_the_first_stop_leads_past_the_header(company: Company, visits: Visits) -> None:
    page = visits.open(who=company.admin)
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport(ratio=1)
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="All runs")).to_be_focused()


@pytest.mark.long
def test_letters_open_the_form_and_the_search_but_not_while_writing(
    house: House, company: Company, visits: Visits
) -> None:
    house.schedule(company, "Something")
    page = visits.open(who=company.admin)
    page.keyboard.press("/")
    expect(page.locator("#search")).to_be_focused()
    page.keyboard.type("n/n")
    expect(page.locator("#search")).to_have_value("n/n")
    page.locator("#search").fill("")
    page.locator("#theme").focus()
    page.keyboard.press("n")
    form = Form.opened(page, "New scheduled export")
    page.keyboard.type("n/")
    expect(form.name).to_have_value("n/")


def by_escape(page: Page) -> None:
    page.keyboard.press("Escape")


def by_its_button(page: Page) -> None:
    page.locator("[role=dialog], [role=alertdialog]").last.get_by_role("button", name="Close").or_(
        page.get_by_role("button", name="Cancel")
    ).first.click()


OPENERS = {
    "new": (lambda page: page.locator("#new"), None),
    "edit": (lambda page: page.get_by_role("button", name="Edit Weekly"), None),
    "name": (lambda page: page.get_by_role("button", name="Weekly", exact=True), None),
    "history": (
        lambda page: page.get_by_role("button", name="History of Weekly", exact=True),
        None,
    ),
    "last run": (lambda page: page.get_by_role("button", name="show the history of Weekly"), None),
    "run": (lambda page: page.get_by_role("button", name="Run Weekly now"), None),
    "duplicate": (lambda page: page.get_by_role("button", name="More for Weekly"), "Duplicate"),
}


@pytest.mark.parametrize(
    ("which", "close"),
    [("new", by_escape), ("history", by_its_button), ("run", by_escape)]
    + [
        pytest.param(which, close, marks=pytest.mark.long)
        for which, close in (
            *((which, by_escape) for which in ("edit", "name", "history", "last run", "duplicate")),
            *(
                (which, by_its_button)
                for which in ("new", "edit", "name", "last run", "run", "duplicate")
            ),
        )
    ],
)
def test_the_focus_comes_back_to_what_opened_a_dialog(
    house: House, company: Company, visits: Visits, which: str, close: Callable[[Page], None]
) -> None:
    house.schedule(company, "Weekly")
    find, item = OPENERS[which]
    page = visits.open(who=company.admin)
    opener = find(page)
    opener.focus()
    page.keyboard.press("Enter")
    if item:
        expect(page.get_by_role("menuitem").first).to_be_focused()
        page.get_by_role("menuitem", name=item).focus()
        page.keyboard.press("Enter")
    dialog = page.locator("[role=dialog], [role=alertdialog]")
    expect(dialog).to_be_visible()
    expect(page.locator(":is([role=dialog], [role=alertdialog]):focus-within")).to_have_count(1)
    close(page)
    expect(dialog).to_have_count(0)
    expect(opener).to_be_focused()


@pytest.mark.long
def test_the_focus_comes_back_inside_the_form_too(
    house: House, company: Company, visits: Visits
) -> None:
    house.schedule(company, "Weekly")
    page = visits.open(who=company.admin)
    form = Form.edit(page, "Weekly")
    for name in ("campaigns", "timezone"):
        form.field(name).focus()
        page.keyboard.press("Enter")
        expect(page.locator(".popover input")).to_be_focused()
        page.keyboard.press("Escape")
        expect(form.field(name)).to_be_focused()
    preview = form.dialog.get_by_role("button", name="Preview email")
    preview.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("group", name="Email preview")).to_be_visible()
    page.keyboard.press("Escape")
    expect(preview).to_be_focused()
    form.name.fill("Changed")
    expect(page.locator("#send-test")).to_have_text("Save and send me a test")
    form.name.focus()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Keep editing")).to_be_focused()
    page.keyboard.press("Enter")
    expect(form.name).to_be_focused()


@pytest.mark.long
def test_the_focus_stays_inside_an_open_dialog(
    house: House, company: Company, visits: Visits
) -> None:
    page = visits.open(who=company.admin)
    Form.new(page)
    for _ in range(60):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.closest('[role=dialog]') !== null")
