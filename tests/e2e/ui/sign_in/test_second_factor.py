"""A second factor, from its set-up to the next sign-in."""

import re
import time

import pyotp
import pytest
from playwright.sync_api import Page, expect

from exports_app.services.identity.one_time_passwords import PERIOD
from tests.e2e.ui.axe import assert_accessible
from tests.e2e.ui.form import at_both_widths
from tests.e2e.ui.house import Company, House
from tests.e2e.ui.listed import assert_nothing_overflows, toast
from tests.e2e.ui.sign_in_form import sign_in
from tests.e2e.ui.visitor import Visits
from tests.world import PASSWORD, Person


def enrol(house: House, person: Person) -> tuple[pyotp.TOTP, list[str]]:
    """By the services; the code of now is used up."""
    app = pyotp.TOTP(house.services.second_factors.begin(person.who, PASSWORD).secret)
    return app, house.services.second_factors.confirm(person.who, app.now()).recovery_codes


def next_code(app: pyotp.TOTP) -> str:
    """One that was not used, and that the server takes already."""
    return app.at(time.time() + PERIOD)


def look(page: Page) -> None:
    assert_nothing_overflows(page)
    assert_accessible(page)


@at_both_widths
def test_is_set_up_and_asked_for_at_the_next_sign_in(
    company: Company, visits: Visits, width: int
) -> None:
    page = visits.open("/settings", who=company.admin, width=width)
    card = page.get_by_role("region", name="Two-factor authentication")
    card.get_by_role("button", name="Set up").click()
    expect(card.get_by_label("Current password")).to_be_focused()
    page.keyboard.type("a wrong password")
    page.keyboard.press("Enter")
    expect(card.get_by_role("alert")).to_have_text("This is not your password")
    look(page)
    card.get_by_label("Current password").fill(PASSWORD)
    card.get_by_role("button", name="Continue").click()
    expect(card.get_by_role("img", name="QR code")).to_be_visible()
    expect(card.get_by_label("Code")).to_be_focused()
    look(page)
    app = pyotp.TOTP(card.locator("#factor-secret").inner_text().replace(" ", ""))
    page.keyboard.type("000000")
    page.keyboard.press("Enter")
    expect(card.get_by_role("alert")).to_contain_text("wrong, expired")
    card.get_by_label("Code").fill(app.now())
    card.get_by_role("button", name="Turn on").click()
    codes = card.get_by_role("list", name="Recovery codes").get_by_role("listitem")
    expect(codes).to_have_count(10)
    look(page)
    recovery = codes.all_inner_texts()
    with page.expect_download() as download:
        card.get_by_role("link", name="Download").click()
    assert download.value.path().read_text("utf-8").split() == recovery
    card.get_by_role("button", name="I have saved them").click()
    expect(card).to_contain_text("Recovery codes left: 10")
    assert not [code for code in recovery if code in page.content()]
    look(page)

    fresh = visits.open("/login", width=width)
    sign_in(fresh, company.admin.user.email, PASSWORD)
    expect(fresh.get_by_label("Code")).to_be_focused()
    expect(fresh.get_by_label("Password")).to_have_count(0)
    assert PASSWORD not in fresh.content()
    look(fresh)
    fresh.keyboard.type("000000")
    fresh.keyboard.press("Enter")
    expect(fresh.get_by_role("alert")).to_contain_text("wrong, expired")
    fresh.get_by_label("Code").fill(next_code(app))
    fresh.get_by_role("button", name="Continue").click()
    expect(fresh.locator("#account")).to_be_visible()

    back = visits.open("/login", width=width)
    sign_in(back, company.admin.user.email, PASSWORD)
    back.get_by_role("button", name="Back").click()
    expect(back.get_by_label("Email")).to_be_focused()
    sign_in(back, company.admin.user.email, PASSWORD)
    back.get_by_label("Code").fill(recovery[0].upper())
    back.get_by_role("button", name="Continue").click()
    expect(back.locator("#account")).to_be_visible()


@pytest.mark.long
def test_is_renewed_and_disabled(house: House, company: Company, visits: Visits) -> None:
    app, old = enrol(house, company.admin)
    page = visits.open("/settings", who=company.admin)
    card = page.get_by_role("region", name="Two-factor authentication")
    card.get_by_role("button", name="New recovery codes").click()
    look(page)
    card.get_by_label("Current password").fill(PASSWORD)
    card.get_by_label("Code").fill(next_code(app))
    card.get_by_role("button", name="Create new codes").click()
    codes = card.get_by_role("list", name="Recovery codes").get_by_role("listitem")
    expect(codes).to_have_count(10)
    new = codes.all_inner_texts()
    assert set(new).isdisjoint(old)
    card.get_by_role("button", name="I have saved them").click()
    card.get_by_role("button", name="Turn off").click()
    look(page)
    card.get_by_label("Current password").fill(PASSWORD)
    card.get_by_label("Code").fill(new[0])
    card.get_by_role("button", name="Turn off").click()
    expect(toast(page, "Two-factor authentication was turned off")).to_be_visible()
    expect(card.get_by_role("button", name="Set up")).to_be_visible()


@pytest.mark.long
@at_both_widths
def test_is_required_by_a_tenant_of_its_members(
    house: House, company: Company, visits: Visits, width: int
) -> None:
    page = visits.open("/settings/tenant", who=company.admin, width=width)
    switch = page.get_by_role("switch", name="Require two-factor authentication")
    switch.click()
    expect(toast(page, "Set up two-factor authentication for yourself first")).to_be_visible()
    expect(switch).not_to_be_checked()
    enrol(house, company.admin)
    page = visits.open("/settings/tenant", who=company.admin, width=width)
    switch = page.get_by_role("switch", name="Require two-factor authentication")
    switch.click()
    expect(toast(page, "Two-factor authentication is now required here")).to_be_visible()
    expect(switch).to_be_checked()
    look(page)
    member = visits.open("/scheduled-exports", who=company.viewer, width=width)
    expect(member).to_have_url(re.compile("/settings"))
    expect(member.locator("#second-factor-required")).to_contain_text(
        "requires two-factor authentication"
    )
    look(member)
    card = member.get_by_role("region", name="Two-factor authentication")
    card.get_by_role("button", name="Set up").click()
    card.get_by_label("Current password").fill(PASSWORD)
    card.get_by_role("button", name="Continue").click()
    app = pyotp.TOTP(card.locator("#factor-secret").inner_text().replace(" ", ""))
    card.get_by_label("Code").fill(app.now())
    card.get_by_role("button", name="Turn on").click()
    card.get_by_role("button", name="I have saved them").click()
    expect(member).to_have_url(re.compile("/scheduled-exports"))
    expect(member.locator("#account")).to_be_visible()
    expect(member.get_by_text("No scheduled exports yet")).to_be_visible()
    expect(member.locator("#new")).to_have_count(0)  # they have a viewer's rights again
