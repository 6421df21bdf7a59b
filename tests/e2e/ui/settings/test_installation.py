"""What is the installation's: how it sends mail, and its accounts."""

import re

import pytest
from playwright.sync_api import expect

from exports_app.domain.access import Role
from tests.e2e.ui.axe import assert_accessible
from tests.e2e.ui.form import at_both_widths
from tests.e2e.ui.house import GONE, Company, House
from tests.e2e.ui.listed import assert_nothing_overflows, toast
from tests.e2e.ui.sign_in_form import mailed_link
from tests.e2e.ui.visitor import Visits
from tests.world import Person


@pytest.fixture
def operator(house: House) -> Person:
    return house.person("Noor Operator", {}, is_super=True)


@at_both_widths
def test_the_mail_settings_are_shown_and_tried(
    house: House, company: Company, operator: Person, visits: Visits, width: int
) -> None:
    page = visits.open(f"/settings?tenant={company.tenant.slug}", who=operator, width=width)
    page.get_by_role("link", name="Email").click()
    line = page.locator("#effective-settings tr")
    expect(line.filter(has_text="SMTP_HOST")).to_contain_text(house.mails.host)
    expect(line.filter(has_text="SMTP_HOST")).to_contain_text("the environment")
    expect(line.filter(has_text="SMTP_PASS")).to_contain_text("not set")
    expect(line.filter(has_text="SMTP_FROM")).to_contain_text("Exports <exports@example.com>")
    assert_nothing_overflows(page)
    assert_accessible(page)
    address = page.get_by_label("To", exact=True)
    expect(address).to_have_value(operator.user.email)
    before = len(house.mails.messages)
    page.get_by_role("button", name="Send a test email").click()
    expect(page.locator("#outcome")).to_contain_text("The mail server accepted it: 250")
    received = house.mails.wait_for(before + 1)[before:]
    assert [one.rcpt_tos for one in received if one.message["Subject"] == "Test email"] == [
        [operator.user.email]
    ]
    address.fill(GONE)
    page.get_by_role("button", name="Send a test email").click()
    expect(page.locator("#outcome")).to_contain_text("Not sent. 550 5.1.1 no such user")
    expect(page.locator("#dialogue")).to_contain_text(f"C: RCPT TO:<{GONE}>")
    expect(page.locator("#dialogue")).to_contain_text("S: 550 5.1.1 no such user")
    assert_nothing_overflows(page)
    assert_accessible(page)


@at_both_widths
def test_accounts_are_found_reset_and_deactivated(
    house: House, company: Company, operator: Person, visits: Visits, width: int
) -> None:
    lost = house.person("Lost Lemur", {company.id: Role.VIEWER})
    theirs = visits.open("/settings", who=lost, width=width)
    page = visits.open("/settings/users", who=operator, width=width)
    page.get_by_label("Search users").fill(lost.user.email)
    expect(page.locator("#users li")).to_have_count(1)
    expect(page.locator("#users li")).to_contain_text(f"{company.tenant.name} (viewer)")
    assert_nothing_overflows(page)
    assert_accessible(page)
    page.get_by_role("button", name="Reset password: Lost Lemur").click()
    expect(page.get_by_role("alertdialog")).to_contain_text(
        "They get a link by email to set a new password"
    )
    assert_accessible(page)
    page.locator("#question-confirm").click()
    expect(toast(page, f"Sending a password reset link to {lost.user.email}")).to_be_visible()
    expect(page.locator("#link-to-pass-on")).to_have_count(0)
    assert_nothing_overflows(page)
    guest = visits.open(mailed_link(house, lost.user.email), width=width, ready=False)
    expect(guest.get_by_text(f"For {lost.user.email}")).to_be_visible()
    page.get_by_role("button", name="Deactivate: Lost Lemur").click()
    expect(page.get_by_role("alertdialog")).to_contain_text("They are signed out everywhere")
    assert_accessible(page)
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Deactivate: Lost Lemur").click()
    page.locator("#question-confirm").click()
    expect(toast(page, "Lost Lemur is signed out")).to_be_visible()
    expect(page.locator("#users li")).to_contain_text("inactive")
    theirs.reload()
    expect(theirs).to_have_url(re.compile("/login"))
    page.get_by_role("button", name="Activate: Lost Lemur").click()
    expect(page.locator("#users li")).not_to_contain_text("inactive")


@pytest.mark.parametrize(
    "path", ["/settings/email", pytest.param("/settings/users", marks=pytest.mark.long)]
)
def test_an_admin_is_told_that_it_is_for_super_admins(
    company: Company, visits: Visits, path: str
) -> None:
    page = visits.open("/settings", who=company.admin)
    tabs = page.get_by_role("navigation", name="Settings")
    expect(tabs.get_by_role("link", name="Members")).to_be_visible()
    mine = tabs.get_by_role("group", name=company.tenant.name)
    expect(mine.get_by_role("link")).to_have_text(
        ["Members", "Tenant", "Data", "Destinations", "API keys", "Audit log"]
    )
    expect(tabs.get_by_role("group", name="Installation")).to_have_count(0)
    page.goto(path)
    expect(page.get_by_role("heading", name="No access to this page")).to_be_visible()
    expect(
        page.get_by_text("Only super admins of the installation can see this page")
    ).to_be_visible()
