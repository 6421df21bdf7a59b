"""The history dialog: its address, its way back, and its connection."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.e2e.client import wait_until
from tests.e2e.ui.form import stored
from tests.e2e.ui.history.dialog import line_of, open_history
from tests.e2e.ui.house import Company, House
from tests.e2e.ui.listed import (
    confirm,
    names,
    takes_keys,
    toast,
)
from tests.e2e.ui.visitor import Visits, wait_until_ready


def test_the_address_names_it_while_it_is_open(
    house: House, company: Company, visits: Visits
) -> None:
    made = house.schedule(company, "Numbers")
    run = house.run(company, made["id"])
    page = visits.open(who=company.admin)
    dialog = open_history(page, "Numbers")
    page.get_by_role("button", name="Close the history").click()
    expect(dialog).to_have_count(0)
    expect(page).to_have_url(f"{house.url}/scheduled-exports")
    open_history(page, "Numbers")
    expect(page).to_have_url(f"{house.url}/scheduled-exports/{made['id']}")
    page.reload()
    expect(dialog.get_by_role("heading", level=1)).to_have_text("Numbers")
    expect(line_of(dialog, run)).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(page).to_have_url(f"{house.url}/scheduled-exports")


@pytest.mark.long
def test_a_search_is_still_there_when_it_closes(
    house: House, company: Company, visits: Visits
) -> None:
    made = house.schedule(company, "Numbers")
    house.schedule(company, "Other")
    page = visits.open("/scheduled-exports?q=numb", who=company.admin)
    dialog = open_history(page, "Numbers")
    expect(page).to_have_url(f"{house.url}/scheduled-exports/{made['id']}?q=numb")
    page.reload()
    takes_keys(dialog)
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(page).to_have_url(f"{house.url}/scheduled-exports?q=numb")
    expect(page.locator("tr[data-id]")).to_have_count(1)


class TestWhenTheConnectionWasLost:
    """The page calls the server again as if it had just been loaded, with the path that it was
    loaded by."""

    @pytest.fixture
    def page(self, house: House, company: Company, visits: Visits) -> Page:
        """Whose connection `broken` can break."""
        house.schedule(company, "Numbers")
        return visits.open(who=company.admin)

    def broken(self, page: Page, address: str) -> Callable[[], None]:
        """Load the address anew. Returns what breaks the connection, and waits until it is there
        again."""
        held: list[WebSocketRoute] = []

        def connect(socket: WebSocketRoute) -> None:
            socket.connect_to_server()
            held.append(socket)

        def cut() -> None:
            before = len(held)
            held[-1].close(code=4000, reason="cut")
            wait_until(
                "another connection", lambda: page.wait_for_timeout(50) or len(held) > before, 10
            )

        page.route_web_socket(re.compile("/_event"), connect)
        page.goto(address)
        wait_until_ready(page)
        return cut

    @pytest.mark.long
    def test_one_that_was_closed_stays_closed(
        self, house: House, company: Company, page: Page
    ) -> None:
        (made,) = stored(house, company)
        cut = self.broken(page, f"/scheduled-exports/{made['id']}")
        expect(page.get_by_role("dialog")).to_contain_text("No runs yet")
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
        expect(page).to_have_url(f"{house.url}/scheduled-exports")
        cut()
        house.schedule(company, "Made since")
        expect(names(page)).to_have_text(["Made since", "Numbers"])
        expect(page.get_by_role("dialog")).to_have_count(0)

    def test_one_that_is_open_stays_open_over_the_same_view(
        self, house: House, company: Company, page: Page
    ) -> None:
        (made,) = stored(house, company)
        house.schedule(company, "Other")
        cut = self.broken(page, "/scheduled-exports?q=numb")
        dialog = open_history(page, "Numbers")
        cut()
        run = house.run(company, made["id"])
        expect(line_of(dialog, run)).to_be_visible()
        page.keyboard.press("Escape")
        expect(page).to_have_url(f"{house.url}/scheduled-exports?q=numb")
        expect(names(page)).to_have_text(["Numbers"])


def test_the_form_takes_its_place_and_gives_it_back(
    house: House, company: Company, visits: Visits
) -> None:
    house.schedule(company, "Numbers")
    page = visits.open(who=company.admin)
    dialog = open_history(page, "Numbers")
    expect(dialog.get_by_role("button", name="Close the history")).to_be_focused()
    dialog.get_by_role("button", name="Edit").click()
    form = page.get_by_role("dialog", name="Edit scheduled export")
    expect(form.locator("#name")).to_have_value("Numbers")
    expect(page.get_by_role("dialog")).to_have_count(1)
    page.keyboard.press("Escape")
    history = page.get_by_role("dialog", name="Numbers")
    expect(history.get_by_role("button", name="Close the history")).to_be_focused()
    expect(page.get_by_role("dialog")).to_have_count(1)


@pytest.mark.long
def test_a_notice_over_it_can_be_used(house: House, company: Company, visits: Visits) -> None:
    house.schedule(company, "Numbers")
    page = visits.open(who=company.admin)
    dialog = open_history(page, "Numbers")
    dialog.get_by_role("button", name="Run now").click()
    confirm(page)
    with page.expect_download():
        toast(page, "“Numbers” is ready").get_by_role("button", name="Download").click()
    expect(dialog.locator("[data-run]")).to_have_count(1)
