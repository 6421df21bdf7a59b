"""The saved views of the list: which there are, and which one is shown."""

from dataclasses import dataclass

import reflex as rx

from exports_app.domain.access import Permission
from exports_app.domain.errors import NotFound
from exports_app.services.core.records import SavedView
from exports_app.services.schedules import view_filters
from exports_app.ui.framework.actions import call, principal, read
from exports_app.ui.framework.browser_commands import notify
from exports_app.ui.framework.internal import internal
from exports_app.ui.framework.services import services
from exports_app.ui.framework.vars import put
from exports_app.ui.pages.scheduled_exports.list.view_content import Content, shown

GONE = "This view no longer exists, or is not shared with you"
LOST = "Some filters of this view no longer exist and were left out."


@dataclass
class View:
    id: str
    name: str
    shared: bool
    mine: bool


class Views(rx.State):
    views: list[View] = []  # noqa: RUF012 (Reflex copies defaults)
    current: str = ""
    """Id of the view that is shown; empty: none."""
    name: str = ""
    shared: bool = False
    may_change: bool = False
    modified: bool = False
    """Whether the list shows something else than the view, which began with it."""
    lost: str = ""
    """That some of its filters no longer exist."""
    _content: Content = Content()
    _version: int = 0

    @internal
    async def load(self, tenant_id: str) -> bool:
        """Which there are. False: the one that was shown is there no more."""
        me, found = principal().user_id, await read(services.saved_views.find, tenant_id)
        views = [View(v.id, v.name, v.is_shared, v.maker_id == me) for v in found]
        put(self, views=views)
        current = next((view for view in found if view.id == self.current), None)
        if current is not None:
            self._describe(current)
        elif self.current:
            self.leave()
            return False
        return True

    @internal
    async def open(self, tenant_id: str, view_id: str) -> Content | None:
        """Show this view. None: there is no such one."""
        try:
            view = await call(services.saved_views.get, tenant_id, view_id)
        except NotFound:
            self.leave()
            await notify(self, "info", GONE)
            return None
        self.show(view)
        return self._content

    @internal
    def show(self, view: SavedView) -> None:
        """It is the one that the list begins with now."""
        filters, lost = view_filters.read(view.filters)
        self._content, self._version = shown(filters), view.version
        put(self, current=view.id, modified=False, lost=LOST if lost else "")
        self._describe(view)

    def _describe(self, view: SavedView) -> None:
        who = principal()
        needed = Permission.WRITE if view.is_shared else Permission.READ
        put(
            self,
            name=view.name,
            shared=view.is_shared,
            may_change=who.can(needed, view.tenant_id),
        )

    @internal
    def leave(self) -> None:
        put(self, current="", name="", shared=False, may_change=False, modified=False, lost="")

    @internal
    def compare(self, content: Content) -> None:
        """content: what the list shows now."""
        put(self, modified=bool(self.current) and content != self._content)

    @internal
    def version(self) -> int:
        """Of the view when it was shown."""
        return self._version
