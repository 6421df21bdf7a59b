"""Browser pages that write down what they complain about."""

import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, expect

from exports_app.services.identity.cookies import BROWSER_COOKIE, SESSION_COOKIE
from tests.e2e.ui.house import BROWSER, House
from tests.paths import ROOT
from tests.world import Person

RESULTS = ROOT / "test-results"
HEIGHTS = {1280: 800, 390: 844}
SOON_MS = 5_000
"""A page follows within a second; how fast is measured by the benchmark. Here other tests may keep
the machine busy, and what counts is that it follows at all, by itself."""
LOCAL = {"data", "blob", "about"}
_TELL_VIOLATIONS = """addEventListener("securitypolicyviolation",
    (e) => console.error(`policy: ${e.effectiveDirective} refused ${e.blockedURI}`))"""


@dataclass(frozen=True)
class Look:
    """What a browser of its own is made with. url: of the server."""

    url: str
    width: int
    dark: bool
    zone: str


@dataclass(frozen=True)
class _Browsing:
    """keeper: a page that keeps the browser's process, and so the scripts that it has read, from
    one test to the next."""

    context: BrowserContext
    keeper: Page

    @property
    def pages(self) -> list[Page]:
        """Those of the test."""
        return [page for page in self.context.pages if page is not self.keeper]


class Pool:
    """Browser contexts that tests use one after another: a page in one that was used before costs
    half of a first one's time."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._free: dict[Look, list[_Browsing]] = {}

    def take(self, look: Look) -> _Browsing:
        """One without pages, cookies, permissions and what pages store; what the browser itself has
        cached is still there."""
        free = self._free.get(look)
        return free.pop() if free else self._make(look)

    def give_back(self, look: Look, used: _Browsing) -> None:
        for page in used.pages:
            page.close()
        used.context.clear_cookies()
        used.context.clear_permissions()
        used.keeper.evaluate("() => { localStorage.clear(); sessionStorage.clear(); }")
        self._free.setdefault(look, []).append(used)

    def close(self) -> None:
        for look in list(self._free):
            for one in self._free.pop(look):
                one.context.close()

    def _make(self, look: Look) -> _Browsing:
        context = self._browser.new_context(
            base_url=look.url,
            viewport={"width": look.width, "height": HEIGHTS[look.width]},
            color_scheme="dark" if look.dark else "light",
            reduced_motion="reduce",
            locale="en-GB",
            timezone_id=look.zone,
            accept_downloads=True,
        )
        context.add_init_script(_TELL_VIOLATIONS)
        keeper = context.new_page()
        keeper.goto("/api/health")
        return _Browsing(context, keeper)


@dataclass
class _Visit:
    look: Look
    browsing: _Browsing
    host: str
    allow: Sequence[str]
    complaints: list[str] = field(default_factory=list)

    @property
    def context(self) -> BrowserContext:
        return self.browsing.context

    def begin(self) -> None:
        self.context.on("request", self._request)
        self.context.on("page", self.watch)

    def end(self, kept: Path | None) -> None:
        """kept: where pictures go. There is no trace: it would make each call up to 15 % slower."""
        if kept is not None:
            for number, page in enumerate(self.browsing.pages, start=1):
                page.screenshot(path=f"{kept}-page-{number}.png")
        self.context.remove_listener("request", self._request)
        self.context.remove_listener("page", self.watch)

    def _request(self, request: Request) -> None:
        self._address(request.url)

    def note(self, what: str) -> None:
        if not any(re.search(pattern, what) for pattern in self.allow):
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

    def __init__(self, pool: Pool, house: House, name: str) -> None:
        self._pool = pool
        self._house = house
        self._name = name
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
        """A page in a browser of its own, signed in as `who`, in a session of its own; nobody
        without.

        width: 1280 or 390 pixels. dark: what the system prefers. allow: patterns of complaints that
        this test expects. house: another server than the one of all tests. ready: wait until the
        page has its data; False where the test wants to see it come.
        """
        served = house or self._house
        look = Look(served.url, width, dark, zone)
        visit = _Visit(look, self._pool.take(look), urlsplit(look.url).netloc, allow)
        self._open.append(visit)
        visit.begin()
        context = visit.context
        if who is not None:
            held = {SESSION_COOKIE: served.session(who), BROWSER_COOKIE: BROWSER}
            context.add_cookies(
                [
                    {"name": k, "value": v, "url": look.url, "httpOnly": True, "sameSite": "Lax"}
                    for k, v in held.items()
                ]
            )
        page = context.new_page()
        page.goto(path)
        if ready:
            wait_until_ready(page)
        return page

    def close(self, *, failed: bool) -> list[str]:
        """Ends them. Returns the complaints of all. A failed test's pictures stay in
        test-results/."""
        problems = [
            f"{visit.host}: {complaint}" for visit in self._open for complaint in visit.complaints
        ]
        folder = RESULTS / re.sub(r"\W+", "-", self._name.partition(".py::")[2]).strip("-")
        shutil.rmtree(folder, ignore_errors=True)
        for number, visit in enumerate(self._open, start=1):
            visit.end(folder / str(number) if failed or problems else None)
            if failed or problems or visit.look.url != self._house.url:
                visit.context.close()
            else:
                self._pool.give_back(visit.look, visit.browsing)
        self._open.clear()
        return problems


def wait_until_ready(page: Page) -> None:
    """The page is connected and shows what it asked for: its user in the header and its data, or
    the sign-in with the demo's."""
    expect(page.locator("#account, #demo-login")).to_be_visible()
    expect(page.locator(".skeleton")).to_have_count(0)
