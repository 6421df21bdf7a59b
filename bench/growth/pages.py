"""What the pages' States read: when a page opens, and when something in its tenant has changed."""

import asyncio
from collections.abc import Iterator
from typing import Any

import reflex as rx

from bench.growth.aims import FLAT, LOOKED, OF_A_TENANT, TENANTS, Aim
from bench.growth.callers import ADMIN, FEW, SUPER, Caller
from bench.growth.operations import Operation, Step
from exports_app import plugins, wiring
from exports_app.services.core.change_events import Change, Topic
from exports_app.ui.framework import actions
from exports_app.ui.framework.actions import Actor
from exports_app.ui.framework.session import SessionState
from exports_app.wiring import Services

ADMINS = (ADMIN, FEW)


class Tab:
    """One browser tab without a browser: a tree of States, for one caller."""

    def __init__(self, services: Services, caller: Caller) -> None:
        self._services = services
        self._caller = caller
        self._root = rx.State(_reflex_internal_init=True)

    async def open(self, path: str, *handlers: Any) -> None:
        self._root.router_data = {"asPath": path, "pathname": path}
        await self.do(SessionState.enter)
        for handler in handlers:
            await self.do(handler)

    async def do(self, handler: Any, *values: Any) -> None:
        actions.begin(Actor(self._caller.who, "a session", self._caller.tenant_id))
        await handler.fn(await self._root.get_state(handler.state), *values)

    def changed(self, topic: Topic) -> Step:
        """What is shared with other pages is read anew, as after a change in the tenant."""

        async def publish() -> None:
            change = Change(topic, self._caller.tenant_id)
            await asyncio.to_thread(self._services.changes.publish, change)

        return publish


class Pages:
    def __init__(self, services: Services, callers: dict[str, Caller]) -> None:
        wiring.services = lambda: services  # type: ignore[assignment]  # (the pages ask for the process's)
        plugins.load("exports_app.ui.pages")
        self._services = services
        self._callers = callers

    def operations(self) -> Iterator[Operation]:
        for key in ADMINS:
            yield from self._schedules(key)
            yield from self._runs(key)
            yield from self._figures(key)
            yield from self._settings(key)
        yield from self._of_super_admins()

    def _tab(self, key: str) -> Tab:
        return Tab(self._services, self._callers[key])

    def _schedules(self, key: str) -> Iterator[Operation]:
        from exports_app.ui.pages.scheduled_exports.history.state import HistoryState
        from exports_app.ui.pages.scheduled_exports.page import ScheduledExports

        tab, schedule = self._tab(key), self._callers[key].places["schedule"]
        changed = tab.changed(Topic.RUNS)
        page = (ScheduledExports.arrive, ScheduledExports.refresh)
        yield self._opens("page of the list opens", tab, key, *page, before=changed, aim=TENANTS)
        yield self._does(
            *("page of the list, after a change", tab, key, ScheduledExports.refresh),
            before=changed,
            aim=TENANTS,
        )
        yield self._does(
            *("page of the list, a history opens", tab, key, HistoryState.show, schedule),
            before=changed,
            aim=TENANTS,
        )

    def _runs(self, key: str) -> Iterator[Operation]:
        from exports_app.ui.pages.scheduled_exports.all_runs.state import AllRuns

        tab = self._tab(key)
        before, page = tab.changed(Topic.RUNS), (AllRuns.arrive, AllRuns.refresh)
        yield self._opens("page of all runs opens", tab, key, *page, before=before, aim=LOOKED)
        for filtered in ("recipient=nobody@example.com", "reason=mailbox full"):
            found = (f"page of all runs, {filtered}", tab, key, AllRuns.step, f"/runs?{filtered}")
            yield self._does(*found, before=before, aim=LOOKED)

    def _figures(self, key: str) -> Iterator[Operation]:
        from exports_app.ui.pages.analytics.campaigns.state import CampaignsState
        from exports_app.ui.pages.analytics.exports.state import ExportsState

        tab = self._tab(key)
        ways = (("cold", Topic.TENANTS), ("after a change", Topic.RUNS))
        for how, topic in ways:
            yield self._opens(
                *(f"page of export figures, {how}", tab, key, ExportsState.refresh),
                before=tab.changed(topic),
            )
        yield self._opens(
            *("page of campaign figures", tab, key, CampaignsState.arrive, CampaignsState.refresh),
            before=tab.changed(Topic.CAMPAIGNS),
        )

    def _settings(self, key: str) -> Iterator[Operation]:
        from exports_app.ui.pages.settings.audit.state import AuditState
        from exports_app.ui.pages.settings.members.state import MembersState

        tab = self._tab(key)
        members = (MembersState.arrive, MembersState.refresh)
        yield self._opens("page of members", tab, key, *members)
        yield self._opens("page of the audit", tab, key, AuditState.arrive, AuditState.refresh)

    def _of_super_admins(self) -> Iterator[Operation]:
        """They see all tenants in the header, so that more is answered over the full database."""
        from exports_app.ui.pages.settings.users.state import UsersState

        tab, aim = self._tab(SUPER), Aim(None, OF_A_TENANT)
        yield self._opens(
            "page of users", tab, SUPER, UsersState.arrive, UsersState.refresh, aim=aim
        )

    def _opens(
        self,
        name: str,
        tab: Tab,
        key: str,
        *handlers: Any,
        before: Step | None = None,
        aim: Aim = FLAT,
    ) -> Operation:
        async def do() -> None:
            await tab.open("/", *handlers)

        return _operation(name, key, do, aim, before)

    def _does(
        self,
        name: str,
        tab: Tab,
        key: str,
        handler: Any,
        *values: Any,
        before: Step | None = None,
        aim: Aim = FLAT,
    ) -> Operation:
        async def do() -> None:
            await tab.do(handler, *values)

        return _operation(name, key, do, aim, before)


def _operation(name: str, key: str, do: Any, aim: Aim, before: Step | None) -> Operation:
    return Operation(name, key, do, aim, **({"before": before} if before else {}))
