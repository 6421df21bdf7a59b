"""The history of a schedule: its runs, a page at a time, in a dialog over the list."""

from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

import reflex as rx

from exports_app.domain.access import Permission, Principal
from exports_app.domain.errors import ExportsError, NotFound
from exports_app.domain.humanize import counted, place
from exports_app.services.core.interfaces import RunFilter
from exports_app.services.core.records import Notification, Schedule
from exports_app.services.runs.history_retention import RemovedHistory
from exports_app.services.runs.listing import Place
from exports_app.ui.framework.actions import action, error_sentence, note_refusal, principal
from exports_app.ui.framework.browser_commands import Step, notify, parameters, show_address
from exports_app.ui.framework.internal import internal
from exports_app.ui.framework.services import services
from exports_app.ui.framework.session import path, query
from exports_app.ui.framework.threads import in_thread
from exports_app.ui.pages.scheduled_exports.address import (
    ROUTE,
    place_in,
    place_parts,
    schedule_in,
    with_parts,
)
from exports_app.ui.pages.scheduled_exports.editor.merge import GONE
from exports_app.ui.pages.scheduled_exports.history.attempts import NotificationItem, notice_row
from exports_app.ui.pages.scheduled_exports.history.file_downloads import FileDownloadsState
from exports_app.ui.pages.scheduled_exports.history.run_table import RunTable
from exports_app.ui.pages.scheduled_exports.history.schedule import ScheduleState
from exports_app.ui.pages.scheduled_exports.labels import in_words
from exports_app.ui.pages.scheduled_exports.list.state import ListState
from exports_app.ui.pages.scheduled_exports.sending.state import SendQuestion, shows_runs

NOTICES = 20
"""The newest are shown."""
PARTS: list[type[Any]] = []
"""States of the history's parts. Each has ``follow(schedule_id)``, an internal method that is
called whenever the history was read."""
Part = TypeVar("Part")


def part_of_history(state: type[Part]) -> type[Part]:
    """Decorates a State that shows something of the schedule whose history is open."""
    PARTS.append(state)
    return state


@dataclass
class Read:
    """What the history says of its schedule. owner, destinations: their names."""

    schedule: Schedule
    owner: str
    destinations: list[str]
    notices: list[Notification]
    removed: RemovedHistory | None


