"""The list: which schedules are shown, in what order. The view stands in the address."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import reflex as rx

from exports_app.domain import bounds
from exports_app.domain.access import Permission
from exports_app.domain.errors import ExportsError
from exports_app.domain.humanize import up_to
from exports_app.services.core.records import capped
from exports_app.services.schedules.service import SORTS
from exports_app.ui.framework.actions import (
    action,
    call,
    error_sentence,
    principal,
    read_of_tenant,
)
from exports_app.ui.framework.browser_commands import (
    BrowserCommands,
    Step,
    parameters,
    show_address,
)
from exports_app.ui.framework.internal import internal
from exports_app.ui.framework.services import services
from exports_app.ui.framework.session import SessionState, path, query
from exports_app.ui.framework.vars import put
from exports_app.ui.pages.scheduled_exports.address import ROUTE
from exports_app.ui.pages.scheduled_exports.list import filters as of
from exports_app.ui.pages.scheduled_exports.list.choices import Choices
from exports_app.ui.pages.scheduled_exports.list.deleted import DeletedState
from exports_app.ui.pages.scheduled_exports.list.rows import Row, shown
from exports_app.ui.pages.scheduled_exports.list.selection import Selection
from exports_app.ui.pages.scheduled_exports.list.view_content import (
    DEFAULT_SORT,
    Content,
    asked_content,
    asked_page,
    parameters_of,
)
from exports_app.ui.pages.scheduled_exports.list.views import Views

SIZE = 25
TOP = "list-top"
"""Id of the list's top, to which turning a page leads."""


