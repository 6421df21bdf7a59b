"""Signing in and out, what stands in a page's place meanwhile, and a server that goes away and
comes back."""

import json
import re
import signal
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from exports_app.services.accounts.provisioning import DEMO_EMAIL
from exports_app.services.identity.passwords import DEMO_PASSWORD
from tests.e2e.server import free_port
from tests.e2e.ui.house import Company, House, open_house
from tests.e2e.ui.sign_in_form import sign_in
from tests.e2e.ui.visitor import Visits
from tests.mailserver import MailServer
from tests.world import PASSWORD

LOST = "Connection lost"
NOT_FOUND = ("status of 404",)
OFFLINE = (
    "ERR_CONNECTION_REFUSED",
    "WebSocket",
    "websocket",
    "Disconnect",
    "Failed to load resource",
)
"""What a browser itself says of a server that is gone."""


def address_of(page: Page, pattern: str) -> None:
    expect(page).to_have_url(re.compile(pattern))


def theme(page: Page) -> str:
    return str(
        page.evaluate(
            "() => ['dark', 'light']"
            ".find((theme) => document.documentElement.classList.contains(theme)) || ''"
        )
    )


class TestSigningIn:
    def test_a_wrong_password_is_said_and_the_address_stays_filled_in(
        self, visits: Visits, company: Company
    ) -> None:
        page = visits.open("/login?ended=1")
        expect(page.get_by_text("Your session has ended")).to_be_visible()
        fields = [page.locator(name) for name in ("#email", "#password", "button[type=submit]")]
        before = [field.bounding_box() for field in fields]
        sign_in(page, company.admin.user.email, "wrong")
        expect(page.get_by_role("alert")).to_have_text(
            "The email address or the password is wrong."
        )
        assert [field.bounding_box() for field in fields] == before, "nothing may jump"
        expect(page.get_by_label("Email")).to_have_value(company.admin.user.email)
        address_of(page, "/login/?[?]ended=1$")
        expect(page).to_have_title("Sign in · Exports")

    def test_leads_to_the_page_that_was_asked_for(
        self, visits: Visits, house: House, company: Company
    ) -> None:
        for name in ("One week", "One month"):
            house.schedule(company, name)
        page = visits.open("/scheduled-exports?q=week")
        address_of(page, "/login/?[?]next=")
        sign_in(page, company.admin.user.email, PASSWORD)
        address_of(page, "/scheduled-exports/?[?].*q=week")
        expect(page.get_by_text("One week").first).to_be_visible()
        expect(page.get_by_text("One month")).to_have_count(0)

    def test_the_demo_names_its_login_and_says_afterwards_that_it_is_one(
        self, visits: Visits
    ) -> None:
        page = visits.open("/")
        address_of(page, "/login")
        expect(page.locator("#demo-login")).to_contain_text(DEMO_EMAIL)
        expect(page.locator("#demo-login")).to_contain_text(DEMO_PASSWORD)
        sign_in(page, DEMO_EMAIL, DEMO_PASSWORD)
        expect(page.get_by_label("Demo", exact=True)).to_contain_text("This is a demo")
        expect(page).to_have_title("Scheduled Exports · Exports")
        expect(page.get_by_role("link", name="Scheduled Exports")).to_have_attribute(
            "aria-current", "page"
        )

    def test_no_script_can_read_the_session(
        self, visits: Visits, house: House, company: Company
    ) -> None:
        page = visits.open("/login")
        sign_in(page, company.admin.user.email, PASSWORD)
        expect(page.locator("#account")).to_be_visible()
        assert page.evaluate("() => document.cookie") == ""
        secrets = [str(one["value"]) for one in page.context.cookies()]
        assert len(secrets) == 3  # of the session, of the browser, and that this browser is known
        stored = page.evaluate(
            "() => JSON.stringify("
            "[{...localStorage}, {...sessionStorage}, document.documentElement.outerHTML])"
        )
        assert not any(secret in stored for secret in secrets)

    def test_somebody_who_is_signed_in_already_is_led_on(
        self, visits: Visits, company: Company
    ) -> None:
        page = visits.open("/login", who=company.admin, ready=False)
        address_of(page, "/scheduled-exports")

    def test_a_sign_in_that_took_too_long_is_explained(self, visits: Visits) -> None:
        page = visits.open("/api/session/long-gone")
        address_of(page, "/login/?[?]expired=1")
        expect(page.get_by_text("That sign-in took too long")).to_be_visible()

    def test_signing_out_ends_it_in_every_tab(self, visits: Visits, company: Company) -> None:
        page = visits.open(who=company.admin)
        other = page.context.new_page()
        other.goto("/scheduled-exports")
        expect(other.locator("#account")).to_be_visible()
        page.locator("#account").click()
        page.get_by_role("menuitem", name="Sign out").click()
        address_of(page, "/login/?$")
        assert "exports_session" not in {one["name"] for one in page.context.cookies()}
        address_of(other, "/login")  # without a click: the end of a session is pushed
        page.goto("/scheduled-exports")
        address_of(page, "/login")