@shows_runs
class HistoryState(rx.State):
    schedule_id: str = ""
    """Of the dialog that is open; empty when none is."""
    name: str = ""
    heading: str = ""
    """How many runs there are, and the schedule in words."""
    removed: str = ""
    """Which older runs are not there any more."""
    notices: list[NotificationItem] = []  # noqa: RUF012 (Reflex copies defaults)
    """Notifications about the schedule, newest first."""
    gone: str = ""
    """Why there is nothing to show."""
    failed: str = ""
    """Why it could not be read."""
    loaded: bool = False

    @internal
    async def arrive(self) -> None:
        """Open the schedule that the address names, and its run."""
        await self._take(path(self), query(self))

    @internal
    async def step(self, address: str) -> None:
        """Back or Forward chose this schedule and page, or the list alone."""
        asked, table = parameters(address), await self.get_state(RunTable)
        named = schedule_in(urlsplit(address).path)
        if named == self.schedule_id and (not named or place_in(asked) == table.place()):
            return
        await self._take(urlsplit(address).path, asked)
        await self.reload()

    async def _take(self, at: str, asked: dict[str, str]) -> None:
        named = schedule_in(at)
        run_id = asked.get("run", "") if named else ""
        await self._begin(named, place_in(asked) if named else Place(), run_id)

    async def _begin(
        self,
        schedule_id: str,
        at: Place = Place(),  # noqa: B008  (it is frozen)
        run_id: str = "",
        *,
        opens_failure: bool = False,
    ) -> None:
        self.reset()
        self.schedule_id = schedule_id
        (await self.get_state(RunTable)).begin(at, run_id, opens_failure=opens_failure)

    @action(Permission.READ)
    async def show(self, schedule_id: str) -> None:
        await self._begin(str(schedule_id), opens_failure=True)
        await self.reload()
        if self.gone:
            why, self.schedule_id = self.gone, ""
            await notify(self, "error", why)
            return
        await self._show_address(Step.NEXT)

    async def _show_address(self, way: Step) -> None:
        # The address keeps the list's view: after a reload, the list is behind the dialog as before
        listed = await (await self.get_state(ListState)).view_address()
        table = await self.get_state(RunTable)
        parts = {"run": table.opened} | place_parts(table.place())
        address = f"{ROUTE}/{self.schedule_id}{listed.removeprefix(ROUTE)}"
        await show_address(self, with_parts(address, parts), way)

    @internal
    def leave(self) -> None:
        """Another page shows runs now."""
        self.reset()

    @action(Permission.READ)
    async def put_away(self) -> Any:
        """Escape, or a press beside the dialog: of a question in it, the question alone is
        closed."""
        sending = await self.get_state(SendQuestion)
        revoking = await self.get_state(FileDownloadsState)
        if sending.is_open or revoking.asking:
            sending.close()
            revoking.asking = ""
            return None
        return await self._close()

    @action(Permission.READ)
    async def close(self) -> Any:
        return await self._close()

    async def _close(self) -> Any:
        self.schedule_id = ""
        listing = await self.get_state(ListState)
        listed = await listing.view_address()
        if path(self).startswith(f"{ROUTE}/"):
            # A real navigation: otherwise the router would come back here after a reconnect. When
            # that page loads, it must not close what was opened since
            await listing.continue_at(ROUTE, listed)
            return rx.redirect(listed, replace=True)
        await show_address(self, listed, Step.BACK)
        return None

    @action(Permission.READ)
    async def again(self) -> None:
        """After it could not be read."""
        await self.reload()

    @action(Permission.READ)
    async def unfold(self, run_id: str) -> None:
        """Show the run's details, or fold them up again."""
        (await self.get_state(RunTable)).open(str(run_id))
        await self.reload()
        await self._show_address(Step.SAME)

    @action(Permission.READ)
    async def turn(self, older: bool) -> None:
        """To the page of older or newer runs."""
        (await self.get_state(RunTable)).turn(older=bool(older))
        await self.reload()
        await self._show_address(Step.NEXT)

    @internal
    async def reload(self) -> None:
        if not self.schedule_id:
            return
        table = await self.get_state(RunTable)
        try:
            read = await in_thread(_read, principal(), self.schedule_id)
            only = RunFilter(schedule_id=read.schedule.id)
            await table.load(read.schedule.tenant_id, only, named=False)
        except NotFound as e:
            self.gone, self.loaded = e.message, True
            note_refusal(e, "HistoryState")
            return
        except ExportsError as e:
            if self.loaded:  # what is shown stays
                raise
            self.failed = error_sentence(e)
            return
        await self._show(read, table.total_words)

    async def _show(self, read: Read, total: str) -> None:
        schedule = read.schedule
        (await self.get_state(ScheduleState)).show(schedule, read.owner, read.destinations)
        self.name = schedule.name
        self.heading = f"{total} · {in_words(schedule.schedule)}, {place(schedule.timezone)}"
        self.notices = [notice_row(notice) for notice in read.notices]
        self.removed = _removed(read.removed)
        self.loaded = True
        self.gone = ""
        self.failed = ""
        for part in PARTS:
            await (await self.get_state(part)).follow(schedule.id)


def _read(who: Principal, schedule_id: str) -> Read:
    schedule = services.schedules.get(who, schedule_id)
    names = services.schedule_summaries.people(who, {schedule.owner_id})
    owner = names.get(schedule.owner_id, "a deleted user")
    notices = services.history.notifications(who, schedule.id, NOTICES)
    removed = services.history_retention.removed(who, schedule.id)
    return Read(schedule, owner, _destinations(who, schedule), notices, removed)


def _destinations(who: Principal, schedule: Schedule) -> list[str]:
    if not schedule.destination_ids:
        return []
    named = services.destination_names.named(who, schedule.tenant_id)
    names = {one.id: one.name for one in named}
    return [names.get(key, GONE) for key in schedule.destination_ids]


def _removed(removed: RemovedHistory | None) -> str:
    if removed is None:
        return ""
    return (
        f"{counted(removed.runs, 'older run')} {'was' if removed.runs == 1 else 'were'} removed: "
        f"the history is kept for {counted(removed.kept_days, 'day')}."
    )
