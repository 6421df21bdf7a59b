"""Live push: a change anywhere becomes one refresh of each page that shows its tenant. No page
polls.

Services publish a change after their commit, from any thread. A page that was refreshed once is
watched; a change marks the pages of its tenant, and one pump enqueues their own guarded refresh, as
if the page had asked.

Hundreds of pages may show a tenant in which something changes all the time. So they are refreshed
in groups, which share what they read, and all together take a part of the time only: the rest is
for the engine, the API and those who click.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import reflex as rx
from reflex.event import Event

from exports_app import log
from exports_app.domain.access import Permission
from exports_app.services.core.change_events import EVERY_TENANT, Change, Changes, Topic
from exports_app.services.core.interfaces import Clock, Tenants
from exports_app.ui.framework.actions import Actor
from exports_app.ui.framework.refresh_group import Group
from exports_app.ui.websockets.rate_allowance import Allowance

GAP = 0.05
"""Seconds: changes within it become one refresh."""
GROUP = 12
"""Pages that are refreshed at the same time."""
GROUP_PATIENCE = 5.0
"""Seconds for a group; a page that takes longer is left to itself."""
SHARE = 0.2
"""Of the time, for refreshes, once RESERVE seconds of them were done in a row."""
RESERVE = 1.0

HALF_HOUR = 1800
LOOK_SECONDS = 5
"""Between two looks for sessions that have ended."""

_log = log.get(__name__)


@dataclass
class _Watch:
    event: str
    user_id: str
    tenants: Tenants
    ends_at: datetime | None = None
    """When its session ends unless it is used; None: the page was asked to look whether it has."""
    dirty: bool = False
    group: Group | None = None
    """In which it is refreshed just now."""
    running: Any = None
    """The future of the refresh under way: at most one for each page."""

    def end(self, _: Any = None) -> None:
        """Its refresh is over."""
        self.group = None

    @property
    def is_due(self) -> bool:
        return self.dirty and (self.running is None or self.running.done())

    def is_concerned(self, change: Change) -> bool:
        if change.topic is Topic.SESSIONS:
            return change.tenant_id in {EVERY_TENANT, self.user_id}
        return change.concerns(self.tenants)


def until_half_hour(now: float) -> float:
    """Seconds from an instant (since 1970) to just after the next half hour, at which every zone's
    hours begin, or nearly every's."""
    return HALF_HOUR - now % HALF_HOUR + 0.1


class Live:
    def __init__(self) -> None:
        self.refreshers: frozenset[str] = frozenset()
        """The full names of the handlers that may be pushed."""
        self.watches: dict[str, _Watch] = {}
        """By the tab's token."""
        self._wake = asyncio.Event()
        self._allowance = Allowance(SHARE, RESERVE)
        """Seconds of refreshes."""

    def group_of(self, token: str) -> Group | None:
        """For the Guard: the group in which the page is refreshed just now; None where it is
        not."""
        watch = self.watches.get(token)
        return watch.group if watch else None

    def seen(self, token: str, event: str, actor: Actor) -> None:
        """For the Guard: a page has just called this; if it is its refresh, the page is watched
        from now on."""
        if event not in self.refreshers:
            return
        who = actor.who
        tenants = who.tenants(Permission.READ)
        watch = self.watches.get(token)
        if watch is None or (watch.event, watch.user_id, watch.tenants) != (
            event,
            who.user_id,
            tenants,
        ):
            watch = self.watches[token] = _Watch(event, who.user_id, tenants)
        watch.ends_at = actor.ends_at

    def left(self, token: str) -> None:
        """The tab has closed: who opens another one with its token is not sent what it showed."""
        self.watches.pop(token, None)

    @contextlib.asynccontextmanager
    async def run(self, app: rx.App, changes: Changes, clock: Clock) -> AsyncIterator[None]:
        loop = asyncio.get_running_loop()

        def from_thread(change: Change) -> None:
            with contextlib.suppress(
                RuntimeError
            ):  # the loop may be gone while the last run still reports
                loop.call_soon_threadsafe(self._note, change)

        unsubscribe = changes.subscribe(from_thread)
        tasks = [
            asyncio.create_task(self._pump(app), name="live-push"),
            asyncio.create_task(self._turn_hours(), name="live-hours"),
            asyncio.create_task(self._end_sessions(clock), name="live-sessions"),
        ]
        try:
            yield
        finally:
            unsubscribe()
            for task in tasks:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task

    def _note(self, change: Change) -> None:
        for watch in self.watches.values():
            watch.dirty = watch.dirty or watch.is_concerned(change)
        self._wake.set()

    async def _turn_hours(self) -> None:
        """Refresh all pages when an hour begins: what they show of days and hours changes then,
        though no data does."""
        while True:
            await asyncio.sleep(until_half_hour(time.time()))
            self._note(Change(Topic.TENANTS, EVERY_TENANT))

    async def _end_sessions(self, clock: Clock) -> None:
        """Find sessions that have expired. No change is published then, but their pages must be
        cleared."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            if self.watches:
                self._look_again(await asyncio.to_thread(clock))  # it may ask the database

    def _look_again(self, now: datetime) -> None:
        """Refresh the pages whose sessions have ended. The Guard checks whether they were used
        elsewhere."""
        for watch in self.watches.values():
            if watch.ends_at is not None and watch.ends_at <= now:
                watch.ends_at, watch.dirty = None, True
                self._wake.set()

    async def _pump(self, app: rx.App) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            try:
                await self._push(app)
            except Exception:  # noqa: BLE001  (the pump outlives whatever happens; it is logged)
                _log.exception("live push failed: trying again")
            if any(watch.dirty for watch in self.watches.values()):
                self._wake.set()
            await asyncio.sleep(GAP)

    async def _push(self, app: rx.App) -> None:
        namespace = app.event_namespace
        connected = namespace.token_to_sid if namespace else {}
        for token in [token for token in self.watches if token not in connected]:
            del self.watches[token]
        due = [(token, watch) for token, watch in self.watches.items() if watch.is_due]
        for first in range(0, len(due), GROUP):
            began = time.monotonic()
            await self._refresh(app, due[first : first + GROUP], Group(began))
            await asyncio.sleep(self._allowance.spend(time.monotonic() - began))

    async def _refresh(self, app: rx.App, due: list[tuple[str, _Watch]], group: Group) -> None:
        """Refresh these pages, and wait until they are."""
        running = []
        for token, watch in due:
            if watch.is_due and self.watches.get(token) is watch:
                watch.dirty, watch.group = False, group
                watch.running = await app.event_processor.enqueue(token, Event(name=watch.event))
                watch.running.add_done_callback(watch.end)
                running.append(watch.running)
        if running:
            await asyncio.wait(running, timeout=GROUP_PATIENCE)
