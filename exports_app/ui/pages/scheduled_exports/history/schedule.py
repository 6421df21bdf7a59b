"""The schedule whose history is open: its settings, whether it runs, and who may change it."""

from collections.abc import Sequence

import reflex as rx

from exports_app.domain.access import Permission
from exports_app.services.core.records import Schedule
from exports_app.ui.framework.actions import principal
from exports_app.ui.framework.internal import internal
from exports_app.ui.pages.scheduled_exports import run_errors
from exports_app.ui.pages.scheduled_exports.history.schedule_facts import Fact, schedule_facts
from exports_app.ui.pages.scheduled_exports.labels import iso


class ScheduleState(rx.State):
    """Read with the history, and shown once that is loaded."""

    writes: bool = False
    """Whether the reader may change the schedule and its runs, so that the actions are there."""
    active: bool = False
    next_at: str = ""
    zone: str = ""
    facts: list[Fact] = []  # noqa: RUF012 (Reflex copies defaults)
    paused: str = ""
    """Why it was paused automatically."""
    paused_at: str = ""

    @internal
    def show(self, schedule: Schedule, owner: str, destinations: Sequence[str] = ()) -> None:
        """owner, destinations: their names."""
        self.writes = principal().can(Permission.WRITE, schedule.tenant_id)
        self.active = schedule.is_active
        self.next_at = iso(schedule.next_run_at)
        self.zone = schedule.timezone
        self.facts = schedule_facts(schedule, owner, destinations)
        self.paused = run_errors.readable(schedule.paused_reason) if schedule.paused_at else ""
        self.paused_at = iso(schedule.paused_at)
