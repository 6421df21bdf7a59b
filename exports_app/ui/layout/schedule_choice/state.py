"""The chosen scheduled exports: searched on the server, shown in part. One page at a time has the
choice; its State calls `begin` and `ids_of`."""

from collections.abc import Sequence
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
    chosen: bool


@of_tenant
class ScheduleChoice(rx.State):
    q: str = ""
    options: list[Option] = []  # noqa: RUF012 (Reflex copies defaults)
    more: int = 0
    """How many are not shown."""
    chosen: list[Option] = []  # noqa: RUF012
    """Of the open tenant. None: no limit."""
    most: int = 1
    """How many can be chosen. 1: another one takes the place of the first."""

    @rx.var
    def is_full(self) -> bool:
        return len(self.chosen) >= self.most

    @internal
    def leave_tenant(self) -> None:
        begin(self, self.most)

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
    async def toggle(self, schedule_id: str) -> None:
        """Choose one of those that are shown, or no longer."""
        rest = [each for each in self.chosen if each.id != schedule_id]
        if len(rest) == len(self.chosen):
            found = [each for each in self.options if each.id == schedule_id]
            if self.most == 1 and found:
                rest = []
            rest += found[: self.most - len(rest)]
        self._take(rest)

    @action(Permission.READ)
    async def clear(self) -> None:
        self._take([])

    def _take(self, chosen: list[Option]) -> None:
        self.chosen = [Option(each.id, each.name, chosen=True) for each in chosen]
        self._mark(self.options)

    def _mark(self, options: list[Option]) -> None:
        ids = {each.id for each in self.chosen}
        self.options = [Option(each.id, each.name, each.id in ids) for each in options]

    async def _search(self) -> None:
        tenant = (await self.get_state(SessionState)).tenant_id
        page = Page(size=SHOWN, sort="name", most=bounds.FARTHEST)
        found, total = await call(services.schedules.find, tenant, {}, self.q, page)
        self.more = total - len(found)
        self._mark([Option(each.id, each.name, chosen=False) for each in found])


def begin(state: ScheduleChoice, most: int, chosen: Sequence[tuple[str, str]] = ()) -> None:
    """For the next form. chosen: ids and names."""
    state.q, state.options, state.more, state.most = "", [], 0, most
    state.chosen = [Option(key, name, chosen=True) for key, name in chosen]


def ids_of(state: ScheduleChoice) -> list[str] | None:
    """None: no limit."""
    return [each.id for each in state.chosen] or None
