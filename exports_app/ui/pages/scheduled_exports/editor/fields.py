"""What is typed and chosen in the form."""

import re
from typing import Any

import reflex as rx

from exports_app.domain import bounds
from exports_app.domain.access import Permission
from exports_app.domain.errors import NotFound
from exports_app.domain.schedules.tags import merged
from exports_app.domain.timing.presets import CUSTOM
from exports_app.services.schedules.recipients import MAX_RECIPIENTS, read_recipients
from exports_app.ui.framework.actions import action
from exports_app.ui.framework.browser_commands import notify
from exports_app.ui.framework.threads import in_thread
from exports_app.ui.pages.scheduled_exports.editor import form
from exports_app.ui.pages.scheduled_exports.editor.conflict import ConflictState
from exports_app.ui.pages.scheduled_exports.editor.draft import DraftState
from exports_app.ui.pages.scheduled_exports.editor.preview import DataPanel, SchedulePanel
from exports_app.ui.pages.scheduled_exports.editor.repeats import RepeatState

BETWEEN_TAGS = re.compile(r"[,;\n]")


class Fields(rx.State):
    @action(Permission.WRITE, longest={"value": form.LONGEST})
    async def put(self, name: str, value: str) -> Any:
        """One of the text fields."""
        if name not in form.EMPTY:
            raise NotFound
        draft = await self.get_state(DraftState)
        draft.put(name, str(value))
        await self._own(draft)
        if name in {"schedule", "timezone"}:
            await (await self.get_state(SchedulePanel)).explain(draft.values)
        return DataPanel.load if name in form.DATA_FIELDS else None

    async def _own(self, draft: DraftState) -> None:
        (await self.get_state(ConflictState)).follow(draft.content())

    @action(Permission.WRITE)
    async def activate(self, is_active: bool) -> None:
        draft = await self.get_state(DraftState)
        draft.is_active = bool(is_active)
        await self._own(draft)

    @action(Permission.WRITE)
    async def choose_preset(self, expression: str) -> None:
        """Fill in a preset's expression; an empty one leaves it to the fields below."""
        panel, draft = await self.get_state(SchedulePanel), await self.get_state(DraftState)
        if expression:
            draft.put("schedule", str(expression))
            await self._own(draft)
            await panel.explain(draft.values)
        else:
            panel.preset = CUSTOM
            draft.focus_on("repeats")

    @action(Permission.WRITE)
    async def repeat(self, name: str, value: str) -> None:
        """How often it runs: one of its fields."""
        chosen = await self.get_state(RepeatState)
        if (expression := await chosen.change(str(name), str(value))) is not None:
            draft = await self.get_state(DraftState)
            draft.put("schedule", expression)
            await self._own(draft)
            await (await self.get_state(SchedulePanel)).explain(draft.values)

    @action(Permission.WRITE)
    async def settle_time(self) -> None:
        """When the field for the time is left."""
        (await self.get_state(RepeatState)).settle()

    @action(Permission.WRITE, longest={"text": form.LONGEST})
    async def add_tags(self, text: str) -> None:
        """From what was typed or pasted, each after a comma, a semicolon or on a line."""
        draft = await self.get_state(DraftState)
        draft.put(form.TAGS, form.joined(merged([*draft.tags, *BETWEEN_TAGS.split(str(text))])))

    @action(Permission.WRITE)
    async def drop_tag(self, tag: str) -> None:
        draft = await self.get_state(DraftState)
        draft.put(form.TAGS, form.joined(one for one in draft.tags if one != tag))

    @action(Permission.WRITE)
    async def drop_last_tag(self) -> None:
        draft = await self.get_state(DraftState)
        draft.put(form.TAGS, form.joined(draft.tags[:-1]))

    @action(Permission.WRITE, longest={"text": bounds.PASTED})
    async def add_recipients(self, text: str) -> None:
        """From what was typed or pasted; what is not an address is kept, to be fixed."""
        recipients = await in_thread(read_recipients, str(text))
        draft = await self.get_state(DraftState)
        if not draft.add_recipients(recipients):
            most = f"A scheduled export can have up to {MAX_RECIPIENTS} recipients"
            await notify(
                self, "info", f"{most}: only the first {form.MOST_CHIPS} addresses were added"
            )
        draft.clear_error("recipients")
        await self._own(draft)

    @action(Permission.WRITE)
    async def drop_recipient(self, text: str) -> None:
        draft = await self.get_state(DraftState)
        draft.chips = [chip for chip in draft.chips if chip.text != text]
        draft.clear_error("recipients")
        await self._own(draft)

    @action(Permission.WRITE)
    async def drop_last(self) -> None:
        draft = await self.get_state(DraftState)
        draft.chips = draft.chips[:-1]
        await self._own(draft)

    @action(Permission.WRITE)
    async def fix_recipient(self, text: str) -> None:
        """Back into the field, to be written anew."""
        draft = await self.get_state(DraftState)
        draft.edit_again(str(text))
        await self._own(draft)
