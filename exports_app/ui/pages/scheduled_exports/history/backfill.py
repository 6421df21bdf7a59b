"""Backfill: runs for past times of a schedule. Its days, how many runs they have, and the start."""

from datetime import date

import reflex as rx

from exports_app.domain.access import Permission
from exports_app.domain.errors import ExportsError, Invalid
from exports_app.domain.humanize import counted, sentence
from exports_app.services.runs.backfill import Counted
from exports_app.ui.framework.actions import action, call, error_sentence
from exports_app.ui.framework.internal import internal
from exports_app.ui.framework.services import services
from exports_app.ui.pages.scheduled_exports.history.state import part_of_history
from exports_app.ui.pages.scheduled_exports.sending.state import Asked, SendQuestion
from exports_app.ui.pages.scheduled_exports.sending.words import Kind

CHOOSE = "choose a date"
NOTHING = "All scheduled times on these dates already have a run"


@part_of_history
class BackfillState(rx.State):
    schedule_id: str = ""
    """Whose days these are."""
    start: str = ""
    end: str = ""
    message: str = ""
    """What running them would do."""
    errors: dict[str, str] = {}  # noqa: RUF012 (Reflex copies defaults)
    """By field: start, end."""
    count: int = 0
    removed: str = ""
    """Of which run times it is not known whether they ran; empty: of none."""
    include_removed: bool = False

    @action(Permission.WRITE)
    async def set_start(self, value: str) -> None:
        self.start = str(value)
        await self._look()

    @action(Permission.WRITE)
    async def set_end(self, value: str) -> None:
        self.end = str(value)
        await self._look()

    @action(Permission.WRITE)
    async def set_include_removed(self, value: bool) -> None:
        self.include_removed = bool(value)
        await self._look()

    @internal
    async def follow(self, schedule_id: str) -> None:
        """The history was read anew: of another schedule nothing is kept, of the same one it is
        counted again."""
        if schedule_id != self.schedule_id:
            self.reset()
            self.schedule_id = schedule_id
        elif not self.errors:
            await self._look()

    async def _look(self) -> None:
        self.message = ""
        self.errors = {}
        self.count = 0
        self.removed = ""
        days = _days(self.start, self.end)
        if days is None:
            return  # not all is chosen yet
        try:
            planned = await call(services.backfill.count, self.schedule_id, *days)
        except Invalid as e:
            self._refused(e)
            return
        except ExportsError as e:  # what is shown beside it goes on
            self.message = error_sentence(e)
            return
        if planned.removed:
            self.removed = counted(planned.removed, "scheduled time")
        self.count = planned.new + (planned.removed if self.include_removed else 0)
        self.message = _summary(self.count, planned)

    @action(Permission.WRITE)
    async def ask(self) -> None:
        """Before the runs are created."""
        days = _days(self.start, self.end)
        if days is None:
            empty = {"start": CHOOSE} if not self.start else {}
            self.errors = {
                k: sentence(v)
                for k, v in (empty | ({"end": CHOOSE} if not self.end else {})).items()
            }
            return
        await self._look()
        if self.count:
            ids = (self.schedule_id,)
            asked = Asked(Kind.BACKFILL, ids, days=days, include_removed=self.include_removed)
            await (await self.get_state(SendQuestion)).ask(asked)

    def _refused(self, error: Invalid) -> None:
        fields = {"/startDate": "start", "/endDate": "end"}
        self.errors = {fields.get(e.pointer, "start"): sentence(e.detail) for e in error.errors}
        self.message, self.count, self.removed = "", 0, ""


def _summary(count: int, planned: Counted) -> str:
    """What running them would do."""
    if not count:
        return "" if planned.removed else f"{NOTHING}."
    verb = "has" if planned.existing == 1 else "have"
    had = (
        f" {counted(planned.existing, 'scheduled time')} on these dates already {verb} a run."
        if planned.existing
        else ""
    )
    return f"{counted(count, 'run')} will be created, each for its own dates.{had}"


def _days(start: str, end: str) -> tuple[date, date] | None:
    """None where one is not a day, as long as a browser's field for it is not filled in."""
    try:
        return date.fromisoformat(start), date.fromisoformat(end)
    except ValueError:
        return None
