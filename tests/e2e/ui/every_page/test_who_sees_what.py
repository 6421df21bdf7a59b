"""Who sees what: one user after another in the same tab, one tenant beside another, a schedule by
its address."""

import re
import uuid

import pytest
from playwright.sync_api import Page, expect

from exports_app.domain.access import Role
from exports_app.services.identity.cookies import SESSION_COOKIE
from tests.e2e.ui.form import at_both_widths
from tests.e2e.ui.house import Company, House
from tests.e2e.ui.listed import LISTED, names, row, rows, sign_in, takes_keys
from tests.e2e.ui.visitor import Visits
from tests.world import PASSWORD, Person


def sign_out(page: Page) -> None:
    page.locator("#account").click()
    page.get_by_role("menuitem", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def become(page: Page, house: House, who: Person) -> None:
    """Another cookie in the same browser, as someone else's sign-in in another tab would leave
    it."""
    page.context.add_cookies(
        [
            {
                "name": SESSION_COOKIE,
                "value": house.session(who),
                "url": house.url,
                "httpOnly": True,
                "sameSite": "Lax",
            }
        ]
    )


class TestSigningInAndOut:
    @at_both_widths
    def test_works_by_the_keyboard_alone(
        self, company: Company, visits: Visits, width: int
    ) -> None:
        page = visits.open("/login", width=width)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        expect(page.get_by_label("Email")).to_be_focused()
        page.keyboard.type(company.admin.user.email)
        page.keyboard.press("Tab")
        page.keyboard.type(PASSWORD)
        page.keyboard.press("Enter")
        expect(page.locator("#account")).to_be_visible()

    @at_both_widths
    def test_out_through_the_account_menu_ends_the_session(
        self, house: House, company: Company, visits: Visits, width: int
    ) -> None:
        page = visits.open(who=company.admin, width=width)
        page.locator("#account").click()
        menu = page.get_by_role("menu")
        for fact in (company.admin.user.name, company.admin.user.email, "Admin"):
            expect(menu).to_contain_text(fact)
        takes_keys(menu)
        page.keyboard.press("Escape")
        expect(menu).to_have_count(0)
        secret = next(
            one["value"] for one in page.context.cookies() if one["name"] == SESSION_COOKIE
        )
        sign_out(page)
        assert house.services.sessions.visit(secret) is None

    def test_out_leaves_nothing_behind_the_back_button(
        self, house: House, company: Company, visits: Visits
    ) -> None:
        house.schedule(company, "Not for those who come after")
        page = visits.open("/login")
        sign_in(page, company.admin.user.email)
        expect(rows(page)).to_have_count(1)
        page.goto(f"{LISTED}?sort=name")
        expect(rows(page)).to_have_count(1)
        sign_out(page)
        page.go_back()
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        assert "Not for those" not in page.content()
        assert company.admin.user.email not in page.content()


def test_the_next_user_of_a_tab_sees_nothing_of_the_one_before(
    house: House, company: Company, visits: Visits
) -> None:
    house.schedule(company, "Secret of the first")
    second = house.company("Second")
    house.schedule(second, "Of the second")
    page = visits.open(f"{LISTED}?sort=name", who=company.admin)
    page.get_by_role("button", name="Edit Secret of the first").click()
    page.get_by_role("dialog").get_by_label("Name", exact=True).fill(
        "Secret of the first, not yet saved"
    )
    page.wait_for_function("() => JSON.stringify(sessionStorage).includes('not yet saved')")
    token = page.evaluate("sessionStorage.getItem('token')")
    become(page, house, second.admin)
    seen: list[str] = []
    page.on(
        "websocket",
        lambda socket: socket.on("framereceived", lambda frame: seen.append(str(frame))),
    )
    page.goto(LISTED)
    expect(names(page)).to_have_text(["Of the second"])
    assert page.evaluate("sessionStorage.getItem('token')") == token is not None
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert "Secret" not in page.content()
    assert company.admin.user.email not in page.content()
    assert any("Of the second" in frame for frame in seen)
    assert not [frame for frame in seen if "Secret" in frame or company.admin.user.email in frame]


class TestTenants:
    @at_both_widths
    def test_of_one_person_have_each_its_own_list_and_the_choice_is_kept(
        self, house: House, company: Company, visits: Visits, width: int
    ) -> None:
        second = house.company("Umbrella")
        both = house.person("Bea Both", {company.id: Role.ADMIN, second.id: Role.ADMIN})
        house.schedule(company, "Of the first")
        house.schedule(second, "Of the other")
        page = visits.open(f"{LISTED}?tenant={company.tenant.slug}", who=both, width=width)
        expect(names(page)).to_have_text(["Of the first"])
        page.get_by_role("button", name=f"Tenant: {company.tenant.name}").click()
        page.get_by_role("menuitem", name=second.tenant.name).click()
        expect(names(page)).to_have_text(["Of the other"])
        expect(page.get_by_role("button", name=f"Tenant: {second.tenant.name}")).to_be_visible()
        expect(page).to_have_url(re.compile(f"tenant={second.tenant.slug}"))
        fresh = page.context.new_page()
        fresh.goto(LISTED)
        expect(names(fresh)).to_have_text(["Of the other"])
        expect(fresh.get_by_role("button", name=f"Tenant: {second.tenant.name}")).to_be_visible()

    @pytest.mark.long
    def test_of_others_are_not_reached_by_an_address(
        self, house: House, company: Company, visits: Visits
    ) -> None:
        house.schedule(company, "Our own")
        page = visits.open(f"{LISTED}?tenant=globex", who=company.admin)
        expect(names(page)).to_have_text(["Our own"])
        expect(page.locator(".picker-button")).to_have_count(0)

    @pytest.mark.long
    def test_lend_the_page_their_colour(self, house: House, visits: Visits) -> None:
        page = visits.open(who=house.company("Red", brand_color="#BE123C").admin)
        expect(page.get_by_role("button", name="New scheduled export")).to_have_css(
            "background-color", "rgb(190, 18, 60)"
        )
        pale = visits.open(who=house.company("Pale", brand_color="#FDE047").admin)
        button = pale.get_by_role("button", name="New scheduled export")
        expect(button).not_to_have_css(
            "background-color", "rgb(253, 224, 71)"
        )  # it would not stand out from the page


class TestAddresses:
    @at_both_widths
    def test_of_a_schedule_opens_it_and_closing_it_leads_to_the_list(
        self, house: House, company: Company, visits: Visits, width: int
    ) -> None:
        made = house.schedule(company, "Linked")
        page = visits.open(f"{LISTED}/{made['id']}", who=company.admin, width=width)
        dialog = page.get_by_role("dialog", name="Linked")
        expect(dialog).to_contain_text("No runs yet")
        dialog.get_by_role("button", name="Close the history").click()
        expect(dialog).to_have_count(0)
        expect(page).to_have_url(house.url + LISTED)
        expect(row(page, made)).to_be_visible()

    @pytest.mark.long
    def test_of_a_schedule_leads_there_also_through_signing_in(
        self, house: House, company: Company, visits: Visits
    ) -> None:
        made = house.schedule(company, "Linked")
        page = visits.open(f"{LISTED}/{made['id']}")
        sign_in(page, company.admin.user.email)
        expect(page.get_by_role("dialog", name="Linked")).to_be_visible()
        expect(page).to_have_url(f"{house.url}{LISTED}/{made['id']}")

    @pytest.mark.parametrize(
        "whose",
        [
            "another tenant's",
            *(
                pytest.param(whose, marks=pytest.mark.long)
                for whose in ("nobody's", "no id at all")
            ),
        ],
    )
    def test_of_no_schedule_of_ones_own_says_that_there_is_none(
        self, house: House, company: Company, visits: Visits, whose: str
    ) -> None:
        theirs = (
            house.schedule(house.company("Other"), "Theirs")["id"]
            if whose == "another tenant's"
            else str(uuid.uuid4())
        )
        page = visits.open(
            f"{LISTED}/{'not-an-id' if whose == 'no id at all' else theirs}", who=company.admin
        )
        expect(page.get_by_role("heading", name="Scheduled export not found")).to_be_visible()
        assert "Theirs" not in page.content()
