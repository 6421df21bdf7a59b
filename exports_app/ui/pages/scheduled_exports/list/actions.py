"""What is done to schedules from the list: run, pause, test, delete, one or several. Outcomes come
back as notices."""

from typing import Any

import reflex as rx

from exports_app.domain.access import Permission, Principal
from exports_app.domain.errors import NotFound
from exports_app.domain.humanize import counted
from exports_app.domain.runs.send_to import SendTo
from exports_app.domain.runs.states import FINISHED, RunStatus, Trigger
from exports_app.services.core.records import Run, Schedule
from exports_app.services.delivery import channels
from exports_app.services.schedules.bulk import BulkAction, BulkResult
from exports_app.services.schedules.deleted import KEPT
from exports_app.ui.framework.actions import action, call
from exports_app.ui.framework.browser_commands import notify
from exports_app.ui.framework.internal import internal
from exports_app.ui.framework.services import services
from exports_app.ui.framework.undo import notify_with_undo
from exports_app.ui.pages.scheduled_exports.address import ROUTE
from exports_app.ui.pages.scheduled_exports.labels import outcome_words
from exports_app.ui.pages.scheduled_exports.list.selection import Selection
from exports_app.ui.pages.scheduled_exports.list.state import ListState
from exports_app.ui.pages.scheduled_exports.list.undoing import DELETE, SWITCH

BULK = {"activate": "activated", "pause": "paused", "run": "started", "delete": "deleted"}
MOST_WATCHED = 50
LATER = "when maintenance is over"
RESTORABLE = f"You can restore {{}} for {KEPT.days} days"


