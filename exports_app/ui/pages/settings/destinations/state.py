"""The tenant's destinations: the list, the form, tests of them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import ZoneInfo

import reflex as rx

from exports_app.domain import bounds
from exports_app.domain.access import Permission
from exports_app.domain.errors import Conflict, Invalid, NotFound
from exports_app.domain.humanize import sentence
from exports_app.domain.name_templates import NameValues
from exports_app.services.core.records import Destination
from exports_app.services.destinations import configs
from exports_app.ui.framework.actions import action, call, principal
from exports_app.ui.framework.browser_commands import notify
from exports_app.ui.framework.internal import internal
from exports_app.ui.framework.services import services
from exports_app.ui.framework.session import SessionState, of_tenant, query
from exports_app.ui.framework.threads import in_thread
from exports_app.ui.pages.settings.destinations.config_form import (
    PREFIX,
    ConfigField,
    FieldKind,
    example_of,
    fields_of,
    given,
    with_preview,
)
from exports_app.ui.pages.settings.destinations.rows import DestinationRow, row, users_words

CONFIG = "/config/"
CHANNEL, NAME = "destination-channel", "destination-name"


@dataclass
class Kind:
    """A channel that can be chosen. unavailable: why not, empty where it can."""

    key: str
    label: str
    description: str
    unavailable: str


@of_tenant
class DestinationsState(rx.State):
    rows: list[DestinationRow] = []  # noqa: RUF012 (Reflex copies defaults)
    loaded: bool = False
    kinds: list[Kind] = []  # noqa: RUF012
    is_open: bool = False
    """The form."""
    editing: str = ""
    """The id of the destination that the form changes; empty: a new one."""
    title: str = ""
    """The name as it is stored."""
    channel: str = ""
    fields: list[ConfigField] = []  # noqa: RUF012
    made: int = 0
    """Anew for each form that is opened, so that its fields begin anew."""
    error: str = ""
    """Of the form as a whole."""
    name_error: str = ""
    focus: str = ""
    """The id of the field that gets the focus; what follows a # is another each time."""
    asking: str = ""
    """The id of the destination to delete; empty: none."""
    ask_name: str = ""
    ask_users: str = ""
    """The scheduled exports that deliver there, which prevent it."""
    _of: str = ""
    """The tenant whose destinations these are."""
    _version: int = 0
    _count: int = 0

    @internal
    async def come(self) -> None:
        """The page was loaded; the address may ask for a new one."""
        tenant_id = (await self.get_state(SessionState)).tenant_id
        rows, loaded = (self.rows, self.loaded) if self._of == tenant_id else ([], False)
        self.reset()
        self.rows, self.loaded, self._of = rows, loaded, tenant_id
        self.kinds = [
            Kind(one.key, one.label, one.description, sentence(one.unconfigured() or ""))
            for one in configs.channels()
        ]
        if query(self).get("new"):
            await self._open(None)

    @action(Permission.WRITE)
    async def refresh(self) -> None:
        await self.reload()

    @action(Permission.WRITE)
    async def begin(self) -> None:
        await self._open(None)

    @action(Permission.WRITE)
    async def edit(self, destination_id: str) -> None:
        await self._open(await call(services.destinations.get, str(destination_id)))

    @action(Permission.WRITE)
    async def choose(self, channel: str) -> None:
        """Of a new one: what it needs is asked for."""
        if self.editing or channel not in {kind.key for kind in self.kinds}:
            return
        self.channel, self.error = str(channel), ""
        self.fields = fields_of(configs.channel_of(channel), await self.example())

    @action(Permission.WRITE)
    async def type_template(self, name: str, value: str) -> None:
        """Show what a name would look like."""
        example, value = await self.example(), str(value)[: bounds.FORM_TEXT]
        self.fields = [
            with_preview(one, value, example)
            if one.name == name and one.kind == FieldKind.TEMPLATE
            else one
            for one in self.fields
        ]

    @action(Permission.WRITE)
    async def close(self) -> None:
        self._close()

    @action(Permission.WRITE, longest={"form": bounds.CONFIG_TEXT})
    async def save(self, form: dict[str, Any]) -> None:
        if not self.is_open:
            return
        try:
            saved = await self._store(form)
        except Invalid as e:
            self._show_errors({error.pointer: sentence(error.detail) for error in e.errors})
            return
        except (Conflict, NotFound) as e:
            self._show_errors({"": sentence(e.message)})
            return
        self._close()
        await notify(self, "success", f"“{saved.name}” saved")
        await self.reload()

    @action(Permission.WRITE)
    async def activate(self, destination_id: str, active: bool) -> None:
        values = {"is_active": bool(active)}
        await call(services.destinations.update, str(destination_id), values)
        await self.reload()

    @action(Permission.WRITE)
    async def ask(self, destination_id: str) -> None:
        found = await call(services.destinations.get, str(destination_id))
        users = await call(services.destination_names.users, found.tenant_id)
        self.asking, self.ask_name = found.id, found.name
        self.ask_users = users_words(users.get(found.id, []))

    @action(Permission.WRITE)
    async def keep(self) -> None:
        self.asking = ""

    @action(Permission.WRITE)
    async def delete(self) -> None:
        if not self.asking:
            return
        deleted, self.asking = self.asking, ""
        await call(services.destinations.delete, deleted)
        if self.editing == deleted:
            self._close()
        await notify(self, "success", f"“{self.ask_name}” was deleted")
        await self.reload()

    @internal
    def leave_tenant(self) -> None:
        self.reset()

    async def _open(self, stored: Destination | None) -> None:
        self._close()
        self.is_open, self.made = True, self.made + 1
        self._focus_on(NAME if stored else CHANNEL)
        if stored is None:
            usable = [kind.key for kind in self.kinds if not kind.unavailable]
            self.channel = next(iter(usable or [kind.key for kind in self.kinds]), "")
            known = {one.key: one for one in configs.channels()}
            if channel := known.get(self.channel):
                self.fields = fields_of(channel, await self.example())
            return
        self.editing, self.title, self.channel = stored.id, stored.name, stored.channel
        self._version = stored.version
        secrets = await in_thread(services.destinations.secrets_set, stored)
        kind = configs.channel_of(stored.channel)
        self.fields = fields_of(kind, await self.example(), stored.config, secrets)

    def _close(self) -> None:
        self.is_open, self.editing, self.title, self.channel = False, "", "", ""
        self.fields, self.error, self.name_error, self._version = [], "", "", 0

    async def _store(self, form: Mapping[str, Any]) -> Destination:
        name = str(form.get(NAME, ""))[: bounds.DESTINATION_NAME + 1]
        config = given(self.fields, form)
        if not self.editing:
            tenant_id = (await self.get_state(SessionState)).tenant_id
            create = services.destinations.create
            return await call(create, tenant_id, self.channel, name, config)
        values = {"name": name, "config": config}
        return await call(services.destinations.update, self.editing, values, self._version)

    def _show_errors(self, errors: Mapping[str, str]) -> None:
        """errors: by their pointers."""
        of = {
            pointer.removeprefix(CONFIG).split("/")[0]: why
            for pointer, why in errors.items()
            if pointer.startswith(CONFIG)
        }
        self.name_error = errors.get("/name", "")
        self.fields = [replace(one, error=of.pop(one.name, "")) for one in self.fields]
        rest = [why for at, why in errors.items() if at != "/name" and not at.startswith(CONFIG)]
        self.error = next(iter([*rest, *of.values()]), "")
        wrong = [f"{PREFIX}{one.name}" for one in self.fields if one.error]
        self._focus_on(NAME if self.name_error or self.error or not wrong else wrong[0])

    def _focus_on(self, field: str) -> None:
        self._count += 1
        self.focus = f"{field}#{self._count}"

    @internal
    async def example(self) -> NameValues:
        session = await self.get_state(SessionState)
        now = services.clock().astimezone(ZoneInfo(session.timezone))
        return example_of(session.tenant_slug, now)

    @internal
    async def reload(self) -> None:
        tenant_id = (await self.get_state(SessionState)).tenant_id
        self.rows = await in_thread(_rows, principal(), tenant_id)
        self.loaded = True


def _rows(who: Any, tenant_id: str) -> list[DestinationRow]:
    found = services.destinations.find(who, tenant_id)
    users = services.destination_names.users(who, tenant_id)
    return [row(one, services.destinations.place(one), users.get(one.id, [])) for one in found]
