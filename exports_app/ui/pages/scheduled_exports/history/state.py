"""A schedule's last runs, in a dialog over the list; what can be done with one of them."""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import reflex as rx

from exports_app.domain.access import Permission, Principal
from exports_app.domain.errors import ExportsError, NotFound
from exports_app.domain.humanize import counted, duration, place, sentence, size
from exports_app.domain.runs.delivery_mode import DeliveryMode
from exports_app.domain.runs.states import (
    FAILING,
    FINISHED,
    RESENT,
    UNDELIVERED,
    DeliveryStatus,
    RunStatus,
    Trigger,
)
from exports_app.domain.timing import period
from exports_app.services.core.records import Attempt, Delivery, Notification, Run
from exports_app.services.runs.actions import waits_for_retry
from exports_app.ui.framework.actions import action, call, error_sentence, note_refusal, principal
from exports_app.ui.framework.browser_commands import notify, show_address
from exports_app.ui.framework.internal import internal
from exports_app.ui.framework.services import services
from exports_app.ui.framework.session import path, query
from exports_app.ui.pages.scheduled_exports import run_errors
from exports_app.ui.pages.scheduled_exports.address import ROUTE
from exports_app.ui.pages.scheduled_exports.history.attempts import (
    DELIVERY_WORDS,
    AttemptItem,
    NotificationItem,
    attempt_row,
    notice_row,
)
from exports_app.ui.pages.scheduled_exports.labels import (
    STATUS_WORDS,
    format_label,
    in_words,
    iso,
    kind_label,
    moment,
)
from exports_app.ui.pages.scheduled_exports.list.actions import ScheduleActions
from exports_app.ui.pages.scheduled_exports.list.state import ListState

SHOWN = 50
NOTICES = 20
"""The newest are shown."""
TRIGGERS = {
    Trigger.SCHEDULE: "on schedule",
    Trigger.MANUAL: "run by hand",
    Trigger.TEST: "test",
    Trigger.RERUN: "run again",
    Trigger.BACKFILL: "past time",
}
ATTENTION = [
    *(DeliveryStatus.FAILED, DeliveryStatus.UNKNOWN, DeliveryStatus.SKIPPED),
    *(DeliveryStatus.SENDING, DeliveryStatus.PENDING, DeliveryStatus.ACCEPTED),
]
"""Deliveries in this order: what asks for something to be done comes first."""


PARTS: list[type[Any]] = []
"""States of the history's parts. Each has ``follow(schedule_id, run_id)``, an internal method that
is called whenever the history was read: with the run that is opened, or none."""

Part = TypeVar("Part")


def part_of_history(state: type[Part]) -> type[Part]:
    """Decorates a State that shows something of the schedule or the run that is open."""
    PARTS.append(state)
    return state


@dataclass
class RunItem:
    id: str
    status: str
    status_word: str
    at: str
    since: str
    how: str
    """Trigger and who."""
    window: str
    file_name: str
    parts: list[str]
    """The file's name, cut where a line may end."""
    size: str
    has_file: bool
    records: str
    took: str
    attempts: str
    waits: str
    """What it waits for, where it is a time."""
    waits_at: str
    bar: str
    """Height of its bar in the strip, in per cent."""
    title: str


@dataclass
class DeliveryItem:
    target: str
    status: str
    word: str
    at: str
    error: str


@dataclass
class Detail:
    """Of the run that is opened."""

    error: str = ""
    raw: str = ""
    """The error with all its ids, to be copied."""
    hint: str = ""
    sha256: str = ""
    made: str = ""
    """What it is, in one line, as of when it ran."""
    sent: str = ""
    """How the file went out, and what became of it; in one line."""
    can_resend: bool = False
    can_rerun: bool = False
    can_cancel: bool = False
    can_revoke: bool = False
    """It sent download links that may still work."""
    can_retry: bool = False
    """It waits for another attempt."""
    unknown: int = 0
    """Messages that may have arrived, or not, and wait for a person's word."""
    unsent: int = 0


@dataclass
class Read:
    """attempts: of the run that is opened."""

    runs: list[tuple[Run, list[Delivery]]]
    total: int
    names: dict[str, str]
    notices: list[Notification]
    attempts: list[Attempt]


