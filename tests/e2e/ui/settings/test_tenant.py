"""A tenant's looks and its audit, in the browser."""

import csv
import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.ui.axe import assert_accessible
from tests.e2e.ui.form import at_both_widths
from tests.e2e.ui.house import Company, House
from tests.e2e.ui.listed import assert_nothing_overflows, toast
from tests.e2e.ui.visitor import Visits


def banner(page: Page) -> str:
    """The colour at the top of the email that is shown."""
    found = page.frame_locator("iframe.mail").locator("[bgcolor], [style*=background]")
    return " ".join(
        found.evaluate_all("all => all.map(one => getComputedStyle(one).backgroundColor)")
    )


@at_both_widths
def test_a_tenants_looks_are_chosen_beside_the_email(
    house: House, company: Company, visits: Visits, width: int
) -> None:
    page = visits.open("/settings", who=company.admin, width=width)
    page.get_by_role("link", name="Tenant").click()
    expect(page.get_by_label("Name", exact=True)).to_have_value(company.tenant.name)
    letter = page.frame_locator("iframe.mail")
    expect(letter.get_by_text(company.tenant.name).first).to_be_visible()
    assert "rgb(29, 78, 216)" in banner(page)
    expect(page.locator("#save-tenant")).to_be_disabled()
    assert_nothing_overflows(page)
    assert_accessible(page)
    page.get_by_label("Name", exact=True).fill("Acme & Daughters")
    expect(letter.get_by_text("Acme & Daughters").first).to_be_visible()
    page.get_by_label("Colour", exact=True).fill("#0F7")
    expect(page.get_by_role("alert")).to_have_text("Use the format #RRGGBB")
    assert_nothing_overflows(page)
    page.get_by_label("Choose the colour").fill("#0f766e")
    expect(page.get_by_label("Colour", exact=True)).to_have_value("#0f766e")
    expect(page.get_by_role("alert")).to_have_count(0)
    page.wait_for_function(
        "() => document.querySelector('iframe.mail').srcdoc.toLowerCase().includes('#0f766e')"
    )
    page.get_by_label("Days to keep files").fill("90")
    page.locator("#timezone").click()
    page.get_by_label("Search time zone").fill("zurich")
    page.keyboard.press("Enter")
    expect(page.locator("#timezone")).to_have_text("Europe/Zurich")
    page.locator("#save-tenant").click()
    expect(toast(page, "Settings saved")).to_be_visible()
    expect(page.locator("#save-tenant")).to_be_disabled()
    expect(page.locator("#intro, .settings p b").first).to_have_text("Acme & Daughters")
    stored = house.call(company.admin, "GET", f"/api/tenants/{company.id}")
    assert {k: stored[k] for k in ("name", "brandColor", "timezone", "keepDays", "logoUrl")} == {
        "name": "Acme & Daughters",
        "brandColor": "#0f766e",
        "timezone": "Europe/Zurich",
        "keepDays": 90,
        "logoUrl": None,
    }


@pytest.mark.long
def test_what_somebody_else_saves_shows_where_nothing_is_typed(
    house: House, company: Company, visits: Visits
) -> None:
    page = visits.open("/settings/tenant", who=company.admin)
    page.get_by_label("Name", exact=True).fill("Typed here")
    expect(page.locator("#save-tenant")).to_be_enabled()
    house.call(
        company.admin,
        "PUT",
        f"/api/tenants/{company.id}",
        json={"keepDays": 12, "name": "Saved there"},
    )
    expect(page.get_by_label("Days to keep files")).to_have_value("12")
    expect(page.get_by_label("Name", exact=True)).to_have_value("Typed here")


