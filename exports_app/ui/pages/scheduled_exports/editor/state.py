"""The dialog that creates or changes a scheduled export: opening, saving, closing."""

from itertools import islice
from typing import Any

import reflex as rx

from exports_app.domain import bounds
from exports_app.domain.access import Permission, require
from exports_app.domain.errors import (
    Invalid,
    NotFound,
    VersionConflict,
)
from exports_app.services.core.email_addresses import Domains
from exports_app.services.core.records import Schedule
from exports_app.services.schedules.recipients import MAX_SENT, Recipient, read_recipients
from exports_app.ui.framework.actions import action, call, principal
from exports_app.ui.framework.browser_commands import notify, show_address
from exports_app.ui.framework.internal import internal
from exports_app.ui.framework.services import services
from exports_app.ui.framework.session import SessionState, query
from exports_app.ui.framework.threads import in_thread
from exports_app.ui.pages.scheduled_exports import run_errors
from exports_app.ui.pages.scheduled_exports.editor import form, merge, options
from exports_app.ui.pages.scheduled_exports.editor.conflict import ConflictState
from exports_app.ui.pages.scheduled_exports.editor.destinations import DestinationPicker
from exports_app.ui.pages.scheduled_exports.editor.draft import DraftState
from exports_app.ui.pages.scheduled_exports.editor.listeners import Listeners
from exports_app.ui.pages.scheduled_exports.editor.pickers import CampaignPicker
from exports_app.ui.pages.scheduled_exports.editor.preview import (
    DataPanel,
    EmailPanel,
    SchedulePanel,
)
from exports_app.ui.pages.scheduled_exports.editor.repeats import RepeatState
from exports_app.ui.pages.scheduled_exports.editor.templates import TEMPLATES
from exports_app.ui.pages.scheduled_exports.list.actions import ScheduleActions
from exports_app.ui.pages.scheduled_exports.list.state import ListState

UNSAVED = "You have unsaved changes. Save or close this form, then choose “Export this view” again"
CONFLICT = "conflict"
"""The id of the panel with what someone else changed."""
DELETED = "This scheduled export was deleted. Copy what you need, then close the form"