class ScheduleActions(rx.State):
    _watched: dict[str, tuple[str, str]] = {}  # noqa: RUF012
    """Runs started in this tab, whose end is shown as a notice: run id -> (schedule id, name)."""

    @action(Permission.WRITE)
    async def test(self, schedule_id: str) -> None:
        """A run that is sent to the signed-in user alone."""
        await self.send_test(str(schedule_id))

    @internal
    async def send_test(self, schedule_id: str) -> None:
        await self.follow(await call(services.schedules.trigger, schedule_id, SendTo.CALLER))

    @internal
    async def follow(self, run: Run) -> None:
        """A run that was started here: say when it begins, unless it is now, and how it ends."""
        self._watch(run)
        waits = services.maintenance.seen.is_on
        if run.trigger is Trigger.TEST:
            await notify(self, "info", _test_words(run.recipients[0], waits=waits))
        elif waits:
            await notify(self, "info", f"“{run.spec.name}” runs {LATER}")

    def _watch(self, run: Run) -> None:
        kept = dict(list(self._watched.items())[1 - MOST_WATCHED :])
        self._watched = kept | {run.id: (run.scheduled_export_id, run.spec.name)}

    @action(Permission.WRITE)
    async def toggle(self, schedule_id: str, active: bool) -> None:
        """Acts at once. Where it is refused, the list is read again, so that the switch comes
        back."""
        await self.switch(str(schedule_id), active=bool(active))

    @internal
    async def switch(self, schedule_id: str, *, active: bool) -> None:
        """As `toggle`."""
        try:
            switched = await call(services.activation.set_active, schedule_id, active)
            if switched is not None:
                done = BULK["activate" if active else "pause"]
                text = f"“{switched.name}” {done}"
                await notify_with_undo(self, text, SWITCH, [switched])
        finally:
            await (await self.get_state(ListState)).load(fresh=True)

    @action(Permission.WRITE)
    async def resume(self, schedule_id: str) -> None:
        """Activate a schedule that was paused automatically. Whoever resumes it becomes its
        owner."""
        try:
            switched = await call(services.activation.set_active, str(schedule_id), active=True)
            if switched is not None:
                text = f"“{switched.name}” is active again and runs on your behalf"
                await notify_with_undo(self, text, SWITCH, [switched])
        finally:
            await (await self.get_state(ListState)).load(fresh=True)

    @action(Permission.WRITE)
    async def delete(self, schedule_id: str) -> None:
        """At once: it can be undone, and restored later."""
        schedule = await call(services.schedules.get, str(schedule_id), Permission.WRITE)
        cancelled = await call(services.schedules.delete, schedule.id)
        text = f"“{schedule.name}” deleted{_cancelled(cancelled)}. {RESTORABLE.format('it')}"
        await notify_with_undo(self, text, DELETE, [schedule.id])
        await (await self.get_state(ListState)).load(fresh=True)

    @action(Permission.WRITE)
    async def restore(self, schedule_id: str) -> None:
        """One that was deleted."""
        try:
            restored = await call(services.deleted_schedules.restore, str(schedule_id))
            href = f"{ROUTE}/{restored.id}"
            await notify(self, "success", _restored(restored), link="Show", href=href)
        finally:
            await (await self.get_state(ListState)).load(fresh=True)

    @action(Permission.WRITE)
    async def bulk(self, what: str) -> None:
        """Activate, pause or delete the selected ones."""
        if what not in {"activate", "pause", "delete"}:
            raise NotFound
        await self._bulk(what, list((await self.get_state(Selection)).chosen()))

    @internal
    async def run_all(self, ids: list[str], to: SendTo) -> None:
        await self._bulk("run", ids, to)

    async def _bulk(self, what: str, ids: list[str], to: SendTo = SendTo.RECIPIENTS) -> None:
        if not ids:
            return
        listed = await self.get_state(ListState)
        result = await call(services.bulk.apply, ids, BulkAction(what), to)
        if result.failed:
            why = result.failed[0][1]
            await notify(self, "error", f"{len(result.failed)} not {BULK[what]}: {why}")
        if result.done:
            await self._tell_done(what, result)
        (await self.get_state(Selection)).clear()
        await listed.load(fresh=True)

    async def _tell_done(self, what: str, result: BulkResult) -> None:
        waits = what == BulkAction.RUN and services.maintenance.seen.is_on
        done = f"will run {LATER}" if waits else BULK[what]
        text = f"{counted(len(result.done), 'scheduled export')} {done}"
        if what == BulkAction.DELETE:
            them = RESTORABLE.format("it" if len(result.done) == 1 else "them")
            text += _cancelled(result.cancelled)
            await notify_with_undo(self, f"{text}. {them}", DELETE, result.done)
        elif result.switched:
            await notify_with_undo(self, text, SWITCH, result.switched)
        else:
            await notify(self, "success", text)

    @internal
    async def report_ended(self) -> None:
        """Show how the watched runs ended."""
        if not self._watched:
            return
        ended = await call(_ended, dict(self._watched))
        for run_id, (schedule_id, name) in list(self._watched.items()):
            if run_id in ended:
                run, accepted, total = ended[run_id]
                self._watched.pop(run_id)
                if run is not None:
                    await self._report(run, schedule_id, name, accepted, total)

    async def _report(
        self, run: Run, schedule_id: str, name: str, accepted: int, total: int
    ) -> None:
        test = "Test of " if run.trigger is Trigger.TEST else ""
        what = f"{test}“{name}”"
        words = outcome_words(run, accepted, total)
        href = f"{ROUTE}/{schedule_id}?run={run.id}"
        if run.status is RunStatus.COMPLETED:
            sent = f", sent to {counted(accepted, 'recipient')}" if accepted else ""
            await notify(
                self,
                "success",
                f"{what} is ready: {words}{sent}",
                link="Download",
                run=f"{schedule_id}/{run.id}",
            )
        elif run.status is RunStatus.SKIPPED:
            await notify(self, "info", f"{what} was skipped. {words}", link="Show", href=href)
        elif run.status is RunStatus.CANCELLED:
            await notify(self, "info", f"{what}: {words}", link="Show", href=href)
        else:
            await notify(self, "error", f"{what}: {words}", link="Show the error", href=href)


def _cancelled(runs: int) -> str:
    """What else a deletion did."""
    return f". {counted(runs, 'queued run')} cancelled" if runs else ""


def _test_words(to: str, *, waits: bool) -> str:
    """What a test that was started does."""
    if reason := channels.unconfigured():
        return f"The test creates its file but sends nothing: {reason}"
    return f"The test will be sent to {to} {LATER}" if waits else f"Sending a test to {to}"


def _restored(schedule: Schedule) -> str:
    """Its recipients may have been removed while it was deleted, as members of the tenant."""
    if schedule.is_active:
        return f"“{schedule.name}” restored, and active as before"
    if schedule.recipients:
        return f"“{schedule.name}” restored. It is paused"
    why = "It is paused, because its recipients have been removed: add new ones to activate it"
    return f"“{schedule.name}” restored. {why}"


def _ended(who: Principal, watched: dict[str, tuple[str, str]]) -> dict[str, Any]:
    """run id -> (the run, accepted, deliveries), or (None, 0, 0) for what is gone."""
    ended: dict[str, Any] = {}
    for run_id, (schedule_id, _) in watched.items():
        try:
            run, deliveries = services.history.get(who, schedule_id, run_id)
        except NotFound:
            ended[run_id] = (None, 0, 0)
            continue
        if run.status in FINISHED:
            ended[run_id] = (run, sum(d.status == "accepted" for d in deliveries), len(deliveries))
    return ended
