"""The command palette over a slow connection."""

import time

from playwright.sync_api import Page, WebSocketRoute, expect

from tests.e2e.ui.house import Company, House
from tests.e2e.ui.visitor import Visits, wait_until_ready


class SlowAnswers:
    """Between a page and its server: keeps the server's messages back while it is told to."""

    def __init__(self, page: Page) -> None:
        self._holds = False
        self._held: list[str | bytes] = []
        self._page = page
        page.route_web_socket(lambda _: True, self._join)

    def _join(self, browser: WebSocketRoute) -> None:
        self._browser = browser
        browser.connect_to_server().on_message(self._answer)

    def _answer(self, message: str | bytes) -> None:
        if self._holds:
            self._held.append(message)
        else:
            self._browser.send(message)

    def hold(self) -> None:
        self._holds = True

    def wait_for_one(self) -> None:
        end = time.monotonic() + 10
        while not self._held:
            assert time.monotonic() < end, "the server did not answer"
            self._page.evaluate("1")  # lets the messages come

    def release(self) -> None:
        self._holds = False
        while self._held:
            self._browser.send(self._held.pop(0))


def test_the_palette_asks_again_for_the_words_it_found_last(
    house: House, company: Company, visits: Visits
) -> None:
    house.schedule(company, "Report 12")
    page = visits.open(who=company.admin)
    answers = SlowAnswers(page)
    page.reload()
    wait_until_ready(page)
    box = page.get_by_role("combobox", name="Search or run a command")
    found = page.get_by_role("option", name="Report 12")
    page.keyboard.press("Control+k")
    box.fill("12 report")
    expect(found).to_be_visible()
    page.keyboard.press("Escape")
    expect(box).to_have_count(0)
    answers.hold()
    page.keyboard.press("Control+k")
    expect(box).to_be_focused()
    answers.wait_for_one()  # to the empty field, while the words before are still those found
    box.fill("12 report")
    answers.release()
    expect(found).to_be_visible()
