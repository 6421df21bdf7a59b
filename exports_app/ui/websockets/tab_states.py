"""Which tabs' states this server holds. What nobody comes back for is dropped: of strangers at
once, of others when there are too many."""

import asyncio
import contextlib
import hashlib
import time
import uuid
from collections import Counter, OrderedDict
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field

import reflex as rx
from reflex.state import BaseState

from exports_app import log
from exports_app.services.identity.cookies import BROWSER_COOKIE, SESSION_COOKIE, cookie
from exports_app.ui.websockets import reflex_internals

MAX_CLOSED = 2_000
"""Closed tabs of people who are signed in, whose states wait for them to come back."""
MAX_CLOSED_PER_ADDRESS = 200
MAX_SESSIONS = 10_000
"""Sessions in which someone was signed in, that are remembered for the next tab."""
KEPT_SECONDS = 1800.0
"""As long as Reflex keeps a state that nobody uses (rxconfig.py)."""
GAP = 0.2

_log = log.get(__name__)


def key_of(token: str, cookies: str) -> str:
    """The name of a tab's states: of its token, and of the session and the browser that it is
    opened with.

    So a token alone opens nothing: with another cookie there is another, empty state behind it.
    cookies: the Cookie header.
    """
    parts = (token, cookie(cookies, SESSION_COOKIE), cookie(cookies, BROWSER_COOKIE))
    return str(uuid.UUID(hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]))


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass
class _Tab:
    address: str
    session: str
    """As `_digest` names it."""
    signed_in: bool = False
    closed_at: float | None = None
    """time.monotonic(), None while it is open."""


@dataclass
class Tabs:
    _tabs: dict[str, _Tab] = field(default_factory=dict)
    """In the order in which they were opened or closed last."""
    _sessions: OrderedDict[str, None] = field(default_factory=OrderedDict)
    """In which someone was signed in at their latest event, by `_digest`."""
    _wake: asyncio.Event = field(default_factory=asyncio.Event)

    def opened(self, key: str, address: str, cookies: str = "") -> None:
        """cookies: the Cookie header."""
        before = self._tabs.pop(key, None)
        session = _digest(cookie(cookies, SESSION_COOKIE))
        self._tabs[key] = _Tab(address, session, signed_in=before is not None and before.signed_in)

    def closed(self, key: str) -> None:
        if tab := self._tabs.pop(key, None):
            self._tabs[key] = tab
            tab.closed_at = time.monotonic()
            self._wake.set()

    def known(self, key: str, *, signed_in: bool) -> None:
        """For the Guard: whether someone stands behind the tab's latest event."""
        if tab := self._tabs.get(key):
            tab.signed_in = signed_in
            self._sessions.pop(tab.session, None)
            if signed_in:
                self._sessions[tab.session] = None
                if len(self._sessions) > MAX_SESSIONS:
                    self._sessions.popitem(last=False)

    def is_session(self, secret: str) -> bool:
        """Whether this server knows that someone is signed in with this cookie: from its latest
        event, in any tab."""
        return bool(secret) and _digest(secret) in self._sessions

    def is_signed_in(self, key: str) -> bool:
        """At the tab's latest event."""
        tab = self._tabs.get(key)
        return tab is not None and tab.signed_in

    @contextlib.asynccontextmanager
    async def run(self, app: rx.App) -> AsyncIterator[None]:
        task = asyncio.create_task(self._tidy(app), name="tabs")
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def _tidy(self, app: rx.App) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            for key, tab in self._superfluous():
                try:
                    dropped = await _drop(app, key, stranger=not tab.signed_in)
                except Exception:  # noqa: BLE001  (Redis may be away; the state expires there)
                    _log.exception("a closed tab's state could not be dropped")
                    dropped = True
                if not dropped:
                    self._wake.set()
                elif tab.closed_at is not None:  # it may have been opened again meanwhile
                    self._tabs.pop(key, None)
            await asyncio.sleep(GAP)

    def _superfluous(self) -> list[tuple[str, _Tab]]:
        closed = [(key, tab) for key, tab in self._tabs.items() if tab.closed_at is not None]
        old = time.monotonic() - KEPT_SECONDS
        superfluous, kept = list[tuple[str, _Tab]](), list[tuple[str, _Tab]]()
        for key, tab in closed:
            (
                kept
                if tab.signed_in and tab.closed_at is not None and tab.closed_at > old
                else superfluous
            ).append((key, tab))
        each = Counter(tab.address for _, tab in kept)
        more = len(kept) - MAX_CLOSED
        for key, tab in kept:  # the oldest first
            if more > 0 or each[tab.address] > MAX_CLOSED_PER_ADDRESS:
                superfluous.append((key, tab))
                each[tab.address] -= 1
                more -= 1
        return superfluous


async def _drop(app: rx.App, key: str, *, stranger: bool) -> bool:
    """False where it cannot be yet: an event of this tab still runs. stranger: what it asked for
    and has not begun is called off."""
    if await reflex_internals.is_connected(app, key):
        return True  # it came back, maybe to another server
    if stranger:
        reflex_internals.cancel_waiting_events(app, key)
    if reflex_internals.pending_events(app, key):
        return False
    return await reflex_internals.drop_states(app, key, kinds())


def kinds(root: type[BaseState] = rx.State) -> Iterator[type[BaseState]]:
    """The State class and all below it."""
    yield root
    for below in root.get_substates():
        yield from kinds(below)
