"""Choosing the destinations of a scheduled export."""

from collections.abc import Sequence
from dataclasses import dataclass

import reflex as rx

from exports_app.domain import bounds
from exports_app.domain.access import Permission
from exports_app.services.destinations.names import NamedDestination
from exports_app.ui.framework.actions import action, call
from exports_app.ui.framework.internal import internal
from exports_app.ui.framework.services import services
from exports_app.ui.pages.scheduled_exports.editor.draft import DraftState
from exports_app.ui.pages.scheduled_exports.editor.merge import GONE


@dataclass
class Destination:
    """works: it is switched on and not paused."""

    key: str
    name: str
    channel: str
    works: bool
    chosen: bool


class DestinationPicker(rx.State):
    q: str = ""
    options: list[Destination] = []  # noqa: RUF012 (Reflex copies defaults)
    chosen: list[Destination] = []  # noqa: RUF012
    """In the order in which they were chosen."""
    is_full: bool = False
    """There cannot be more."""
    _known: list[NamedDestination] = []  # noqa: RUF012

    @internal
    async def begin(self) -> None:
        """The form was opened."""
        self.q = ""
        await self._read()

    @action(Permission.WRITE)
    async def opened(self, is_open: bool) -> None:
        """Read them anew: one may have been created in another tab meanwhile."""
        self.q = ""
        if is_open:
            await self._read()

    @action(Permission.WRITE)
    async def search(self, text: str) -> None:
        self.q = str(text)[: bounds.SEARCH]
        self.follow((await self.get_state(DraftState)).destination_ids)

    @action(Permission.WRITE, longest={"destination_id": bounds.ID})
    async def toggle(self, destination_id: str) -> None:
        """Choose one, or no longer. Which ones there are for the tenant, saving judges."""
        draft = await self.get_state(DraftState)
        rest = [one for one in draft.destination_ids if one != destination_id]
        if len(rest) == len(draft.destination_ids) and len(rest) < bounds.DESTINATIONS:
            rest = [*rest, str(destination_id)]
        draft.destination_ids = rest
        draft.clear_error("destinations")
        draft.clear_error("recipients")
        self.follow(rest)

    async def _read(self) -> None:
        draft = await self.get_state(DraftState)
        self._known = await call(services.destination_names.named, draft.tenant_id)
        self.follow(draft.destination_ids)

    @internal
    def follow(self, ids: Sequence[str]) -> None:
        """Show which are chosen."""
        wanted, names = self.q.strip().casefold(), {one.id: one for one in self._known}
        self.options = [
            _shown(one.id, one, chosen=one.id in ids)
            for one in self._known
            if wanted in one.name.casefold()
        ]
        self.chosen = [_shown(key, names.get(key), chosen=True) for key in ids]
        self.is_full = len(ids) >= bounds.DESTINATIONS


def _shown(key: str, named: NamedDestination | None, *, chosen: bool) -> Destination:
    if named is None:
        return Destination(key, GONE, "", works=False, chosen=chosen)
    return Destination(key, named.name, named.channel, named.works, chosen)