class TestWhatEverybodySees:
    def test_a_viewer_sees_the_list_and_histories_without_any_action(
        self, visits: Visits, house: House, company: Company
    ) -> None:
        made = house.schedule(company, "Weekly numbers")
        house.run(company, made["id"])
        page = visits.open(who=company.viewer)
        main = page.get_by_role("main")
        expect(
            main.get_by_role("button", name="History of Weekly numbers", exact=True)
        ).to_be_visible()
        for action in ("New scheduled export", "Run Weekly", "Edit Weekly", "More for Weekly"):
            expect(main.get_by_role("button", name=action)).to_have_count(0)
        for control in ("checkbox", "switch"):
            expect(main.get_by_role(control)).to_have_count(0)
        page.keyboard.press("n")
        main.get_by_role("button", name="Weekly numbers", exact=True).click()
        history = page.get_by_role("dialog", name="Weekly numbers")
        history.get_by_role("button", name="Details").click()
        with page.expect_download() as download:
            history.get_by_role("button", name="Download").click()
        assert "weekly-numbers" in download.value.suggested_filename
        for action in ("Edit", "Run now", "Rerun", "Resend", "Backfill", "Cancel"):
            expect(history.get_by_role("button", name=action)).to_have_count(0)
        expect(history.get_by_role("switch")).to_have_count(0)
        expect(page.locator("[data-sonner-toast]")).to_have_count(0)

    def test_an_unknown_address_says_so(self, visits: Visits, house: House) -> None:
        page = visits.open("/no/such/page", allow=NOT_FOUND, ready=False)
        expect(page.get_by_role("heading", name="Page not found")).to_be_visible()
        expect(page).to_have_title("Not found · Exports")
        expect(page.get_by_role("banner")).to_have_count(0)
        page.get_by_role("link", name="Go to scheduled exports").click()
        address_of(page, "/login")

    def test_an_unknown_address_keeps_the_header_of_who_is_signed_in(
        self, visits: Visits, company: Company
    ) -> None:
        page = visits.open("/no/such/page", who=company.admin, allow=NOT_FOUND, ready=False)
        expect(page.get_by_role("heading", name="Page not found")).to_be_visible()
        page.get_by_role("navigation", name="Pages").get_by_role("link", name="Analytics").click()
        address_of(page, "/analytics")

    @pytest.mark.parametrize("dark", [False, pytest.param(True, marks=pytest.mark.long)])
    def test_the_theme_follows_the_system_until_it_is_switched_and_is_remembered(
        self, visits: Visits, company: Company, dark: bool
    ) -> None:
        before, after = ("dark", "light") if dark else ("light", "dark")
        page = visits.open(who=company.admin, dark=dark)
        assert theme(page) == before
        page.get_by_role("button", name="Switch between light and dark").click()
        expect(page.locator(f"html.{after}")).to_be_attached()
        page.reload()
        expect(page.locator(f"html.{after}")).to_be_attached()
        expect(page.locator("#account")).to_be_visible()
        assert theme(page) == after


@pytest.mark.long
def test_a_page_outlives_its_server_and_brings_back_what_was_typed(
    visits: Visits, built: None, mails: MailServer, password_hash: str, tmp_path: Path
) -> None:
    port = free_port()
    with open_house(tmp_path, mails, password_hash, port) as first:
        mine = first.company()
        first.schedule(mine, "Before")
        page = visits.open(who=mine.admin, allow=OFFLINE, house=first)
        page.get_by_role("button", name="New scheduled export").first.click()
        name = page.get_by_role("dialog").get_by_label("Name", exact=True)
        name.fill("Half written")
        page.get_by_role("dialog").get_by_label("Description").fill("and a description")
        page.wait_for_function(
            "() => Object.values({...sessionStorage})"
            ".some((kept) => kept.includes('and a description'))"
        )
        assert first.server.stop(signal.SIGTERM) == 0
        expect(page.get_by_text(LOST)).to_be_visible(timeout=20_000)
        page.get_by_role("dialog").get_by_label("Description").fill("and a longer description")
        page.get_by_role("dialog").get_by_label("Add recipients").press_sequentially(
            "ann@example.com,bob"
        )
        page.get_by_role("button", name="Create", exact=True).click()
        expect(
            page.get_by_text("The server cannot be reached, so nothing was done")
        ).to_be_visible()
    with open_house(tmp_path, mails, password_hash, port) as second:
        expect(page.get_by_text(LOST)).to_have_count(0, timeout=30_000)
        expect(page.get_by_text("Your unsaved changes were restored")).to_be_visible()
        expect(page.locator("#form")).to_be_focused()
        page.keyboard.type("typed on, blind")  # into no field that was not chosen
        expect(name).to_have_value("Half written")
        expect(page.get_by_role("dialog").get_by_label("Description")).to_have_value(
            "and a longer description"
        )
        expect(page.get_by_label("Add recipients")).to_have_value("ann@example.com,bob")
        page.get_by_role(
            "button", name="Create", exact=True
        ).click()  # with what stands in the field
        expect(page.locator(".chip.bad")).to_have_text("bob")
        page.locator(".chip.bad").get_by_role("button").first.click()
        expect(page.get_by_label("Add recipients")).to_have_value("bob")
        page.get_by_label("Add recipients").press("End")
        page.get_by_label("Add recipients").press_sequentially("@example.com")
        page.get_by_role("button", name="Create", exact=True).click()
        expect(page.get_by_role("dialog")).to_have_count(0)
        (stored,) = second.rows(
            "SELECT description, recipients FROM scheduled_exports WHERE name = 'Half written'"
        )
        assert stored["description"] == "and a longer description"
        assert json.loads(stored["recipients"]) == ["ann@example.com", "bob@example.com"]
        page.get_by_role("button", name="New scheduled export").first.click()
        expect(name).to_have_value("")  # nothing of the form before
        second.schedule(mine, "Afterwards")  # the list behind the form is live again
        expect(page.get_by_text("Afterwards")).to_be_attached()
        page.close()
