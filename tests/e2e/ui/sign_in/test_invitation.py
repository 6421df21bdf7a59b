"""Inviting in the browser: the admin's form, the page that the link opens, and leaving again."""

import re

import pytest
from playwright.sync_api import Page, expect

from exports_app.domain.access import Role
from tests.e2e.client import wait_until
from tests.e2e.ui.axe import assert_accessible
from tests.e2e.ui.form import at_both_widths
from tests.e2e.ui.house import Company, House
from tests.e2e.ui.listed import assert_nothing_overflows, toast
from tests.e2e.ui.visitor import Visits
from tests.world import PASSWORD, Person

PASS = "a password of their own"
_LINK = re.compile(r"(/invitation)#(\S+)")


def mailed_link(house: House, address: str, count: int = 1) -> str:
    """The path of the newest of so many links that came to this mailbox."""

    def links() -> list[str]:
        bodies = [
            one.message.get_body(("plain",))
            for one in house.mails.messages
            if one.rcpt_tos == [address]
        ]
        texts = [str(body.get_content()) for body in bodies if body is not None]
        found = [match[0] for text in texts if (match := _LINK.search(text))]
        return found if len(found) >= count else []

    return wait_until(f"{count} invitations came to {address}", links, 30)[-1]


def prove(house: House, person: Person) -> None:
    with house.services.store.write() as tx:
        tx.users.update(person.user.id, {"email_proven_at": house.services.clock()})


def invite(page: Page, email: str, role: str = "viewer") -> None:
    page.get_by_label("Email").fill(email)
    page.locator("#role").select_option(role)
    page.get_by_role("button", name="Invite", exact=True).click()


@pytest.mark.long
@at_both_widths
def test_an_invitation_is_mailed_sent_again_and_revoked(
    house: House, company: Company, visits: Visits, width: int
) -> None:
    email = f"revoked.{width}.{company.tenant.slug}@example.com"
    page = visits.open("/settings/members", who=company.admin, width=width)
    expect(page.locator("#members li")).to_have_count(2)
    expect(page.locator("#email-hint")).to_contain_text("Existing users get access to this tenant")
    page.locator("form").evaluate("(form) => form.noValidate = true")
    invite(page, "not an address")
    expect(page.get_by_role("alert")).to_be_visible()
    assert_nothing_overflows(page)
    invite(page, email, "admin")
    expect(toast(page, f"Sending an invitation to {email}")).to_be_visible()
    expect(page.locator("#invitations li")).to_have_count(1)
    expect(page.locator("#invitations")).to_contain_text("Admin · invited by Ada Admin")
    expect(page.locator("#link-to-pass-on")).to_have_count(0)
    assert_nothing_overflows(page)
    assert_accessible(page)
    first = mailed_link(house, email)
    page.get_by_role("button", name=f"Resend the invitation to {email}").click()
    second = mailed_link(house, email, 2)
    assert first != second
    page.get_by_role("button", name=f"Revoke the invitation to {email}").click()
    expect(page.locator("#invitations li")).to_have_count(0)
    guest = visits.open(second, width=width, ready=False)
    expect(guest.get_by_role("alert")).to_contain_text("This link is no longer valid")
    assert_accessible(guest)


@at_both_widths
def test_who_reads_the_mailbox_joins_and_is_signed_in(
    house: House, company: Company, visits: Visits, width: int
) -> None:
    email = f"new.{width}.{company.tenant.slug}@example.com"
    house.schedule(company, "What they see")
    admin = visits.open("/settings/members", who=company.admin)
    invite(admin, email, "admin")
    log = house.log()
    link = mailed_link(house, email)
    page = visits.open(link, width=width, ready=False)
    expect(page.get_by_role("heading", name=f"Join {company.tenant.name}")).to_be_visible()
    assert "#" not in page.url
    assert page.evaluate("() => document.referrer") == ""
    expect(page.get_by_text("Ada Admin invites you")).to_be_visible()
    assert_nothing_overflows(page)
    assert_accessible(page)
    page.get_by_label("Name").fill("Newton New")
    page.get_by_label("Password").fill("short")
    page.locator("#join").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_label("Password").fill(PASS)
    page.locator("#join").click()
    expect(page.get_by_text("What they see").first).to_be_visible()
    expect(admin.locator("#members li")).to_have_count(3)
    expect(admin.locator("#invitations li")).to_have_count(0)
    token = link.partition("#")[2]
    assert token not in log()
    assert PASS not in log()
    assert page.evaluate("() => JSON.stringify(sessionStorage)").count(token) == 0
    again = visits.open(link, ready=False)
    expect(again.get_by_role("alert")).to_contain_text("This link is no longer valid")


