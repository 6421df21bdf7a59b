"""A page of runs, with the details of one of them: of a schedule in its history, or of all."""

from collections import Counter
from dataclasses import dataclass

import reflex as rx

from exports_app.domain import bounds
from exports_app.domain.access import Principal
from exports_app.domain.humanize import counted, up_to
from exports_app.domain.runs.states import TRIALS, RunStatus
from exports_app.services.core.interfaces import RunFilter
from exports_app.services.core.records import Attempt
from exports_app.services.runs.listing import Place, RunListPage
from exports_app.ui.framework.actions import principal
from exports_app.ui.framework.internal import internal
from exports_app.ui.framework.services import services
from exports_app.ui.framework.threads import in_thread
from exports_app.ui.framework.vars import put
from exports_app.ui.pages.scheduled_exports.history.opened_run import OpenedRun
from exports_app.ui.pages.scheduled_exports.history.rows import RunItem, run_row, run_seconds
from exports_app.ui.pages.scheduled_exports.labels import STATUS_WORDS

SIZE = 50
FAILURES = (RunStatus.FAILED, RunStatus.PARTIAL)
TOP = "runs-top"
"""Id of the table's top, to which turning a page leads."""


@dataclass
class Read:
    """attempts: of the run that is opened."""

    page: RunListPage
    people: dict[str, str]
    attempts: list[Attempt]


class RunTable(rx.State):
    rows: list[RunItem] = []  # noqa: RUF012 (Reflex copies defaults)
    opened: str = ""
    """The run whose details are shown."""
    total: int = 0
    total_words: str = ""
    """How many runs there are on all pages."""
    summary: str = ""
    """How the runs of the page ended, tests aside, in one sentence."""
    newer: bool = False
    older: bool = False
    """Whether there is a page of newer, and of older runs."""
    look_on: str = ""
    """The run behind which it was not looked for others; empty where all were looked at."""
    focus: str = ""
    """Id of the table's top and a number, anew for each page that is turned."""
    _place: Place = Place()
    _turns: int = 0
    _opens_failure: bool = False

    @internal
    def begin(self, place: Place, opened: str = "", *, opens_failure: bool = False) -> None:
        """Forget what is shown; the page of this place is read next. opens_failure: with the
        details of the newest run that is no test, where not all recipients got its file."""
        self.reset()
        self._place, self.opened, self._opens_failure = place, opened, opens_failure

    @internal
    def place(self) -> Place:
        return self._place

    @internal
    def turn(self, *, older: bool) -> None:
        """To the page of older or newer runs, which is read next."""
        if not self.rows:
            self._place = Place(older_than=self.look_on) if older else Place()
        elif older:
            self._place = Place(older_than=self.rows[-1].id if self.older else self.look_on)
        else:
            self._place = Place(newer_than=self.rows[0].id)
        self.opened = ""
        self._turns += 1
        self.focus = f"{TOP}#{self._turns}"

    @internal
    def open(self, run_id: str) -> None:
        """Show the run's details, or fold them up again; they are read next."""
        self.opened = "" if self.opened == run_id else run_id

    @internal
    async def load(self, tenant_id: str, where: RunFilter, *, named: bool) -> None:
        """named: each row names its schedule. Raises as `RunListing.page`."""
        if self._place == Place() and self.opened and not self.rows:
            # The run that the address names may be on a later page
            self._place = Place(starts_at=self.opened)
        who, place = principal(), self._place
        page = await in_thread(services.run_listing.page, who, tenant_id, where, place, SIZE)
        if self._opens_failure:
            newest = next((e.run for e in page.runs if e.run.may_be_last), None)
            self.opened = newest.id if newest and newest.status in FAILURES else ""
            self._opens_failure = False
        await self._take(page, named=named)

    @internal
    async def load_one(self, tenant_id: str, run_id: str) -> None:
        """The run alone, with its details. Raises NotFound, Forbidden."""
        page = await in_thread(services.run_listing.one, principal(), tenant_id, run_id)
        self.opened = run_id
        await self._take(page, named=True)

    async def _take(self, page: RunListPage, *, named: bool) -> None:
        read = await in_thread(_read, principal(), page, self.opened)
        self._show(read, named=named)
        opened = next((each for each in read.page.runs if each.run.id == self.opened), None)
        details = await self.get_state(OpenedRun)
        if opened is None:
            self.opened = ""
            await details.clear()
        else:
            await details.show(opened.run, opened.deliveries, read.attempts)

    def _show(self, read: Read, *, named: bool) -> None:
        page = read.page
        longest = max((run_seconds(each.run) for each in page.runs), default=0.0)
        rows = [
            run_row(each.run, each.deliveries, read.people, longest, each.schedule_name)
            if named
            else run_row(each.run, each.deliveries, read.people, longest)
            for each in page.runs
        ]
        put(
            self,
            rows=rows,
            total=page.total,
            total_words=_total(page),
            summary=_summary(page),
            newer=page.has_newer,
            older=page.has_older,
            look_on=page.look_on,
        )


def _read(who: Principal, page: RunListPage, opened: str) -> Read:
    started = {each.run.triggered_by for each in page.runs if each.run.triggered_by}
    people = services.schedule_summaries.people(who, started)
    schedules = [e.run.scheduled_export_id for e in page.runs if e.run.id == opened]
    attempts = services.history.attempts(who, schedules[0], opened) if schedules else []
    return Read(page, people, attempts)


def _total(page: RunListPage) -> str:
    words = f"{up_to(page.total, bounds.FARTHEST)} {'run' if page.total == 1 else 'runs'}"
    return f"{words} among the newest {page.looked_at:,}" if page.looked_at else words


def _summary(page: RunListPage) -> str:
    """Without tests; empty where there is nothing else."""
    runs = [each.run for each in page.runs if each.run.trigger not in TRIALS]
    if not runs:
        return ""
    statuses = Counter(run.status for run in runs)
    order = dict.fromkeys([*STATUS_WORDS, *statuses])
    counts = [(STATUS_WORDS[status], statuses[status]) for status in order]
    which = "Runs of this page" if page.has_newer else f"Last {counted(len(runs), 'run')}"
    return f"{which}: " + ", ".join(f"{n} {word.lower()}" for word, n in counts if n)
