"""What the command palette finds."""

import contextlib
from dataclasses import dataclass

import reflex as rx

from exports_app.domain import bounds
from exports_app.domain.access import Permission, Principal
from exports_app.domain.errors import NotFound
from exports_app.domain.humanize import place
from exports_app.domain.runs.states import RunStatus
from exports_app.services.core.field_rules import is_uuid
from exports_app.services.core.interfaces import RunFilter
from exports_app.services.core.records import Page, Schedule
from exports_app.services.identity.sessions import HOME
from exports_app.services.runs.listing import ListedRun, Place
from exports_app.ui.framework.actions import action, call
from exports_app.ui.framework.services import services
from exports_app.ui.framework.session import SessionState
from exports_app.ui.framework.vars import put

MOST = 8
"""Scheduled exports that are shown."""
FAILED = 4
"""Runs that failed last, which are shown before anything is typed."""


@dataclass
class Found:
    """kind: which group it is shown in. key: unique in the group."""

    kind: str
    key: str
    title: str
    note: str
    href: str
    at: str = ""
    """An instant that is shown beside the note."""


class PaletteState(rx.State):
    found: list[Found] = []  # noqa: RUF012 (Reflex copies defaults)
    asked: str = ""
    """The text that it was found for."""

    @action(Permission.READ)
    async def look(self, text: str) -> None:
        """Find what has these words, in the tenant that the pages show."""
        asked = str(text)[: bounds.SEARCH]
        tenant = (await self.get_state(SessionState)).tenant_id
        put(self, found=await call(_find, tenant, asked.strip()) if tenant else [], asked=asked)


def _find(who: Principal, tenant_id: str, asked: str) -> list[Found]:
    """Of an empty text, the runs that failed last; of a run's id, that run."""
    if not asked:
        failed = RunFilter(status=RunStatus.FAILED)
        page = services.run_listing.page(who, tenant_id, failed, Place(), FAILED)
        return [_run(one) for one in page.runs]
    if is_uuid(asked):
        with contextlib.suppress(NotFound):
            return [_run(one) for one in services.run_listing.one(who, tenant_id, asked).runs]
    first = Page(1, MOST, "name", most=MOST)
    schedules, _ = services.schedules.find(who, tenant_id, {}, asked, first)
    return [_schedule(schedule) for schedule in schedules]


def _schedule(schedule: Schedule) -> Found:
    note = place(schedule.timezone) if schedule.is_active else "Paused"
    return Found("schedule", schedule.id, schedule.name, note, f"{HOME}/{schedule.id}")


def _run(listed: ListedRun) -> Found:
    run = listed.run
    at = (run.completed_at or run.created_at).isoformat()
    status = str(run.status).capitalize()
    return Found("run", run.id, listed.schedule_name, status, f"/runs/{run.id}", at)
