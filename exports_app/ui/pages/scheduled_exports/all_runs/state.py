"""The list of all runs, and a run alone. The view stands in the address."""

from collections.abc import Mapping
from urllib.parse import urlsplit

import reflex as rx

from exports_app.domain.access import Permission
from exports_app.domain.errors import ExportsError, NotFound
from exports_app.domain.humanize import place
from exports_app.services.runs.listing import Place
from exports_app.ui.framework.actions import action, call, error_sentence, note_refusal
from exports_app.ui.framework.browser_commands import (
    BrowserCommands,
    Step,
    parameters,
    show_address,
)
from exports_app.ui.framework.internal import internal
from exports_app.ui.framework.services import services
from exports_app.ui.framework.session import SessionState, close_questions, path, query
from exports_app.ui.pages.scheduled_exports.address import (
    RUNS,
    place_in,
    place_parts,
    run_in,
    with_parts,
)
from exports_app.ui.pages.scheduled_exports.all_runs import filters
from exports_app.ui.pages.scheduled_exports.history.run_table import RunTable
from exports_app.ui.pages.scheduled_exports.history.state import HistoryState
from exports_app.ui.pages.scheduled_exports.list.actions import ScheduleActions
from exports_app.ui.pages.scheduled_exports.sending.state import shows_runs

GONE = "The scheduled export of this filter does not exist, or you do not have access to it"


@shows_runs
class AllRuns(rx.State):
    view: dict[str, str] = filters.NONE
    schedule_name: str = ""
    """Of the schedule that is chosen as a filter."""
    run_id: str = ""
    """Of the run that is shown alone; empty in the list."""
    zone: str = ""
    loaded: bool = False
    failed: str = ""
    gone: bool = False
    """Whether the run that is to be shown alone is not there."""
    _came: tuple[str, str] = ("", "")
    """The tenant and the path that this tab came with."""

    @rx.var
    def narrowed(self) -> bool:
        return any(self.view.values())

    @action(Permission.READ)
    async def arrive(self) -> None:
        """When the page loads: the view that the address names. A tab that was only disconnected
        goes on as it was."""
        asked, commands = query(self), await self.get_state(BrowserCommands)
        came = ((await self.get_state(SessionState)).tenant_id, path(self))
        if came == self._came and commands.shows(asked, RUNS):
            return
        await close_questions(self)
        (await self.get_state(HistoryState)).leave()
        self.reset()
        self._came = came
        self.run_id = run_in(path(self))
        commands.begin(asked, RUNS)
        await self._take(asked)

    @action(Permission.READ)
    async def step(self, address: str) -> None:
        """Back or Forward chose the view of this address."""
        asked = parameters(str(address))
        (await self.get_state(BrowserCommands)).begin(asked, RUNS)
        self.run_id = run_in(urlsplit(str(address)).path)
        await self._take(asked)
        await self._load()

    async def _take(self, asked: Mapping[str, str]) -> None:
        self.view = filters.read(asked)
        (await self.get_state(RunTable)).begin(place_in(asked), asked.get("run", ""))

    @action(Permission.READ)
    async def refresh(self) -> None:
        await self._load()
        await (await self.get_state(ScheduleActions)).report_ended()

    @internal
    async def reload(self) -> None:
        """After something was done with a run, where this page is shown."""
        if path(self) == RUNS or path(self).startswith(f"{RUNS}/"):
            await self._load()

    async def _load(self) -> None:
        session, table = await self.get_state(SessionState), await self.get_state(RunTable)
        self.zone = place(session.timezone)
        try:
            if self.run_id:
                await table.load_one(session.tenant_id, self.run_id)
            else:
                await self._name_schedule()
                where = filters.where(self.view, session.timezone)
                await table.load(session.tenant_id, where, named=True)
            self.failed, self.gone = "", False
        except NotFound as e:
            note_refusal(e, "AllRuns")
            self.gone, self.failed = bool(self.run_id), "" if self.run_id else GONE
        except ExportsError as e:
            self.failed = error_sentence(e)
        self.loaded = True

    async def _name_schedule(self) -> None:
        chosen = self.view["schedule"]
        name = (await call(services.schedules.get, chosen)).name if chosen else ""
        if name != self.schedule_name:
            self.schedule_name = name

    @action(Permission.READ)
    async def choose(self, name: str, value: str) -> None:
        """One of the filters; an empty value clears it."""
        name, value = str(name), str(value)
        if not filters.fits(name, value):
            return
        goes_on = name in {"recipient", "reason"} and bool(self.view[name]) and bool(value)
        self.view = self.view | {name: value}
        await self._look(Place(), Step.SAME if goes_on else Step.NEXT)

    @action(Permission.READ)
    async def clear(self) -> None:
        self.view = filters.NONE
        await self._look(Place(), Step.NEXT)

    @action(Permission.READ)
    async def turn(self, older: bool) -> None:
        """To the page of older or newer runs."""
        (await self.get_state(RunTable)).turn(older=bool(older))
        await self._load()
        await self._show_address(Step.NEXT)

    @action(Permission.READ)
    async def unfold(self, run_id: str) -> None:
        """Show a run's details, or fold them up again."""
        (await self.get_state(RunTable)).open(str(run_id))
        await self._load()
        await self._show_address(Step.SAME)

    async def _look(self, at: Place, way: Step) -> None:
        (await self.get_state(RunTable)).begin(at)
        await self._show_address(way)
        await self._load()

    async def _show_address(self, way: Step) -> None:
        session, table = await self.get_state(SessionState), await self.get_state(RunTable)
        tenant = session.tenant_slug if len(session.tenants) > 1 else ""
        parts = {"tenant": tenant} | self.view | {"run": table.opened}
        await show_address(self, with_parts(RUNS, parts | place_parts(table.place())), way)