class ListState(rx.State):
    rows: list[Row] = []  # noqa: RUF012 (Reflex copies defaults)
    total: int = 0
    all_total: int = 0
    """Of the tenant, whatever is searched for."""
    counts: str = ""
    """How many are active, failing and paused."""
    next_at: str = ""
    loaded: bool = False
    failed: str = ""
    """Why the list could not be loaded."""
    q: str = ""
    filters: dict[str, str] = {}  # noqa: RUF012
    sort: str = DEFAULT_SORT
    page: int = 1
    focus: str = ""
    """Id of the list's top and a number, anew for each page that is turned."""
    _turns: int = 0
    _came: tuple[str, str] = ("", "")
    """The tenant and the path that this tab came with."""

    @rx.var
    def first(self) -> int:
        return (self.page - 1) * SIZE + 1

    @rx.var
    def last(self) -> int:
        return min(self.page * SIZE, self.total)

    @rx.var
    def total_words(self) -> str:
        return up_to(self.total, bounds.FARTHEST)

    @rx.var
    def selects(self) -> str:
        """The words of the button that selects the rows of all pages."""
        if self.total > bounds.BULK:
            return f"Select the first {bounds.BULK:,}"
        return f"Select all {self.total:,}" + (" that match" if self.narrowed else "")

    @rx.var
    def selectable(self) -> int:
        """How many can be selected on all pages."""
        return min(self.total, bounds.BULK)

    @rx.var
    def found(self) -> str:
        """What a search or a filter came to, read out."""
        if not self.narrowed or not self.loaded or self.failed:
            return ""
        return f"{self.total_words} {'result' if self.total == 1 else 'results'}"

    @rx.var
    def tags(self) -> list[str]:
        """That the list is narrowed to."""
        return [tag for tag in self.filters.get("tags", "").split(",") if tag]

    @rx.var
    def narrowed(self) -> bool:
        return bool(self.q or self.filters)

    @internal
    async def arrive(self, tenant_id: str) -> bool:
        """Take the view from the address; what it names wrongly is left out. False: the tab is
        where it was."""
        asked = query(self)
        came = (tenant_id, path(self))
        notices = await self.get_state(BrowserCommands)
        if came == self._came and notices.shows(asked, ROUTE):
            return False
        if tenant_id != self._came[0]:
            (await self.get_state(Selection)).clear()
        self._came = came
        await self._take(asked)
        notices.begin(asked, ROUTE)
        return True

    @internal
    async def step(self, address: str) -> None:
        """Back or Forward chose this view."""
        asked, before = parameters(address), (self.content(), self.page)
        (await self.get_state(BrowserCommands)).begin(asked, ROUTE)
        await self._take(asked)
        if (self.content(), self.page) != before:
            await self.load()

    def _where(self) -> dict[str, Any]:
        return of.where(self.filters, principal().user_id)

    async def _take(self, asked: Mapping[str, str]) -> None:
        """The view that an address's parameters name."""
        before = self.q, self.filters
        views, content = await self.get_state(Views), None
        if view := asked.get("view", ""):
            content = await views.open((await self.get_state(SessionState)).tenant_id, view)
        else:
            views.leave()
        if content is None or "sort" in asked:  # a view that was changed names its order
            content = asked_content(asked)
        self._set_content(content)
        self.page = asked_page(asked)
        views.compare(content)
        if (self.q, self.filters) != before:
            (await self.get_state(Selection)).clear()

    def _set_content(self, content: Content) -> None:
        self.q, self.filters, self.sort = content.q, dict(content.filters), content.sort

    @internal
    def content(self) -> Content:
        """What a saved view keeps of it."""
        return Content(self.q, dict(self.filters), self.sort)

    @internal
    async def show_content(self, content: Content) -> None:
        self._set_content(content)
        await self._look_anew()

    @internal
    async def show_view(self) -> None:
        """The address says which view is shown."""
        (await self.get_state(Views)).compare(self.content())
        await show_address(self, await self.view_address(), Step.SAME)

    @internal
    async def continue_at(self, path: str, address: str) -> None:
        """A navigation of our own to this address follows: the tab goes on as it is when that page
        loads."""
        self._came = ((await self.get_state(SessionState)).tenant_id, path)
        (await self.get_state(BrowserCommands)).begin(parameters(address), ROUTE)

    @internal
    async def load(self, *, fresh: bool = False) -> None:
        """fresh: see `ScheduleListing.page`."""
        tenant = (await self.get_state(SessionState)).tenant_id
        try:
            if of.is_deleted(self.filters):
                deleted = await self.get_state(DeletedState)
                total, page = await deleted.load(tenant, capped(self.page, SIZE))
                put(self, rows=[], total=total, page=page)
            else:
                await self._read(tenant, fresh=fresh)
            put(self, failed="")
        except ExportsError as e:
            put(self, failed=error_sentence(e))
        put(self, loaded=True)

    async def _read(self, tenant: str, *, fresh: bool) -> None:
        of_page, page = services.schedule_listing.page, capped(self.page, SIZE, self.sort)
        listed = await read_of_tenant(of_page, tenant, self._where(), self.q, page, fresh=fresh)
        show = shown(listed)
        put(
            self,
            rows=list(show.rows),
            total=listed.total,
            page=listed.page.number,
            all_total=listed.summary.total,
            counts=show.counts,
            next_at=show.next_at,
        )
        if not listed.summary.total:
            await (await self.get_state(DeletedState)).count(tenant)
        await self._show_selected(tenant, show.names)
        await (await self.get_state(Choices)).load(tenant)

    @action(Permission.READ)
    async def again(self) -> None:
        """After the list could not be loaded."""
        await self.load(fresh=True)

    @action(Permission.READ)
    async def search(self, text: str) -> None:
        goes_on, self.q = bool(self.q), str(text)[: bounds.SEARCH]
        self.filters = of.searched(self.filters)
        await self._look_anew(Step.SAME if goes_on and self.q else Step.NEXT)

    @action(Permission.READ)
    async def narrow(self, name: str, value: str) -> None:
        """Set one of FILTERS; an empty value clears it."""
        self.filters = of.narrowed(self.filters, str(name), str(value))
        if of.is_deleted(self.filters):
            self.q = ""
        await self._look_anew()

    @action(Permission.READ)
    async def tag(self, name: str, wanted: bool = True) -> None:
        """Show only what has this tag too, or also what has not."""
        before = self.filters.get("tags", "")
        await self.narrow("tags", of.with_tag(before, str(name), wanted=wanted))

    @action(Permission.READ)
    async def clear(self) -> None:
        (await self.get_state(Views)).leave()
        self.q, self.filters = "", {}
        await self._look_anew()

    @action(Permission.READ)
    async def order(self, key: str) -> None:
        """By a column, the last runs with the newest first; the same again turns it round."""
        if key in SORTS:
            ways = (f"-{key}", key) if key == "lastRunAt" else (key, f"-{key}")
            self.sort, self.page = ways[self.sort == ways[0]], 1
            await self._look()

    @action(Permission.READ)
    async def arrange(self, sort: str) -> None:
        """By one of SORTS; a minus before it turns the order round."""
        if str(sort).removeprefix("-") in SORTS:
            self.sort, self.page = str(sort), 1
            await self._look()

    @action(Permission.READ)
    async def turn(self, step: int) -> None:
        """To another page of the list, `step` further."""
        if isinstance(step, int):
            self.page = max(1, min(self.page + step, -(-self.total // SIZE)))
            await self._look()
            self._turns += 1
            self.focus = f"{TOP}#{self._turns}"

    @action(Permission.WRITE)
    async def pick_matching(self) -> None:
        """Select all that match the search and the filters, of very many the first."""
        if of.is_deleted(self.filters):
            return
        tenant = (await self.get_state(SessionState)).tenant_id
        matching = services.schedule_selection.matching
        of_all = await call(matching, tenant, self._where(), self.q, self.sort)
        (await self.get_state(Selection)).take(of_all)

    async def _show_selected(self, tenant: str, names: Mapping[str, str]) -> None:
        selection = await self.get_state(Selection)
        if elsewhere := selection.show_page(names):
            among = services.schedule_selection.among
            there = await call(among, tenant, self._where(), self.q, elsewhere)
            selection.keep(there)

    async def _look_anew(self, way: Step = Step.NEXT) -> None:
        """At other rows than before: what was selected among those is not any more."""
        self.page = 1
        (await self.get_state(Selection)).clear()
        await self._look(way)

    async def _look(self, way: Step = Step.NEXT) -> None:
        (await self.get_state(Views)).compare(self.content())
        await show_address(self, await self.view_address(), way)
        await self.load()

    @internal
    async def view_address(self) -> str:
        """Of this view, to be shared: what differs from the plain list."""
        session, views = await self.get_state(SessionState), await self.get_state(Views)
        tenant = session.tenant_slug if len(session.tenants) > 1 else ""
        view = views.current, views.modified
        text = urlencode(parameters_of(self.content(), tenant, view, self.page))
        return f"{ROUTE}?{text}" if text else ROUTE
