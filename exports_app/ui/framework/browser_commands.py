"""What a handler wants the browser to do: show a notice, move the page, fetch a file. Plain vars
and compiled code, so that the strict CSP holds (Reflex's own toasts and scripts from handlers need
eval)."""

import uuid
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import parse_qs, urlsplit

import reflex as rx
from reflex.state import BaseState

from exports_app.ui.framework.internal import internal

KEEP = 5


class Step(StrEnum):
    """What an address is in the browser's history. The page's `step` (see `page`) shows what Back
    and Forward choose."""

    SAME = ""
    """It replaces the one that is shown."""
    NEXT = "next"
    """A step of its own: Back leads to the one that is shown now."""
    BACK = "back"
    """The one before, if it is this one; else it replaces the one that is shown."""


@dataclass
class Toast:
    """id: unique also across restarts, so that a page shows each once. level: success, error, info.

    link: words of an action beside the text. It opens href; where run is given as "schedule id/run
    id", it fetches that file; where undo is set, it undoes what the notice tells.
    """

    id: str
    level: str
    text: str
    link: str = ""
    href: str = ""
    run: str = ""
    undo: bool = False


def parameters(address: str) -> dict[str, str]:
    """The last of each name."""
    return {k: v[-1] for k, v in parse_qs(urlsplit(address).query).items()}


class BrowserCommands(rx.State):
    items: list[Toast] = []  # noqa: RUF012 (Reflex copies defaults)
    goto: str = ""
    """An address to move the whole page to."""
    fetch: str = ""
    """An address of a file to save."""
    address: str = ""
    """What the address bar should show: the page's view, to be shared."""
    way: str = ""
    """How the browser's history takes the address: a `Step`."""
    _view: dict[str, str] = {}  # noqa: RUF012 (Reflex copies defaults)
    """The parameters that the address bar shows."""
    _page: str = ""
    """The route of the page that they are of; empty for one that does not ask."""

    @internal
    def shows(self, view: dict[str, str], page: str) -> bool:
        """Whether the address bar shows these parameters of this page."""
        return self._view == view and self._page == page

    @internal
    def show_address(self, address: str, way: Step) -> None:
        self.address, self.way, self._view = address, str(way), parameters(address)

    @internal
    def begin(self, view: dict[str, str], page: str = "") -> None:
        """A page begins with these parameters: what this tab showed before is over."""
        self.address, self._view, self._page = "", view, page

    @internal
    def add(self, toast: Toast) -> None:
        self.items = [*self.items[1 - KEEP :], toast]

    @internal
    def clear(self) -> None:
        self.items = []
        self.goto = ""
        self.fetch = ""
        self.address = ""


async def notify(
    state: BaseState,
    level: str,
    text: str,
    *,
    link: str = "",
    href: str = "",
    run: str = "",
    undo: bool = False,
) -> str:
    """Show a notice in the tab of this state. Returns its id."""
    toast = Toast(uuid.uuid4().hex, level, text, link, href, run, undo)
    (await state.get_state(BrowserCommands)).add(toast)
    return toast.id


async def go(state: BaseState, address: str) -> None:
    """Move the whole page, so that cookies are read anew."""
    (await state.get_state(BrowserCommands)).goto = address


async def fetch(state: BaseState, address: str) -> None:
    """Save a file; the page stays."""
    (await state.get_state(BrowserCommands)).fetch = address


async def show_address(state: BaseState, address: str, way: Step = Step.SAME) -> None:
    """Write the view into the address bar, without a navigation."""
    (await state.get_state(BrowserCommands)).show_address(address, way)
