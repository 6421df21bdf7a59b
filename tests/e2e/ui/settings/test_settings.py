"""Settings: one's own account, and the people of a tenant."""

import re

import pytest
from playwright.sync_api import Page, expect

from exports_app.domain.access import Role
from tests.e2e.ui.axe import assert_accessible
from tests.e2e.ui.form import at_both_widths
from tests.e2e.ui.house import Company, House
from tests.e2e.ui.listed import assert_nothing_overflows, toast
from tests.e2e.ui.sign_in_form import sign_in
from tests.e2e.ui.visitor import Visits
from tests.world import PASSWORD

NEW = "a brand new password"


def change(page: Page, current: str, new: str) -> None:
    page.get_by_label("Current password").fill(current)
    page.get_by_label("New password").fill(new)
    page.get_by_role("button", name="Change password").click()


@at_both_widths
def test_a_password_is_changed_and_the_other_browsers_are_signed_out(
    house: House, company: Company, visits: Visits, width: int
) -> None:
    other = visits.open(who=company.admin, width=width)
    page = visits.open(who=company.admin, width=width)
    page.get_by_role("button", name="Account").click()
    page.get_by_role("menuitem", name="Settings").click()
    expect(page.get_by_role("heading", name="Settings")).to_be_visible()
    expect(page.locator("#sessions li")).to_have_count(2)
    expect(page.get_by_text("This browser")).to_have_count(1)
    assert_nothing_overflows(page)
    assert_accessible(page)
    change(page, "wrong", NEW)
    expect(page.get_by_role("alert")).to_have_text("This is not your password")
    change(page, PASSWORD, "short")
    expect(page.get_by_role("alert")).to_have_text("Use at least 10 characters")
    assert_nothing_overflows(page)
    change(page, PASSWORD, NEW)
    expect(toast(page, "Your password was changed")).to_be_visible()
    expect(page.get_by_label("New password")).to_have_value("")
    expect(page.locator("#sessions li")).to_have_count(1)
    other.reload()
    expect(other).to_have_url(re.compile("/login"))
    token = house.services.auth.login(company.admin.user.email, NEW, "192.0.2.1")
    assert token.user.id == company.admin.user.id


@pytest.mark.long
def test_another_browser_is_signed_out_and_then_this_one_too(
    company: Company, visits: Visits
) -> None:
    other = visits.open(who=company.viewer)
    page = visits.open("/settings", who=company.viewer)
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page.locator("#sessions li")).to_have_count(1)
    other.reload()
    expect(other).to_have_url(re.compile("/login"))
    page.get_by_role("button", name="Sign out everywhere").press("Enter")
    dialog = page.get_by_role("alertdialog", name="Sign out everywhere?")
    expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    page.keyboard.press("Enter")  # whoever presses it twice stays
    expect(dialog).to_have_count(0)
    expect(page.locator("#sessions li")).to_have_count(1)
    page.get_by_role("button", name="Sign out everywhere").click()
    dialog.get_by_role("button", name="Sign out everywhere").click()
    expect(page).to_have_url(re.compile("/login"))


@pytest.mark.long
def test_a_password_that_was_given_is_changed_before_anything_else(
    house: House, company: Company, visits: Visits
) -> None:
    house.schedule(company, "Mine")
    password = house.services.provisioning.give_one_time_password(company.admin.user.email)
    page = visits.open("/login")
    sign_in(page, company.admin.user.email, password)
    expect(page.locator("#must-change")).to_be_visible()
    expect(page).to_have_url(re.compile("/settings"))
    change(page, password, NEW)
    expect(page.get_by_text("Mine").first).to_be_visible()
    expect(page).to_have_url(re.compile("/scheduled-exports"))


@at_both_widths
def test_members_change_and_go(house: House, company: Company, visits: Visits, width: int) -> None:
    house.schedule(company, "Handed over")
    page = visits.open("/settings", who=company.admin, width=width)
    page.get_by_role("link", name="Members").click()
    expect(page.locator("#members li")).to_have_count(2)
    assert_nothing_overflows(page)
    assert_accessible(page)
    house.person("Newton New", {company.id: Role.VIEWER})
    page.reload()
    expect(page.locator("#members li")).to_have_count(3)

    me = company.admin.user.name
    page.get_by_label(f"Role of {me}").select_option("viewer")
    expect(toast(page, "last active admin")).to_be_visible()
    expect(page.get_by_label(f"Role of {me}")).to_have_value("admin")
    page.get_by_label("Role of Newton New").select_option("admin")
    expect(page.get_by_label("Role of Newton New")).to_have_value("admin")
    page.get_by_role("button", name=f"Remove {me}").click()
    confirm = page.locator("#question-confirm")
    expect(confirm).to_be_disabled()
    assert_accessible(page)
    page.locator("#new-owner").select_option(label="Newton New")
    confirm.click()
    expect(page).to_have_url(re.compile("/settings/?$"))
    expect(page.get_by_role("link", name="Members")).to_have_count(0)
    (owner,) = house.rows(
        "SELECT owner_id, name FROM scheduled_exports WHERE tenant_id = ?", company.id
    )
    assert owner["name"] == "Handed over"
    assert owner["owner_id"] != company.admin.user.id


@pytest.mark.long
def test_a_viewer_is_told_that_members_are_an_admins(company: Company, visits: Visits) -> None:
    page = visits.open("/settings", who=company.viewer)
    expect(page.get_by_role("heading", name="Settings")).to_be_visible()
    expect(page.get_by_role("link", name="Members")).to_have_count(0)
    page.goto("/settings/members")
    expect(page.get_by_role("heading", name="No access to this page")).to_be_visible()
