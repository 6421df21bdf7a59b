"""What someone else saved while the form was open, field by field, and which version is kept."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import reflex as rx

from exports_app.domain.access import Permission
from exports_app.domain.errors import NotFound
from exports_app.services.core.records import Schedule
from exports_app.services.schedules.change_authors import Author
from exports_app.ui.framework.actions import action, call
from exports_app.ui.framework.internal import internal
from exports_app.ui.framework.services import services
from exports_app.ui.pages.scheduled_exports.editor import merge
from exports_app.ui.pages.scheduled_exports.editor.destinations import DestinationPicker
from exports_app.ui.pages.scheduled_exports.editor.draft import DraftState
from exports_app.ui.pages.scheduled_exports.editor.pickers import CampaignPicker
from exports_app.ui.pages.scheduled_exports.editor.preview import DataPanel, SchedulePanel

MINE, THEIRS = "mine", "theirs"
SOMEONE = "Someone else"


@dataclass
class Difference:
    """A field that someone else changed. mine, theirs: as people read them. choice: MINE, THEIRS,
    or empty while nobody chose. who, at: of the change; empty where they are not known."""

    name: str
    label: str
    mine: str
    theirs: str
    choice: str
    who: str
    at: str


class ConflictState(rx.State):
    differences: list[Difference] = []  # noqa: RUF012 (Reflex copies defaults)
    _mine: dict[str, Any] = {}  # noqa: RUF012
    _theirs: dict[str, Any] = {}  # noqa: RUF012

    @rx.var
    def who(self) -> str:
        """Everyone who changed something that is shown."""
        names = dict.fromkeys(difference.who or SOMEONE for difference in self.differences)
        return " and ".join(filter(None, (", ".join([*names][:-1]), [*names][-1] if names else "")))

    @internal
    async def begin(self) -> None:
        """The form was opened, or saved."""
        self.differences, self._mine, self._theirs = [], {}, {}
        (await self.get_state(DraftState)).unsettled = False

    @internal
    def follow(self, content: merge.Content) -> None:
        """A field that is changed by hand is one's own again."""
        changed = {
            one.name
            for one in self.differences
            if one.choice == THEIRS and content[one.name] != self._theirs[one.name]
        }
        if changed:
            self._mine |= {name: content[name] for name in changed}
            self.differences = [
                replace(one, choice=MINE, mine=merge.words(one.name, content[one.name], {}))
                if one.name in changed
                else one
                for one in self.differences
            ]

    @internal
    async def compare(self, stored: Schedule) -> bool:
        """Take in what is stored now: from here on the form changes that version. A field that was
        not touched here takes the new value. Returns whether any field of the form differs."""
        draft = await self.get_state(DraftState)
        if stored.version == draft.version():
            return bool(self.differences)
        base, mine, theirs = draft.base(), draft.content(), merge.stored_content(stored)
        names = merge.differing(base, mine, theirs)
        taken = [name for name in names if name in base and mine[name] == base[name]]
        draft.rebase(theirs, stored.version)
        if names:
            await self._show(draft, names, taken, mine, theirs)
        return bool(self.differences)

    async def _show(
        self,
        draft: DraftState,
        names: list[str],
        taken: list[str],
        mine: merge.Content,
        theirs: merge.Content,
    ) -> None:
        authors = await call(services.change_authors.by_field, draft.schedule_id)
        ids = [*mine[merge.CAMPAIGNS][: merge.FIRST], *theirs[merge.CAMPAIGNS][: merge.FIRST]]
        known = await call(services.campaigns.names, draft.tenant_id, ids)
        known |= await self._destinations(draft.tenant_id) if merge.DESTINATIONS in names else {}
        new = [
            _difference(name, mine, theirs, known, authors, THEIRS if name in taken else "")
            for name in names
        ]
        kept = [difference for difference in self.differences if difference.name not in names]
        place = list(merge.LABELS).index
        self.differences = sorted([*kept, *new], key=lambda difference: place(difference.name))
        self._mine |= {name: mine[name] for name in names}
        self._theirs |= {name: theirs[name] for name in names}
        await self._apply(draft, {name: theirs[name] for name in taken})

    async def _destinations(self, tenant_id: str) -> dict[str, str]:
        """Their names by id."""
        found = await call(services.destination_names.named, tenant_id)
        return {one.id: one.name for one in found}

    @action(Permission.WRITE)
    async def choose(self, name: str, choice: str) -> Any:
        """For one field."""
        return await self._choose([str(name)], str(choice))

    @action(Permission.WRITE)
    async def choose_all(self, choice: str) -> Any:
        return await self._choose([one.name for one in self.differences], str(choice))

    async def _choose(self, names: Iterable[str], choice: str) -> Any:
        known = {one.name: one for one in self.differences if one.name in set(names)}
        if choice not in {MINE, THEIRS} or not known:
            raise NotFound
        draft = await self.get_state(DraftState)
        now, other = draft.content(), self._theirs if choice == THEIRS else self._mine
        # What was typed since stays what is mine
        self._mine |= {name: now[name] for name, one in known.items() if one.choice != THEIRS}
        changed = {name: other[name] for name, one in known.items() if one.choice != choice}
        self.differences = [
            replace(one, choice=choice) if one.name in known else one for one in self.differences
        ]
        await self._apply(draft, changed)
        return [CampaignPicker.name_chosen, DataPanel.load]

    async def _apply(self, draft: DraftState, values: merge.Content) -> None:
        draft.take(values)
        draft.unsettled = any(not one.choice for one in self.differences)
        (await self.get_state(DestinationPicker)).follow(draft.destination_ids)
        await (await self.get_state(SchedulePanel)).explain(draft.values)


def _difference(
    name: str,
    mine: merge.Content,
    theirs: merge.Content,
    names: dict[str, str],
    authors: dict[str, Author],
    choice: str,
) -> Difference:
    author = authors.get(merge.field_of_record(name))
    return Difference(
        name,
        merge.LABELS[name],
        merge.words(name, mine[name], names),
        merge.words(name, theirs[name], names),
        choice,
        author.name if author else "",
        author.at.isoformat() if author else "",
    )
