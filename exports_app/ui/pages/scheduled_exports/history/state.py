"""A schedule's last runs, in a dialog over the list; what can be done with one of them."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

import reflex as rx

from exports_app.domain.access import Permission, Principal
from exports_app.domain.errors import ExportsError, NotFound
from exports_app.domain.humanize import counted, place
from exports_app.domain.runs.states import (
    DeliveryStatus,
)
from exports_app.services.core.records import Attempt, Delivery, Notification, Run, Schedule
from exports_app.services.runs.actions import waits_for_retry
from exports_app.services.runs.history_retention import RemovedHistory
from exports_app.ui.framework.actions import action, call, error_sentence, note_refusal, principal
from exports_app.ui.framework.browser_commands import Step, notify, parameters, show_address
from exports_app.ui.framework.internal import internal
from exports_app.ui.framework.services import services
from exports_app.ui.framework.session import path, query
from exports_app.ui.framework.threads import in_thread
from exports_app.ui.pages.scheduled_exports.address import ROUTE, schedule_in
from exports_app.ui.pages.scheduled_exports.history.attempts import (
    AttemptItem,
    NotificationItem,
    attempt_row,
    notice_row,
)
from exports_app.ui.pages.scheduled_exports.history.rows import (
    DeliveryItem,
    Detail,
    RunItem,
    delivery_rows,
    detail,
    run_row,
    run_seconds,
)
from exports_app.ui.pages.scheduled_exports.history.schedule import ScheduleState
from exports_app.ui.pages.scheduled_exports.labels import STATUS_WORDS, in_words
from exports_app.ui.pages.scheduled_exports.list.actions import ScheduleActions
from exports_app.ui.pages.scheduled_exports.list.state import ListState
from exports_app.ui.pages.scheduled_exports.sending.state import shows_runs

SHOWN = 50
NOTICES = 20
"""The newest are shown."""
ATTENTION = [
    *(DeliveryStatus.FAILED, DeliveryStatus.UNKNOWN, DeliveryStatus.SKIPPED),
    *(DeliveryStatus.SENDING, DeliveryStatus.PENDING, DeliveryStatus.ACCEPTED),
]
"""Deliveries in this order: what asks for something to be done comes first."""
PARTS: list[type[Any]] = []
"""States of the history's parts. Each has ``follow(schedule_id, run_id)``, an internal method that
is called whenever the history was read: with the run that is opened, or none."""
Part = TypeVar("Part")


def _attention(delivery: Delivery) -> int:
    status = delivery.status
    return ATTENTION.index(status) if status in ATTENTION else len(ATTENTION)


def part_of_history(state: type[Part]) -> type[Part]:
    """Decorates a State that shows something of the schedule or the run that is open."""
    PARTS.append(state)
    return state


@dataclass
class Read:
    """attempts: of the run that is opened."""

    runs: list[tuple[Run, list[Delivery]]]
    total: int
    names: dict[str, str]
    notices: list[Notification]
    attempts: list[Attempt]
    removed: RemovedHistory | None


@shows_runs
class HistoryState(rx.State):
    schedule_id: str = ""
    """Of the dialog that is open; empty when none is."""
    name: str = ""
    heading: str = ""
    """How many runs there are, and the schedule in words."""
    runs: list[RunItem] = []  # noqa: RUF012 (Reflex copies defaults)
    total: int = 0
    removed: str = ""
    """Which older runs are not there any more."""
    summary: str = ""
    """The strip of bars in one sentence."""
    opened: str = ""
    """The run whose details are shown."""
    detail: Detail = Detail()
    deliveries: list[DeliveryItem] = []  # noqa: RUF012
    attempts: list[AttemptItem] = []  # noqa: RUF012
    """Of the open run, where it has more than one attempt or waits for the next."""
    notices: list[NotificationItem] = []  # noqa: RUF012
    """Notifications about the schedule, newest first."""
    gone: str = ""
    """Why there is nothing to show."""
    failed: str = ""
    """Why it could not be read."""
    loaded: bool = False

    @internal
    def arrive(self) -> None:
        """Open the schedule that the address names, and its run."""
        named = schedule_in(path(self))
        self.opened = query(self).get("run", "") if named else ""
        self._begin(named)

    @internal
    async def step(self, address: str) -> None:
        """Back or Forward chose this schedule, or the list alone."""
        named = schedule_in(urlsplit(address).path)
        if named == self.schedule_id:
            return
        self.opened = parameters(address).get("run", "") if named else ""
        self._begin(named)
        await self.reload()

    def _begin(self, schedule_id: str) -> None:
        self.schedule_id = schedule_id
        self.name = ""
        self.heading = ""
        self.gone = ""
        self.failed = ""
        self.loaded = False
        self.runs = []
        self.deliveries = []
        self.detail = Detail()
        self.attempts = []
        self.notices = []
        self.removed = ""

    @action(Permission.READ)
    async def show(self, schedule_id: str) -> None:
        self.opened = ""
        self._begin(str(schedule_id))
        await self.reload()
        if self.gone:
            why, self.schedule_id = self.gone, ""
            await notify(self, "error", why)
            return
        # The address keeps the list's view: after a reload, the list is behind the dialog as before
        listed = await (await self.get_state(ListState)).view_address()
        address = f"{ROUTE}/{self.schedule_id}{listed.removeprefix(ROUTE)}"
        await show_address(self, address, Step.NEXT)

    @action(Permission.READ)
    async def close(self) -> Any:
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
        self.opened = "" if self.opened == run_id else str(run_id)
        await self.reload()

    @internal
    async def reload(self) -> None:
        if not self.schedule_id:
            return
        who = principal()
        try:
            schedule = await in_thread(services.schedules.get, who, self.schedule_id)
            read = await in_thread(_read, who, schedule, self.opened)
        except NotFound as e:
            self.gone, self.loaded = e.message, True
            note_refusal(e, "HistoryState")
            return
        except ExportsError as e:
            if self.loaded:  # what is shown stays
                raise
            self.failed = error_sentence(e)
            return
        self._show(read)
        owner = read.names.get(schedule.owner_id, "a deleted user")
        (await self.get_state(ScheduleState)).show(schedule, owner)
        known = (
            counted(self.total, "run")
            if self.total <= SHOWN
            else f"Last {SHOWN} of {counted(self.total, 'run')}"
        )
        self.name, self.heading = (
            schedule.name,
            f"{known} · {in_words(schedule.schedule)}, {place(schedule.timezone)}",
        )
        for part in PARTS:
            await (await self.get_state(part)).follow(schedule.id, self.opened)

    def _show(self, read: Read) -> None:
        runs = read.runs
        total = read.total
        names = read.names
        self.notices = [notice_row(notice) for notice in read.notices]
        longest = max((run_seconds(run) for run, _ in runs), default=0.0)
        self.runs = [run_row(run, sent, names, longest) for run, sent in runs]
        self.total = total
        self.removed = _removed(read.removed)
        self.loaded = True
        self.gone = ""
        self.failed = ""
        statuses = Counter(run.status for run, _ in runs)
        order = dict.fromkeys([*STATUS_WORDS, *statuses])
        counts = [(STATUS_WORDS[status], statuses[status]) for status in order]
        self.summary = f"Last {counted(len(runs), 'run')}: " + ", ".join(
            f"{n} {word.lower()}" for word, n in counts if n
        )
        opened = next(
            ((run, deliveries) for run, deliveries in runs if run.id == self.opened), None
        )
        if opened is None:
            self.opened = ""
            self.detail = Detail()
            self.deliveries = []
            self.attempts = []
            return
        run, deliveries = opened
        self.detail = detail(run, deliveries)
        self.deliveries = delivery_rows(run, sorted(deliveries, key=_attention))
        self.attempts = (
            [attempt_row(attempt) for attempt in read.attempts]
            if len(read.attempts) > 1 or waits_for_retry(run)
            else []
        )

    @action(Permission.WRITE)
    async def cancel(self, run_id: str) -> None:
        """End it, whether it waits or is under way."""
        await call(services.run_actions.cancel, self.schedule_id, str(run_id))
        await self.reload()

    @action(Permission.WRITE)
    async def retry_now(self, run_id: str) -> None:
        """Begin the attempt that it waits for."""
        await self._do(services.run_actions.retry_now, self.schedule_id, str(run_id))

    @action(Permission.WRITE)
    async def give_up(self, run_id: str) -> None:
        """End a run that waits for another attempt."""
        await call(services.run_actions.give_up, self.schedule_id, str(run_id))
        await self.reload()

    @action(Permission.WRITE)
    async def arrived(self, run_id: str) -> None:
        """Mark the messages with an unknown outcome as delivered, after a person has asked the
        recipients."""
        await call(services.run_actions.accept_unknown, self.schedule_id, str(run_id))
        await self.reload()

    async def _do(self, what: Callable[..., Run], *ids: str) -> None:
        run = await call(what, *ids)
        await (await self.get_state(ScheduleActions)).follow(run)
        await self.reload()


def _read(who: Principal, schedule: Schedule, opened: str) -> Read:
    schedule_id = schedule.id
    runs, total = services.history.of_schedule(who, schedule_id, SHOWN)
    people = {run.triggered_by for run, _ in runs if run.triggered_by} | {schedule.owner_id}
    names = services.schedule_summaries.people(who, people)
    notices = services.history.notifications(who, schedule_id, NOTICES)
    is_here = any(run.id == opened for run, _ in runs)
    attempts = services.history.attempts(who, schedule_id, opened) if is_here else []
    removed = services.history_retention.removed(who, schedule_id)
    return Read(runs, total, names, notices, attempts, removed)


def _removed(removed: RemovedHistory | None) -> str:
    if removed is None:
        return ""
    return (
        f"{counted(removed.runs, 'older run')} {'was' if removed.runs == 1 else 'were'} removed: "
        f"the history is kept for {counted(removed.kept_days, 'day')}."
    )