@pytest.mark.long
def test_who_has_an_account_signs_in_and_comes_back(
    house: House, company: Company, visits: Visits
) -> None:
    person = house.person("Olga Other", {})
    prove(house, person)
    house.call(
        company.admin,
        "POST",
        f"/api/tenants/{company.id}/members",
        202,
        json={"email": person.user.email, "role": "admin"},
    )
    page = visits.open(mailed_link(house, person.user.email), ready=False)
    page.locator("#sign-in").click()
    page.get_by_label("Email").fill(person.user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text(f"You are signed in as {person.user.email}")).to_be_visible()
    page.locator("#accept").click()
    expect(page).to_have_url(re.compile("/scheduled-exports"))
    expect(page.locator("#account")).to_be_visible()
    assert company.id in {
        row["tenant_id"]
        for row in house.rows("SELECT * FROM memberships WHERE user_id = ?", person.user.id)
    }


@pytest.mark.long
def test_another_account_is_asked_to_sign_out_first(
    house: House, company: Company, visits: Visits
) -> None:
    email = f"other.{company.tenant.slug}@example.com"
    house.call(
        company.admin,
        "POST",
        f"/api/tenants/{company.id}/members",
        202,
        json={"email": email, "role": "viewer"},
    )
    page = visits.open(mailed_link(house, email), who=company.viewer, ready=False)
    expect(page.get_by_text("Sign out to accept it")).to_be_visible()
    assert_accessible(page)
    page.locator("#sign-out").click()
    expect(page.get_by_label("Password")).to_be_visible()
    page.get_by_label("Name").fill("Second Account")
    page.get_by_label("Password").fill(PASS)
    page.locator("#join").click()
    expect(page.locator("#account")).to_be_visible()


@pytest.mark.long
@at_both_widths
def test_a_one_time_password_is_changed_first(
    house: House, company: Company, visits: Visits, width: int
) -> None:
    person = house.person("Otto Onetime", {})
    prove(house, person)
    body = {"email": person.user.email, "role": "viewer"}
    house.call(company.admin, "POST", f"/api/tenants/{company.id}/members", 202, json=body)
    with house.services.store.write() as tx:
        tx.users.update(person.user.id, {"must_change_password": True})
    page = visits.open(mailed_link(house, person.user.email), who=person, width=width, ready=False)
    expect(page.get_by_text("with a one-time password. Choose your own")).to_be_visible()
    expect(page.locator("#accept")).to_have_count(0)
    assert_nothing_overflows(page)
    assert_accessible(page)
    page.locator("#own-password").click()
    expect(page.locator("#must-change")).to_be_visible()


@pytest.mark.long
@at_both_widths
def test_a_member_leaves_and_says_who_gets_their_exports(
    house: House, company: Company, visits: Visits, width: int
) -> None:
    house.schedule(company, "Left behind")
    house.set_role(company.viewer, company, Role.ADMIN)
    page = visits.open("/settings", who=company.admin, width=width)
    expect(page.locator("#belonging li")).to_have_count(1)
    assert_nothing_overflows(page)
    assert_accessible(page)
    page.get_by_role("button", name=f"Leave {company.tenant.name}").click()
    expect(page.locator("#question-confirm")).to_be_disabled()
    assert_accessible(page)
    page.locator("#new-owner").select_option(label="Vic Viewer")
    page.locator("#question-confirm").click()
    expect(page.locator("#belonging li")).to_have_count(0)
    (owner,) = house.rows("SELECT owner_id FROM scheduled_exports WHERE tenant_id = ?", company.id)
    assert owner["owner_id"] == company.viewer.user.id
