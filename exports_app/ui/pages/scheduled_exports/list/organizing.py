"""Tags and owners of several schedules at once: what is asked, and what is done."""

from typing import Any

import reflex as rx

from exports_app.domain import bounds
from exports_app.domain.access import Permission
from exports_app.domain.errors import FieldError, Invalid, NotFound
from exports_app.domain.humanize import counted
from exports_app.domain.schedules.tags import merged
from exports_app.services.schedules.bulk import BulkResult
from exports_app.services.schedules.validation import check_tags
from exports_app.ui.framework.actions import action, call
from exports_app.ui.framework.browser_commands import notify
from exports_app.ui.framework.internal import internal
from exports_app.ui.framework.services import services
from exports_app.ui.framework.session import SessionState, of_tenant
from exports_app.ui.pages.scheduled_exports.list.choices import Owner
from exports_app.ui.pages.scheduled_exports.list.selection import Selection
from exports_app.ui.pages.scheduled_exports.list.state import ListState

ADD, REMOVE, TRANSFER = "add", "remove", "transfer"
FIELD = "bulk-tags"
"""Name and id of the field for tags."""


@of_tenant
class Organizing(rx.State):
    asking: str = ""
    """ADD, REMOVE or TRANSFER: which dialog is open; empty: none."""
    what: str = ""
    """A name, or how many."""
    typed: str = ""
    """Tags, with a comma between two."""
    owner: str = ""
    people: list[Owner] = []  # noqa: RUF012 (Reflex copies defaults)
    """Who may become the owner."""
    _ids: list[str] = []  # noqa: RUF012

    @action(Permission.WRITE)
    async def ask(self, what: str, schedule_id: str = "") -> None:
        """Of the selected ones, or of one by its id."""
        if what not in {ADD, REMOVE, TRANSFER}:
            raise NotFound
        if schedule_id:
            schedule = await call(services.schedules.get, str(schedule_id), Permission.WRITE)
            chosen = {schedule.id: schedule.name}
        else:
            chosen = (await self.get_state(Selection)).chosen()
        if not chosen:
            return
        if what == TRANSFER:
            await self._read_people()
        one = f"“{next(iter(chosen.values()))}”"
        self.what = one if len(chosen) == 1 else counted(len(chosen), "scheduled export")
        self._ids, self.typed, self.owner, self.asking = list(chosen), "", "", str(what)

    async def _read_people(self) -> None:
        tenant: str = (await self.get_state(SessionState)).tenant_id
        people = await call(services.ownership.candidates, tenant)
        self.people = [Owner(person.id, person.name) for person in people]

    @action(Permission.WRITE, longest={"text": bounds.FORM_TEXT})
    async def type_tags(self, text: str) -> None:
        self.typed = str(text)

    @action(Permission.WRITE)
    async def choose_owner(self, user_id: str) -> None:
        self.owner = str(user_id)

    @action(Permission.WRITE)
    async def dismiss(self) -> None:
        self.asking = ""

    @internal
    def leave_tenant(self) -> None:
        self.reset()

    @action(Permission.WRITE)
    async def submit(self, form: dict[str, str]) -> None:
        """Enter in the field for tags."""
        self.typed = str(form.get(FIELD, ""))[: bounds.FORM_TEXT]
        await self._confirm()

    @action(Permission.WRITE)
    async def confirm(self) -> None:
        """What was asked about. Where the tags are wrong, the dialog stays open."""
        await self._confirm()

    async def _confirm(self) -> None:
        if self.asking in {ADD, REMOVE}:
            await self._tag(merged(self.typed.split(",")))
        elif self.asking == TRANSFER:
            await self._transfer()

    async def _tag(self, tags: tuple[str, ...]) -> None:
        if errors := check_tags(tags):
            raise Invalid(errors)
        if not tags:
            raise Invalid([FieldError("/tags", "enter at least one tag")])
        add, remove = (tags, ()) if self.asking == ADD else ((), tags)
        done = "Tags added to" if add else "Tags removed from"
        await self._end(await call(services.bulk.tag, self._ids, add, remove), f"{done} {{}}")

    async def _transfer(self) -> None:
        names = {person.id: person.name for person in self.people}
        result = await call(services.bulk.transfer, self._ids, self.owner)
        await self._end(result, f"{{}} transferred to {names.get(self.owner, 'someone else')}")

    async def _end(self, result: BulkResult, words: str) -> None:
        self.asking = ""
        if result.failed:
            why = result.failed[0][1]
            await notify(self, "error", f"{len(result.failed)} not changed: {why}")
        if result.done:
            whole = len(result.done) == len(self._ids)
            what = self.what if whole else counted(len(result.done), "scheduled export")
            await notify(self, "success", words.replace("{}", what, 1))
        (await self.get_state(Selection)).clear()
        listed: Any = await self.get_state(ListState)
        await listed.load(fresh=True)
