"""What is done with saved views: show, save, change, share and delete them."""

from typing import Any

import reflex as rx

from exports_app.domain import bounds
from exports_app.domain.access import Permission
from exports_app.domain.errors import (
    FieldError,
    Invalid,
    NotFound,
)
from exports_app.services.core.records import SavedView
from exports_app.ui.framework.actions import action, call
from exports_app.ui.framework.browser_commands import notify
from exports_app.ui.framework.internal import internal
from exports_app.ui.framework.services import services
from exports_app.ui.framework.session import SessionState, of_tenant
from exports_app.ui.pages.scheduled_exports.list.filters import is_deleted
from exports_app.ui.pages.scheduled_exports.list.state import ListState
from exports_app.ui.pages.scheduled_exports.list.view_content import BUILT_IN, Content, stored
from exports_app.ui.pages.scheduled_exports.list.views import Views

SAVE, RENAME, DELETE = "save", "rename", "delete"
NOT_SAVED = "A view cannot show deleted scheduled exports"
NAME = "view-name"
"""Name and id of the field for the name."""


@of_tenant
class ViewActions(rx.State):
    asking: str = ""
    """SAVE, RENAME or DELETE: which dialog is open; empty: none."""
    typed: str = ""
    share: bool = False

    @action(Permission.READ)
    async def choose(self, view: str) -> None:
        """A saved view's id, one of BUILT_IN, or empty for the whole list."""
        listed, views = await self.get_state(ListState), await self.get_state(Views)
        if (content := BUILT_IN.get(str(view), None if view else Content())) is not None:
            views.leave()
        else:
            content = await views.open(await self._tenant(), str(view))
        if content is not None:
            await listed.show_content(content)

    @action(Permission.READ)
    async def ask(self, what: str) -> None:
        views = await self.get_state(Views)
        if what not in {SAVE, RENAME, DELETE} or (what != SAVE and not views.current):
            raise NotFound
        if what == SAVE:
            await self._content()
        self.asking, self.share = str(what), False
        self.typed = "" if what == SAVE else views.name

    @action(Permission.READ)
    async def type_name(self, text: str) -> None:
        self.typed = str(text)[: bounds.VIEW_NAME]

    @action(Permission.READ)
    async def set_share(self, shared: bool) -> None:
        self.share = bool(shared)

    @action(Permission.READ)
    async def dismiss(self) -> None:
        self.asking = ""

    @internal
    def leave_tenant(self) -> None:
        self.reset()

    @action(Permission.READ)
    async def submit(self, form: dict[str, str]) -> None:
        """Enter in the field for the name."""
        self.typed = str(form.get(NAME, ""))[: bounds.VIEW_NAME]
        await self._confirm()

    @action(Permission.READ)
    async def confirm(self) -> None:
        """What was asked about. Where it is refused, the dialog stays open."""
        await self._confirm()

    async def _confirm(self) -> None:
        if self.asking == SAVE:
            await self._save()
        elif self.asking == RENAME:
            await self._change({"name": self.typed})
        elif self.asking == DELETE:
            await self._delete()
        self.asking = ""

    @action(Permission.READ)
    async def update(self) -> None:
        """The view becomes what the list shows."""
        await self._change({"filters": stored(await self._content())})
        name = (await self.get_state(Views)).name
        await notify(self, "success", f"The view “{name}” was updated")

    @action(Permission.READ)
    async def set_shared(self, shared: bool) -> None:
        """Share the view with the tenant, or not any more."""
        await self._change({"is_shared": bool(shared)})

    async def _tenant(self) -> str:
        tenant: str = (await self.get_state(SessionState)).tenant_id
        return tenant

    async def _content(self) -> Content:
        """What the list shows. Raises Invalid where a view cannot keep it."""
        content: Content = (await self.get_state(ListState)).content()
        if is_deleted(content.filters):
            raise Invalid([FieldError("", f"{NOT_SAVED}: choose another status first")])
        return content

    async def _save(self) -> None:
        make = services.saved_views.create
        tenant, filters = await self._tenant(), stored(await self._content())
        await self._show(await call(make, tenant, self.typed, filters, is_shared=self.share))

    async def _change(self, values: dict[str, Any]) -> None:
        views = await self.get_state(Views)
        change = services.saved_views.update
        version = views.version() if "filters" in values else None
        await self._show(await call(change, await self._tenant(), views.current, values, version))

    async def _delete(self) -> None:
        views = await self.get_state(Views)
        await call(services.saved_views.delete, await self._tenant(), views.current)
        views.leave()
        await self._reload()

    async def _show(self, view: SavedView) -> None:
        (await self.get_state(Views)).show(view)
        await self._reload()

    async def _reload(self) -> None:
        await (await self.get_state(Views)).load(await self._tenant())
        await (await self.get_state(ListState)).show_view()