class EditorState(rx.State):
    asking: bool = False
    """Whether to throw the changes away."""

    @action(Permission.WRITE)
    async def begin(self, schedule_id: str) -> Any:
        """Open the form: of a stored schedule, or an empty one."""
        if schedule_id:
            return await self.edit(schedule_id)
        if (await self.get_state(DraftState)).is_open:  # one that has just come back
            return None
        return await self._new({})

    @internal
    async def edit(self, schedule_id: str) -> Any:
        """Open the form of a stored schedule, unless one is open. Returns what follows."""
        if (await self.get_state(DraftState)).is_open:
            return None
        return await self._edit(await self._stored(schedule_id))

    @action(Permission.WRITE)
    async def begin_from(self, template: str) -> Any:
        chosen = next((t for t in TEMPLATES if t.key == template), None)
        if chosen is None:
            raise NotFound
        if (await self.get_state(DraftState)).is_open:
            return None
        return await self._new(chosen.values)

    @internal
    async def arrive(self) -> Any:
        """Where the address asks for a new one, with these values: the form, and the list's own
        address, so that a reload does not ask again."""
        asked, draft = form.asked(query(self)), await self.get_state(DraftState)
        if asked is None:
            return None
        await show_address(self, await (await self.get_state(ListState)).view_address())
        if draft.is_open and draft.dirty:
            await notify(self, "info", UNSAVED)
            return None
        return await self._new(asked)

    async def _new(self, values: dict[str, str]) -> Any:
        session = await self.get_state(SessionState)
        return await self._open(session.tenant_id, "", {"timezone": session.timezone} | values)

    @action(Permission.WRITE)
    async def duplicate(self, schedule_id: str) -> Any:
        """A new form with everything of a stored schedule. It is paused, so that nobody gets two
        files by accident."""
        old = await self._stored(schedule_id)
        texts = form.texts(old) | {"name": f"Copy of {old.name}"[: bounds.NAME], "slug": ""}
        return await self._open(old.tenant_id, "", texts, old, is_active=False)

    @action(Permission.WRITE, longest={"kept": bounds.KEPT_FORM})
    async def restore(self, kept: str) -> Any:
        """Bring back a form that the browser kept while the server was away. Another tenant's stays
        there until its turn."""
        fields, recipients = await in_thread(_unpack, str(kept))
        draft = await self.get_state(DraftState)
        if draft.is_open or fields["tenant"] != (await self.get_state(SessionState)).tenant_id:
            return None
        require(principal(), Permission.WRITE, fields["tenant"])
        draft.restore(fields, recipients)
        if fields["dirty"]:
            await notify(self, "info", "Your unsaved changes were restored")
        # If someone goes on typing, the rest must not end up in the name
        draft.focus_on("form")
        begun = await self._begun(draft)
        await self.compare()
        return begun

    async def _stored(self, schedule_id: str) -> Schedule:
        get = services.schedules.get
        return await call(get, str(schedule_id), Permission.WRITE)

    async def _edit(self, stored: Schedule) -> Any:
        (await self.get_state(DraftState)).set_version(stored.version)
        return await self._open(
            stored.tenant_id, stored.id, form.texts(stored), stored, is_active=stored.is_active
        )

    async def _open(
        self,
        tenant_id: str,
        schedule_id: str,
        values: dict[str, str],
        like: Schedule | None = None,
        *,
        is_active: bool = True,
    ) -> Any:
        require(principal(), Permission.WRITE, tenant_id)
        draft = await self.get_state(DraftState)
        draft.fill(tenant_id, schedule_id, values, like, is_active=is_active)
        return await self._opened(draft)

    async def _opened(self, draft: DraftState) -> Any:
        draft.focus_on("name")
        return await self._begun(draft)

    async def _begun(self, draft: DraftState) -> Any:
        self.asking, draft.usual = False, options.from_settings(services.settings)
        await (await self.get_state(ConflictState)).begin()
        await (await self.get_state(Listeners)).follow(draft.tenant_id, draft.schedule_id)
        await (await self.get_state(DestinationPicker)).begin()
        await (await self.get_state(RepeatState)).follow(draft.values["schedule"], anew=True)
        await (await self.get_state(SchedulePanel)).explain(draft.values)
        return [CampaignPicker.name_chosen, DataPanel.load]

    @action(Permission.WRITE)
    async def set_open(self, is_open: bool) -> None:  # noqa: ARG002 (it is always False)
        """Close it; asks first where something would be lost. What is in its place, the question or
        the email, is closed alone."""
        email, draft = await self.get_state(EmailPanel), await self.get_state(DraftState)
        if not draft.is_open:
            return
        if email.is_open or self.asking:
            email.is_open = self.asking = False
            return
        self.asking = bool(draft.dirty)
        draft.is_open = self.asking

    @action(Permission.WRITE)
    async def stay(self) -> None:
        self.asking = False

    @action(Permission.WRITE)
    async def drop_changes(self) -> None:
        # The question stays in the dialog while that disappears, so that the form does not flash
        (await self.get_state(DraftState)).is_open = False

    @action(Permission.WRITE)
    async def save(self) -> None:
        draft = await self.get_state(DraftState)
        if draft.is_open and (saved := await self._save(draft)):
            draft.is_open = False
            await notify(self, "success", f"“{saved.name}” saved")

    @action(Permission.WRITE)
    async def test(self) -> None:
        """Save, then send it to the signed-in user alone. The form stays."""
        draft = await self.get_state(DraftState)
        saved = (
            await self._save(draft)
            if draft.dirty or not draft.schedule_id
            else await self._stored(draft.schedule_id)
        )
        if saved is not None:
            await (await self.get_state(ScheduleActions)).send_test(saved.id)

    async def _save(self, draft: DraftState) -> Schedule | None:
        """None where it was refused: the form says why."""
        if wrong := (await self.get_state(RepeatState)).errors:
            draft.focus_on(form.first_wrong(wrong))
            return None
        if draft.unsettled:
            draft.focus_on(CONFLICT)
            return None
        try:
            saved = await self._stored_now(draft)
        except Invalid as e:
            draft.show_errors(form.errors_by_field(e))
            return None
        except NotFound:
            await notify(self, "error", DELETED)
            return None
        if saved is not None:
            draft.show_saved(saved)
            await (await self.get_state(ConflictState)).begin()
            await (await self.get_state(ListState)).load()
        return saved

    async def _stored_now(self, draft: DraftState) -> Schedule | None:
        """None where someone else changed fields of the form: it shows them."""
        for is_last in (False, True):
            values = form.draft(
                *(draft.values, draft.campaign_ids, draft.chips),
                is_active=draft.is_active,
                destination_ids=draft.destination_ids,
            )
            try:
                return await call(
                    _write, draft.tenant_id, draft.schedule_id, draft.version(), values
                )
            except VersionConflict:
                await self.compare()
                if (await self.get_state(ConflictState)).differences:
                    draft.focus_on(CONFLICT)
                    return None
                if is_last:
                    raise
            # What changed is not in the form, e.g. the owner: it is saved beside it
        return None

    @internal
    async def leave(self, tenant_id: str) -> None:
        """The tab shows this tenant from now on: a form of another one is not left open over it."""
        draft = await self.get_state(DraftState)
        if draft.is_open and draft.tenant_id != tenant_id:
            draft.is_open = self.asking = (await self.get_state(EmailPanel)).is_open = False

    @internal
    async def compare(self) -> None:
        """Show what someone else saved, or that they deleted it, while it is open here."""
        draft = await self.get_state(DraftState)
        if not draft.is_open or not draft.schedule_id:
            return
        try:
            stored = await self._stored(draft.schedule_id)
        except NotFound:
            draft.errors = draft.errors | {"name": DELETED}
            return
        draft.paused = run_errors.readable(stored.paused_reason)
        await (await self.get_state(ConflictState)).compare(stored)


def _unpack(kept: str) -> tuple[dict[str, Any], list[Recipient]]:
    """The form, and its recipients as they are read. Raises Invalid."""
    fields, domains = form.unpack(kept), Domains()
    return fields, list(
        islice(
            (recipient for text in fields["chips"] for recipient in read_recipients(text, domains)),
            MAX_SENT,
        )
    )


def _write(
    who: Any, tenant_id: str, schedule_id: str, version: int, values: dict[str, Any]
) -> Schedule:
    schedules = services.schedules
    if schedule_id:
        kept = merge.without_kept_filters(values, schedules.get(who, schedule_id))
        return schedules.update(who, schedule_id, kept, version)
    return schedules.create(who, tenant_id, values)
