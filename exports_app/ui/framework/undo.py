"""Notices with *Undo*. What is undone is kept on the server; the browser only sends the id of the
notice."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import reflex as rx
from reflex.state import BaseState

from exports_app.domain.access import Permission
from exports_app.ui.framework.actions import action
from exports_app.ui.framework.browser_commands import KEEP, notify
from exports_app.ui.framework.internal import internal

OFFERED = 120.0
"""Seconds. What was paused for longer may have missed runs, which would be sent at once."""
GONE = "This can no longer be undone"
Undoer = Callable[[BaseState, Any], Awaitable[None]]
UNDOERS: dict[str, Undoer] = {}
"""By kind: what undoes it, given what was kept."""


@dataclass(frozen=True)
class Offer:
    """until: on the monotonic clock. The notice shows for ten seconds, longer while it is hidden or
    looked at."""

    kind: str
    kept: Any
    until: float


def undoes(kind: str) -> Callable[[Undoer], Undoer]:
    """Decorates the function of a kind. It is called with a State of the tab and what was kept."""

    def register(undoer: Undoer) -> Undoer:
        UNDOERS[kind] = undoer
        return undoer

    return register


class UndoState(rx.State):
    _offers: dict[str, Offer] = {}  # noqa: RUF012 (Reflex copies defaults)
    """By the id of the notice; the newest, as of the notices."""

    @internal
    def keep(self, notice: str, offer: Offer) -> None:
        self._offers = dict([*self._offers.items(), (notice, offer)][-KEEP:])

    @action(Permission.WRITE)
    async def undo(self, notice: str) -> None:
        """Once."""
        offers = dict(self._offers)
        offer = offers.pop(str(notice), None)
        self._offers = offers
        if offer is None or offer.until < time.monotonic():
            await notify(self, "info", GONE)
            return
        await UNDOERS[offer.kind](self, offer.kept)


async def notify_with_undo(state: BaseState, text: str, kind: str, kept: Any) -> None:
    """Show a notice of success with *Undo*. kept: what the kind's function is called with."""
    notice = await notify(state, "success", text, link="Undo", undo=True)
    offer = Offer(kind, kept, time.monotonic() + OFFERED)
    (await state.get_state(UndoState)).keep(notice, offer)
