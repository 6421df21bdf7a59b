"""Campaign data from a file, in the browser."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import FilePayload, Page, expect

from exports_app.domain.access import Role
from exports_app.services.campaigns import uploads
from tests.e2e.ui.axe import assert_accessible
from tests.e2e.ui.every_page.test_keyboard import go_to
from tests.e2e.ui.form import at_both_widths
from tests.e2e.ui.house import Company, House
from tests.e2e.ui.listed import assert_nothing_overflows
from tests.e2e.ui.visitor import SOON_MS, Visits

DATA = "/settings/data"
GERMAN = (
    "sep=;\r\nKampagne;currency;date;clicks;spend;status;;\r\n"
    "Frühling;EUR;01.03.2026;1.200;1.234,50;paused;;\r\n"
    "Herbst;EUR;01.03.2026;34;98,00;active;;\r\n"
    ";;;;;;;\r\n"
).encode("cp1252")
DROP = """(element, text) => {
    const held = new DataTransfer();
    held.items.add(new File([text], "dropped.csv", { type: "text/csv" }));
    for (const kind of ["dragover", "drop"])
        element.dispatchEvent(
            new DragEvent(kind, { dataTransfer: held, bubbles: true, cancelable: true }));
}"""


def file(name: str, content: bytes) -> FilePayload:
    return {"name": name, "mimeType": "text/csv", "buffer": content}


def choose(page: Page, name: str, content: bytes) -> None:
    page.get_by_label("File", exact=True).set_input_files(file(name, content))


def assert_good(page: Page) -> None:
    assert_nothing_overflows(page)
    assert_accessible(page)


def stored(house: House, company: Company) -> list[Any]:
    found = house.call(company.admin, "GET", f"/api/campaigns?tenantId={company.id}")
    return [(one["name"], one["status"]) for one in found["items"]]


@at_both_widths
def test_a_file_is_understood_checked_imported_and_reported(
    house: House, company: Company, visits: Visits, width: int
) -> None:
    house.campaign(company, "Frühling")
    other = visits.open(DATA, who=house.person("Ola Other", {company.id: Role.ADMIN}))
    expect(other.locator("#stored")).to_contain_text("has 1 campaign now")
    page = visits.open("/settings", who=company.admin, width=width)
    page.get_by_role("link", name="Data", exact=True).click()
    expect(page.locator("#stored")).to_contain_text("has 1 campaign now")
    assert_good(page)

    choose(page, "März.csv", GERMAN)
    expect(page.locator("#read-as")).to_contain_text("windows-1252")
    expect(page.locator("#read-as")).to_contain_text("decimal comma")
    expect(page.get_by_label("Campaign (required)")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#check")).to_be_disabled()
    assert_good(page)

    page.get_by_label("Campaign (required)").select_option(label="Kampagne (e.g. Frühling)")
    rows = page.locator("#first-rows tbody tr")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("Frühling")
    expect(rows.first).to_contain_text("2026-03-01")
    expect(rows.first).to_contain_text("1234.50")
    expect(page.locator("#import")).to_be_disabled()
    assert_good(page)

    page.locator("#check").click()
    expect(page.locator("#verdict")).to_contain_text("Nothing has been imported yet")
    expect(page.locator("#differences tbody tr")).to_have_count(1)
    expect(page.locator("#differences")).to_contain_text("stays")
    page.get_by_label("Update details that differ").click()
    expect(page.get_by_label("Update details that differ")).to_be_checked()
    expect(page.locator("#report")).to_have_count(0)
    page.locator("#check").click()
    expect(page.locator("#differences")).to_contain_text("will change")
    assert_good(page)
    assert stored(house, company) == [("Frühling", "active")]

    page.locator("#import").click()
    expect(page.locator("#verdict")).to_contain_text("Imported")
    expect(page.locator("#verdict")).to_contain_text("2 new days")
    expect(page.locator("#stored")).to_contain_text("has 2 campaigns now")
    expect(other.locator("#stored")).to_contain_text("has 2 campaigns now", timeout=SOON_MS)
    assert stored(house, company) == [("Frühling", "paused"), ("Herbst", "active")]
    assert_good(page)
    with page.expect_download() as saving:
        page.locator("#save-report").click()
    assert saving.value.suggested_filename == "import-report.txt"
    text = Path(saving.value.path()).read_text(encoding="utf-8")
    assert text.startswith("März.csv\nread as ")
    assert "2 days" in text


def test_bad_lines_are_named_and_another_file_may_follow(
    house: House, company: Company, visits: Visits
) -> None:
    page = visits.open(DATA, who=company.admin)
    page.locator(".file-field").evaluate(
        DROP,
        "campaign_name,currency,date,clicks\nSpring,EUR,2026-02-30,1\nSpring,EUR,2026-03-01,x\n",
    )
    expect(page.get_by_role("heading", name="dropped.csv")).to_be_visible()
    expect(page.locator("#first-rows .error-text")).to_have_count(2)
    page.locator("#check").click()
    expect(page.locator("#verdict")).to_contain_text(
        "2 bad lines: fix them, then choose the file again"
    )
    expect(page.locator("#problems li").first).to_contain_text("Line 2")
    expect(page.locator("#import")).to_be_disabled()
    assert_good(page)
    choose(page, "picture.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")
    expect(page.locator("#failed").get_by_role("alert")).to_be_visible()
    expect(page.locator("#first-rows")).to_have_count(0)
    assert_good(page)
    choose(page, "march.csv", b"campaign_name,currency,date\nSpring,EUR,2026-03-01\n")
    expect(page.locator("#first-rows tbody tr")).to_have_count(1)
    expect(page.locator("#failed")).to_have_count(0)
    assert stored(house, company) == []


def test_what_cannot_be_sent_is_told_at_the_field(
    company: Company, visits: Visits, tmp_path: Path
) -> None:
    page = visits.open(DATA, who=company.admin, allow=["status of 413", "net::ERR_"])
    problem = page.locator("#file-error")
    page.route("**/api/uploads/*", lambda route: route.abort())
    choose(page, "march.csv", b"x")
    expect(problem).to_contain_text("the connection was lost")
    expect(page.get_by_label("File", exact=True)).to_have_value("")
    page.unroute("**/api/uploads/*")
    page.route("**/api/uploads/*", lambda route: route.fulfill(status=413, body="<html>"))
    choose(page, "march.csv", b"x")
    expect(problem).to_have_text(f"{uploads.TOO_LARGE}.")
    page.unroute("**/api/uploads/*")
    assert_accessible(page)
    large = tmp_path / "large.csv"
    with large.open("wb") as made:
        made.truncate(uploads.LIMIT + 1)
    choose(page, "march.csv", b"")
    expect(problem).to_have_text("The file is empty. Choose another one.")
    choose(page, "march.csv", b"campaign_name,currency,date\n")
    expect(page.locator("#no-rows")).to_be_visible()
    page.get_by_label("File", exact=True).set_input_files(large)
    expect(problem).to_have_text(f"{uploads.TOO_LARGE}.")
    expect(page.get_by_role("heading", name="march.csv")).to_have_count(0)
    choose(page, "march.csv", b"campaign_name,currency,date\nSpring,EUR,2026-03-01\n")
    expect(page.locator("#first-rows tbody tr")).to_have_count(1)
    expect(problem).to_have_count(0)


@pytest.mark.long
def test_a_file_is_imported_without_a_mouse(house: House, company: Company, visits: Visits) -> None:
    page = visits.open(DATA, who=company.admin)
    go_to(page, page.get_by_label("File", exact=True))
    with page.expect_file_chooser() as choosing:
        page.keyboard.press("Enter")
    choosing.value.set_files(
        file("march.csv", b"campaign_name,currency,date\nSpring,EUR,2026-03-01\n")
    )
    expect(page.locator("#first-rows tbody tr")).to_have_count(1)
    go_to(page, page.locator("#check"))
    page.keyboard.press("Enter")
    expect(page.locator("#import")).to_be_enabled()
    go_to(page, page.locator("#import"))
    page.keyboard.press("Enter")
    expect(page.locator("#verdict")).to_contain_text("Imported")
    assert stored(house, company) == [("Spring", "active")]


@pytest.mark.long
def test_a_viewer_is_told_that_it_is_an_admins(company: Company, visits: Visits) -> None:
    page = visits.open("/settings", who=company.viewer)
    expect(page.get_by_role("link", name="Data", exact=True)).to_have_count(0)
    page.goto(DATA)
    expect(page.get_by_role("heading", name="No access to this page")).to_be_visible()