class HistoryState(rx.State):
    schedule_id: str = ""
    """Of the dialog that is open; empty when none is."""
    name: str = ""
    heading: str = ""
    """How many runs there are, and the schedule in words."""
    runs: list[RunItem] = []  # noqa: RUF012 (Reflex copies defaults)
    total: int = 0
    summary: str = ""
    """The strip of bars in one sentence."""
    opened: str = ""
    """The run whose details are shown."""
    detail: Detail = Detail()
    deliveries: list[DeliveryItem] = []  # noqa: RUF012
    attempts: list[AttemptItem] = []  # noqa: RUF012
    """Of the run that is opened, where there is more to tell than its end."""
    notices: list[NotificationItem] = []  # noqa: RUF012
    """To those who look after it, the newest first."""
    paused: str = ""
    """Why it was paused by itself."""
    paused_at: str = ""
    gone: str = ""
    """Why there is nothing to show."""
    failed: str = ""
    """Why it could not be read."""
    loaded: bool = False

    @internal
    def arrive(self) -> None:
        """Open the schedule that the address names, and its run."""
        parts = path(self).rstrip("/").split("/")
        named = parts[2] if len(parts) == 3 else ""
        self.opened = query(self).get("run", "") if named else ""
        self._begin(named)

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
        self.paused = self.paused_at = ""

    @action(Permission.WRITE)
    async def show(self, schedule_id: str) -> None:
        self.opened = ""
        self._begin(str(schedule_id))
        await self.reload()
        if self.gone:
            why, self.schedule_id = self.gone, ""
            await notify(self, "error", why)
            return
        # With the list's view: after a reload, or a server that lost this tab, it is still behind
        # the dialog
        listed = await (await self.get_state(ListState)).view_address()
        await show_address(self, f"{ROUTE}/{self.schedule_id}{listed.removeprefix(ROUTE)}")

    @action(Permission.WRITE)
    async def close(self) -> Any:
        self.schedule_id = ""
        listing = await self.get_state(ListState)
        listed = await listing.view_address()
        if path(self).startswith(f"{ROUTE}/"):
            # A real navigation, or the router would lead back here when the connection comes back.
            # Its page load must not close what somebody has opened by then
            await listing.continue_at(ROUTE, listed)
            return rx.redirect(listed, replace=True)
        await show_address(self, listed)
        return None

    @action(Permission.WRITE)
    async def again(self) -> None:
        """After it could not be read."""
        await self.reload()

    @action(Permission.WRITE)
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
            schedule = await asyncio.to_thread(services.schedules.get, who, self.schedule_id)
            read = await asyncio.to_thread(_read, who, schedule.id, self.opened)
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
        self.paused = run_errors.readable(schedule.paused_reason) if schedule.paused_at else ""
        self.paused_at = iso(schedule.paused_at)
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
        found = read.runs
        total = read.total
        names = read.names
        self.notices = [notice_row(one) for one in read.notices]
        longest = max((_seconds(run) for run, _ in found), default=0.0)
        self.runs = [run_row(run, names, longest) for run, _ in found]
        self.total = total
        self.loaded = True
        self.gone = ""
        self.failed = ""
        counts = [
            (word, sum(run.status is key for run, _ in found)) for key, word in STATUS_WORDS.items()
        ]
        self.summary = f"Last {len(found)} runs: " + ", ".join(
            f"{n} {word.lower()}" for word, n in counts if n
        )
        opened = next(
            ((run, deliveries) for run, deliveries in found if run.id == self.opened), None
        )
        if opened is None:
            self.opened = ""
            self.detail = Detail()
            self.deliveries = []
            self.attempts = []
            return
        run, deliveries = opened
        self.detail = detail(run, deliveries)
        self.deliveries = [
            delivery_row(d) for d in sorted(deliveries, key=lambda d: ATTENTION.index(d.status))
        ]
        self.attempts = (
            [attempt_row(one) for one in read.attempts]
            if len(read.attempts) > 1 or waits_for_retry(run)
            else []
        )

    @action(Permission.WRITE)
    async def run_now(self) -> None:
        await self._do(services.schedules.trigger, self.schedule_id)

    @action(Permission.WRITE)
    async def rerun(self, run_id: str) -> None:
        """Again, over the days that the old run covered."""
        await self._do(services.run_actions.rerun, self.schedule_id, str(run_id))

    @action(Permission.WRITE)
    async def resend(self, run_id: str) -> None:
        """The same file to those who did not get it."""
        await self._do(services.run_actions.resend, self.schedule_id, str(run_id))

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
        """The messages of which nobody knows have arrived, says who asked the recipients."""
        await call(services.run_actions.accept_unknown, self.schedule_id, str(run_id))
        await self.reload()

    async def _do(self, what: Callable[..., Run], *ids: str) -> None:
        run = await call(what, *ids)
        (await self.get_state(ScheduleActions)).watch(run)
        await self.reload()


def _read(who: Principal, schedule_id: str, opened: str) -> Read:
    found, total = services.history.of_schedule(who, schedule_id, SHOWN)
    names = services.schedule_summaries.people(
        who, {run.triggered_by for run, _ in found if run.triggered_by}
    )
    notices = services.history.notifications(who, schedule_id, NOTICES)
    is_here = any(run.id == opened for run, _ in found)
    attempts = services.history.attempts(who, schedule_id, opened) if is_here else []
    return Read(found, total, names, notices, attempts)


