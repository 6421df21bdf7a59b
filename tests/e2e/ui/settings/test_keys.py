"""API keys in the browser."""

from playwright.sync_api import expect

from tests.e2e.ui.axe import assert_accessible
from tests.e2e.ui.form import at_both_widths
from tests.e2e.ui.house import Company, House
from tests.e2e.ui.listed import assert_nothing_overflows, toast
from tests.e2e.ui.visitor import Visits


@at_both_widths
def test_a_tenants_key_is_created_shown_once_and_revoked(
    house: House, company: Company, visits: Visits, width: int
) -> None:
    page = visits.open("/settings/tenant-keys", who=company.admin, width=width)
    expect(page.get_by_text("There are no keys yet.")).to_be_visible()
    page.get_by_role("button", name="Create key").click()
    expect(page.locator("#key-name-error")).to_be_visible()
    page.get_by_label("Name", exact=True).fill("Nightly import")
    page.get_by_label("Change campaigns").check()
    page.get_by_label("Expires after").select_option("30")
    page.get_by_role("button", name="Create key").click()
    key = page.locator("#new-key")
    expect(key).to_be_visible()
    expect(page.get_by_role("button", name="Copy")).to_be_focused()
    text = key.inner_text()
    assert house.services.auth.me(house.services.auth.principal(text))[0].name == "API keys"
    entry = page.locator("#keys li")
    expect(entry).to_contain_text("Read exports, Change campaigns")
    expect(entry).to_contain_text("expires in")
    assert_nothing_overflows(page)
    assert_accessible(page)
    # Leaving the page takes the key away
    page.get_by_role("link", name="Members").click()
    expect(page.locator("#members")).to_be_visible()
    page.go_back()
    expect(entry).to_be_visible()
    expect(key).to_have_count(0)
    page.get_by_role("button", name="Revoke Nightly import").click()
    question = page.get_by_role("alertdialog")
    expect(question).to_contain_text("It is the last key of this tenant")
    question.get_by_role("button", name="Revoke").click()
    expect(toast(page, "“Nightly import” was revoked")).to_be_visible()
    expect(entry).to_contain_text("revoked")
    expect(page.get_by_role("button", name="Revoke Nightly import")).to_have_count(0)
