"""A forgotten password in the browser: asking for a link, and setting a new password with it."""

import re

from playwright.sync_api import expect

from tests.e2e.ui.axe import assert_accessible
from tests.e2e.ui.form import at_both_widths
from tests.e2e.ui.house import Company, House
from tests.e2e.ui.listed import assert_nothing_overflows
from tests.e2e.ui.sign_in_form import mailed_link, sign_in
from tests.e2e.ui.visitor import Visits

NEW = "a staple of the battery horse"


@at_both_widths
def test_who_forgot_the_password_sets_a_new_one_by_mail(
    house: House, company: Company, visits: Visits, width: int
) -> None:
    person, log = company.admin.user, house.log()
    signed_in = visits.open("/scheduled-exports", who=company.admin)
    page = visits.open("/login", width=width, ready=False)
    page.locator("#forgot").click()
    expect(page.get_by_role("heading", name="Forgot your password?")).to_be_visible()
    assert_nothing_overflows(page)
    assert_accessible(page)
    page.get_by_label("Email").fill(person.email)
    page.get_by_role("button", name="Send the link").click()
    expect(page.get_by_role("status")).to_contain_text(f"If {person.email} has an account here")
    assert_nothing_overflows(page)
    assert_accessible(page)
    link = mailed_link(house, person.email)
    token = link.partition("#")[2]
    page = visits.open(link, width=width, ready=False)
    expect(page.get_by_text(f"For {person.email}")).to_be_visible()
    assert "#" not in page.url
    assert_nothing_overflows(page)
    assert_accessible(page)
    page.get_by_label("New password").fill("password123")
    page.get_by_role("button", name="Set the password").click()
    expect(page.get_by_role("alert")).to_contain_text("most common")
    page.get_by_label("New password").fill(NEW)
    page.get_by_role("button", name="Set the password").click()
    expect(page.get_by_role("status")).to_contain_text("Your new password is set")
    assert_accessible(page)
    expect(signed_in).to_have_url(re.compile("/login"))
    assert page.evaluate("() => JSON.stringify(sessionStorage)").count(token) == 0
    page.locator("#sign-in").click()
    sign_in(page, person.email, NEW)
    expect(page.locator("#account")).to_be_visible()
    assert token not in log()
    assert NEW not in log()
    again = visits.open(link, ready=False)
    expect(again.get_by_role("alert")).to_contain_text("This link is no longer valid")
    assert_accessible(again)
    again.get_by_role("link", name="Request a new link").click()
    expect(again.get_by_label("Email")).to_be_visible()