def run_row(run: Run, names: dict[str, str], longest: float) -> RunItem:
    how = TRIGGERS.get(run.trigger, str(run.trigger))
    if run.triggered_by:
        how += f" · {names.get(run.triggered_by, 'somebody who is gone')}"
    if run.missed_ticks:
        how += f" · {run.missed_ticks} missed before"
    took = duration(_seconds(run)) if run.started_at and run.completed_at else ""
    word = STATUS_WORDS[run.status]
    return RunItem(
        id=run.id,
        status=str(run.status),
        status_word=word,
        at=iso(run.scheduled_for or run.created_at)
        if run.status not in FINISHED
        else iso(moment(run)),
        since=iso(run.started_at) if run.status is RunStatus.PROCESSING else "",
        how=how,
        window=period.words(period.Window(run.window_start, run.window_end)),
        file_name=run.file_name or "",
        parts=re.findall(r"[^_]*_|[^_]+", run.file_name or ""),
        size=size(run.file_size) if run.file_size is not None else "",
        has_file=_has_file(run),
        records="" if run.record_count is None else f"{run.record_count:,}",
        took=took,
        attempts="" if run.attempt < 2 else f"attempt {run.attempt}",
        waits=_waits(run),
        waits_at=iso(run.next_attempt_at) if _waits(run) else "",
        bar=f"{round(12 + 88 * _seconds(run) / longest) if longest else 12}%",
        title=f"{word}{f', {took}' if took else ''}, {run.created_at:%d %b %Y %H:%M} UTC",
    )


def _waits(run: Run) -> str:
    if run.status is not RunStatus.PENDING or run.next_attempt_at is None:
        return ""
    if not run.attempt:
        return "starts"
    most = run.spec.retry_attempts or services.settings.retry_attempts
    return f"failed for now; attempt {run.attempt + 1} of {most + run.deaths} follows"


def _has_file(run: Run) -> bool:
    return bool(run.file_key) and run.file_removed_at is None


def _sent(run: Run) -> str:
    told = []
    if run.sent_as == DeliveryMode.LINK and run.link_expires_at:
        told.append(f"Sent as a download link until {run.link_expires_at:%d %b %Y, %H:%M} UTC")
    elif run.sent_as and run.sent_size is not None:
        how = "Attached as ZIP" if run.sent_as == DeliveryMode.ZIP else "Attached"
        told.append(f"{how}, {size(run.sent_size)}")
    if run.links_revoked_at:
        told.append(f"its links were revoked on {run.links_revoked_at:%d %b %Y, %H:%M} UTC")
    if run.removed_characters:
        told.append(
            f"{counted(run.removed_characters, 'character')} of its texts left out or "
            "replaced, which the format cannot hold"
        )
    if run.file_removed_at:
        told.append(f"the file was removed on {run.file_removed_at:%d %b %Y}")
    return sentence(" · ".join(told))


def _seconds(run: Run) -> float:
    return (
        (run.completed_at - run.started_at).total_seconds()
        if run.started_at and run.completed_at
        else 0.0
    )


def detail(run: Run, deliveries: list[Delivery]) -> Detail:
    unsent = sum(d.status in UNDELIVERED for d in deliveries)
    unknown = (
        sum(d.status is DeliveryStatus.UNKNOWN for d in deliveries) if run.status in FAILING else 0
    )
    after = (
        run_errors.hint(run.error_code, run.error) if run.status in FINISHED else ""
    )  # else it is that of an attempt before
    hint = run_errors.UNKNOWN if unknown else run_errors.WAITS if waits_for_retry(run) else after
    return Detail(
        error=f"{run_errors.readable(run.error).rstrip('.')}." if run.error else "",
        raw=run.error or "",
        hint=hint,
        sha256=run.sha256 or "",
        made=f"{kind_label(run.spec.export_type)}, {format_label(run.format)}"
        f" · days counted in {place(run.spec.timezone)}",
        sent=_sent(run),
        can_resend=run.status in RESENT and _has_file(run) and unsent > 0,
        can_rerun=run.status in FINISHED,
        can_cancel=run.status not in FINISHED,
        can_revoke=run.sent_as == DeliveryMode.LINK
        and run.links_revoked_at is None
        and _has_file(run),
        can_retry=waits_for_retry(run),
        unknown=unknown,
        unsent=unsent,
    )


def delivery_row(delivery: Delivery) -> DeliveryItem:
    return DeliveryItem(
        delivery.target,
        str(delivery.status),
        DELIVERY_WORDS[delivery.status],
        iso(delivery.sent_at),
        run_errors.readable(delivery.error),
    )
