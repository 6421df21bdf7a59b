"""Browser pages that write down what they complain about."""

import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect

from exports_app.services.sessions import BROWSER_COOKIE, SESSION_COOKIE
from tests.e2e.server import ROOT
from tests.e2e.ui.house import BROWSER, House
from tests.world import Person

RESULTS = ROOT / "test-results"
HEIGHTS = {1280: 800, 390: 844}
LOCAL = {"data", "blob", "about"}
OUR_OWN = r"Blocked script execution in 'about:srcdoc'"
"""The trace's script knocks at every frame; the preview of an email lets none in."""
_TELL_VIOLATIONS = """addEventListener("securitypolicyviolation",
    (e) => console.error(`policy: ${e.effectiveDirective} refused ${e.blockedURI}`))"""


@dataclass
class _Visit:
    context: BrowserContext
    host: str
    allow: Sequence[str]
    complaints: list[str] = field(default_factory=list)

    def note(self, what: str) -> None:
        if not any(re.search(pattern, what) for pattern in (OUR_OWN, *self.allow)):
            self.complaints.append(what)

    def watch(self, page: Page) -> None:
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.note(f"error: {error}"))
        page.on("websocket", lambda socket: self._address(socket.url))

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.note(f"console {message.type}: {message.text}")

    def _address(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in LOCAL and parts.netloc != self.host:
            self.note(f"asked another host: {url}")


class Visits:
    """The contexts of one test. name: the test's, for what is kept of a failed one."""

    def __init__(self, browser: Browser, house: House, name: str) -> None:
        self._browser, self._house, self._name = browser, house, name
        self._open: list[_Visit] = []

    def open(
        self,
        path: str = "/scheduled-exports",
        *,
        who: Person | None = None,
        width: int = 1280,
        dark: bool = False,
        allow: Sequence[str] = (),
        house: House | None = None,
        zone: str = "Europe/Berlin",
        ready: bool = True,
    ) -> Page:
        """A page in a browser of its own, signed in as `who`, in a session of its own; nobody without.

        width: 1280 or 390 pixels. dark: what the system prefers. allow: patterns of complaints that this test expects. house:
        another server than the one of all tests. ready: wait until the page has its data; False where the test wants to see it come.
        """
        served = house or self._house
        url = served.url
        scheme: Literal["dark", "light"] = "dark" if dark else "light"
        context = self._browser.new_context(
            base_url=url,
            viewport={"width": width, "height": HEIGHTS[width]},
            color_scheme=scheme,
            reduced_motion="reduce",
            locale="en-GB",
            timezone_id=zone,
            accept_downloads=True,
        )
        context.add_init_script(_TELL_VIOLATIONS)
        visit = _Visit(context, urlsplit(url).netloc, allow)
        self._open.append(visit)
        context.on("request", lambda request: visit._address(request.url))
        context.on("page", visit.watch)
        context.tracing.start(snapshots=True)
        if who is not None:
            held = {SESSION_COOKIE: served.session(who), BROWSER_COOKIE: BROWSER}
            context.add_cookies(
                [{"name": k, "value": v, "url": url, "httpOnly": True, "sameSite": "Lax"} for k, v in held.items()]
            )
        page = context.new_page()
        page.goto(path)
        if ready:
            wait_until_ready(page)
        return page

    def close(self, *, failed: bool) -> list[str]:
        """Ends them. Returns the complaints of all. A failed test's pictures and traces stay in test-results/."""
        problems = [f"{visit.host}: {one}" for visit in self._open for one in visit.complaints]
        folder = RESULTS / re.sub(r"\W+", "-", self._name.partition(".py::")[2]).strip("-")
        shutil.rmtree(folder, ignore_errors=True)
        for number, visit in enumerate(self._open, start=1):
            _end(visit.context, folder / str(number) if failed or problems else None)
        self._open.clear()
        return problems


def _end(context: BrowserContext, kept: Path | None) -> None:
    if kept is None:
        context.tracing.stop()
    else:
        for number, page in enumerate(context.pages, start=1):
            page.screenshot(path=f"{kept}-page-{number}.png")
        context.tracing.stop(path=f"{kept}-trace.zip")  # playwright show-trace FILE
    context.close()


def wait_until_ready(page: Page) -> None:
    """The page is connected and shows what it asked for: its user in the header and its data, or the sign-in with the demo's."""
    expect(page.locator("#account, #demo-login")).to_be_visible()
    expect(page.locator(".skeleton")).to_have_count(0)