@at_both_widths
def test_the_audit_is_read_filtered_and_saved(
    house: House, company: Company, visits: Visits, width: int
) -> None:
    made = house.schedule(company, "Weekly numbers")
    page = visits.open("/settings/audit", who=company.admin, width=width)
    entries = page.locator("#entries li.entry")
    expect(entries).to_have_count(1)
    expect(entries.first).to_contain_text("Ada Admin created the scheduled export Weekly numbers")
    house.call(
        company.admin, "PUT", f"/api/scheduled-exports/{made['id']}", json={"schedule": "0 8 * * 1"}
    )
    expect(entries).to_have_count(2)  # by itself
    expect(entries.first).to_contain_text("Schedule: 0 9 1 1 * → 0 8 * * 1")
    body = {"email": f"new{width}@example.com", "role": "viewer"}
    house.call(company.admin, "POST", f"/api/tenants/{company.id}/members", 202, json=body)
    expect(entries).to_have_count(3)
    assert_nothing_overflows(page)
    assert_accessible(page)
    page.locator("#area").select_option("schedule")
    expect(entries).to_have_count(2)
    page.get_by_label("Search entries").fill("WEEKLY")
    expect(page).to_have_url(re.compile(r"/settings/audit\?area=schedule&q=WEEKLY$"))
    with page.expect_download() as saving:
        page.locator("#save-csv").click()
    assert saving.value.suggested_filename == "audit.csv"
    with saving.value.path().open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["action"] for row in rows] == ["schedule.updated", "schedule.created"]
    page.locator("#since").fill("2030-01-01")
    expect(page.get_by_role("heading", name="No matching activity")).to_be_visible()
    expect(page).to_have_url(re.compile("since=2030-01-01"))
    page.reload()
    expect(page.get_by_role("heading", name="No matching activity")).to_be_visible()
    expect(page.locator("#since")).to_have_value("2030-01-01")
    page.get_by_role("button", name="Clear").last.click()
    expect(entries).to_have_count(4)
    expect(entries.first).to_contain_text("Ada Admin downloaded the audit, as a table")
    entries.first.get_by_text("Details").click()
    expect(entries.first).to_contain_text("Address: 127.0.0.1")
    expect(entries.first).to_contain_text("Session: ")
    assert_nothing_overflows(page)
    assert_accessible(page)


@pytest.mark.long
def test_older_entries_are_on_further_pages(house: House, company: Company, visits: Visits) -> None:
    for number in range(26):
        house.services.tenants.update(company.admin.who, company.id, {"name": f"Acme {number}"})
    page = visits.open("/settings/audit", who=company.admin)
    expect(page.locator("#entries li.entry")).to_have_count(25)
    page.get_by_role("button", name="Older").click()
    expect(page.locator("#entries li.entry")).to_have_count(1)
    expect(page).to_have_url(re.compile(r"page=2$"))
    expect(page.get_by_role("button", name="Older")).to_be_disabled()
    expect(page.locator("#entry-count")).to_have_text("26 entries")


@pytest.mark.long
def test_a_super_admin_reads_the_installations_entries_too(
    house: House, company: Company, visits: Visits
) -> None:
    operator = house.person("Noor Operator", {}, is_super=True)
    house.services.user_administration.set_active(
        operator.who, company.viewer.user.id, active=False
    )
    page = visits.open(f"/settings/audit?tenant={company.tenant.slug}", who=operator)
    expect(page.get_by_role("heading", name="No activity yet")).to_be_visible()
    page.locator("#of").select_option("installation")
    expect(page.locator("#entries")).to_contain_text(
        f"deactivated the account {company.viewer.user.email}"
    )
    admins = visits.open("/settings/audit", who=company.admin)
    expect(admins.get_by_label("Search entries")).to_be_visible()
    expect(admins.locator("#of")).to_have_count(0)


@pytest.mark.long
@pytest.mark.parametrize("path", ["/settings/tenant", "/settings/audit"])
def test_a_viewer_is_told_that_it_is_an_admins(company: Company, visits: Visits, path: str) -> None:
    page = visits.open(path, who=company.viewer)
    expect(page.get_by_role("heading", name="No access to this page")).to_be_visible()
