"""What the tests of the list find on its page, and mail that waits until a test lets it go."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import httpx
from playwright.sync_api import Locator, Page, expect

from tests.e2e.ui.house import House
from tests.mailserver import MailServer
from tests.world import PASSWORD, Person

LISTED = "/scheduled-exports"
LONGEST_HOLD = 60
_OVERFLOWING = """() => {
    const wide = innerWidth, found = [];
    if (document.documentElement.scrollWidth > wide) {
        for (const element of document.body.querySelectorAll("*")) {
            if (element.getBoundingClientRect().right <= wide + 1) continue;
            found.push(element.outerHTML.slice(0, 120));
        }
        found.unshift(`the page is ${document.documentElement.scrollWidth} wide on ${wide}`);
    }
    for (const body of document.querySelectorAll(".dialog-body, .dialog.slim")) {
        if (body.scrollWidth <= body.clientWidth) continue;
        const right = body.getBoundingClientRect().right;
        found.push(`a dialog is ${body.scrollWidth} wide in ${body.clientWidth}`);
        for (const element of body.querySelectorAll("*")) {
            if (element.getBoundingClientRect().right <= right + 1) continue;
            if (!element.closest(".sample")) found.push(element.outerHTML.slice(0, 120));
        }
    }
    return found;
}"""


def sign_in(page: Page, email: str, password: str = PASSWORD) -> None:
    """On the login page, as a person does."""
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def row(page: Page, schedule: dict[str, Any]) -> Locator:
    """A schedule's line (on a phone: its card), as the API answered the schedule."""
    return page.locator(f'tr[data-id="{schedule["id"]}"]')


def confirm(page: Page) -> None:
    """Answer the question that is open."""
    page.locator("#question-confirm").click()


def takes_keys(layer: Locator) -> None:
    """Waits until Radix counts a dialog or a menu as the uppermost layer (it then has the
    pointer) and has moved the focus into it. It is visible a moment earlier, and Escape pressed
    then still goes to the layer under it."""
    expect(layer).to_have_css("pointer-events", "auto")
    expect(layer.and_(layer.page.locator(":focus-within"))).to_have_count(1)


def rows(page: Page) -> Locator:
    return page.locator("tr[data-id]")


def names(page: Page) -> Locator:
    return page.locator("tr[data-id] button.name")


def toast(page: Page, text: str) -> Locator:
    return page.locator("[data-sonner-toast]").filter(has_text=text)


def switch(page: Page, schedule: dict[str, Any]) -> Locator:
    return row(page, schedule).get_by_role("switch")


def choose_more(page: Page, schedule: dict[str, Any], item: str) -> None:
    """From the menu behind the three dots of a line."""
    row(page, schedule).get_by_role("button", name=f"More for {schedule['name']}").click()
    page.get_by_role("menuitem", name=item).click()


def instant(of: Locator) -> datetime:
    """What a time on the page stands for, to the second, as the API tells it."""
    return datetime.fromisoformat(of.get_attribute("datetime") or "").replace(microsecond=0)


def file_of(house: House, who: Person, schedule_id: str, run_id: str) -> bytes:
    """As the API serves it."""
    headers = {"Authorization": f"Bearer {house.services.auth.token_for(who.user).access_token}"}
    answer = httpx.get(
        f"{house.url}/api/scheduled-exports/{schedule_id}/history/{run_id}/file", headers=headers
    )
    assert answer.status_code == 200
    return answer.content


def assert_nothing_overflows(page: Page) -> None:
    """Neither to the side of the page nor within a dialog. What scrolls by itself, as the first
    rows of the file, may."""
    expect(page.locator(".skeleton")).to_have_count(0)
    found = page.evaluate(_OVERFLOWING)
    assert not found, "\n".join(found)


@contextmanager
def mail_held(mails: MailServer, *addresses: str) -> Iterator[threading.Event]:
    """For these addresses the mail server has no answer until the event is set, or the block is
    left: their runs are held in processing meanwhile."""
    let_go, answer = threading.Event(), mails.handle_RCPT

    async def hold(
        server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if address in addresses:
            await asyncio.to_thread(let_go.wait, LONGEST_HOLD)
        return await answer(server, session, envelope, address, options)

    mails.handle_RCPT = hold  # type: ignore[method-assign]  # aiosmtpd looks it up for each connection
    try:
        yield let_go
    finally:
        let_go.set()
        del mails.handle_RCPT
