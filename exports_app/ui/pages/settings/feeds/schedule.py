"""The scheduled export that a new feed is limited to: searched on the server, shown in part."""

from dataclasses import dataclass

import reflex as rx

from exports_app.domain import bounds
from exports_app.domain.access import Permission
from exports_app.services.core.records import Page
from exports_app.ui.framework.actions import action, call
from exports_app.ui.framework.internal import internal
from exports_app.ui.framework.services import services
from exports_app.ui.framework.session import SessionState, of_tenant

SHOWN = 20


@dataclass
class Option:
    id: str
    name: str


@of_tenant
class FeedSchedule(rx.State):
    q: str = ""
    options: list[Option] = []  # noqa: RUF012 (Reflex copies defaults)
    more: int = 0
    """How many are not shown."""
    chosen: str = ""
    """Its id; empty: the feed has all of the tenant."""
    name: str = ""

    @internal
    def leave_tenant(self) -> None:
        self.reset()

    @action(Permission.READ)
    async def opened(self, is_open: bool) -> None:
        self.q = ""
        if is_open:
            await self._search()

    @action(Permission.READ)
    async def search(self, text: str) -> None:
        self.q = str(text)[: bounds.SEARCH]
        await self._search()

    @action(Permission.READ, longest={"schedule_id": bounds.ID})
    async def choose(self, schedule_id: str) -> None:
        """One of those that are shown; empty: all."""
        found = [each for each in self.options if each.id == schedule_id]
        self.chosen, self.name = (found[0].id, found[0].name) if found else ("", "")

    @internal
    def begin(self) -> None:
        """For the next feed."""
        self.q, self.options, self.more = "", [], 0
        self.chosen = self.name = ""

    async def _search(self) -> None:
        tenant = (await self.get_state(SessionState)).tenant_id
        page = Page(size=SHOWN, sort="name")
        found, total = await call(services.schedules.find, tenant, {}, self.q, page)
        self.more = total - len(found)
        self.options = [Option(each.id, each.name) for each in found]
