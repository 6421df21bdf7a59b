"""Signing in as a person does, and the links that come by email."""

import re

from playwright.sync_api import Page

from tests.e2e.client import wait_until
from tests.e2e.ui.house import House

_LINK = re.compile(r"(/reset-password)#(\S+)")


def sign_in(page: Page, email: str, password: str) -> None:
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def mailed_link(house: House, address: str) -> str:
    """The path of the newest link that came to this mailbox."""

    def links() -> list[str]:
        bodies = [
            mail.message.get_body(("plain",))
            for mail in house.mails.messages
            if mail.rcpt_tos == [address]
        ]
        texts = [str(body.get_content()) for body in bodies if body is not None]
        return [match[0] for text in texts if (match := _LINK.search(text))]

    return wait_until(f"a link came to {address}", links, 30)[-1]
