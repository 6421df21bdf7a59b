"""Deleted scheduled exports, in place of the list's rows."""

from dataclasses import dataclass, replace

import reflex as rx

from exports_app.domain.access import Permission
from exports_app.services.core.records import Page, Schedule
from exports_app.services.schedules.deleted import KEPT
from exports_app.ui.framework.actions import call, principal
from exports_app.ui.framework.internal import internal
from exports_app.ui.framework.services import services
from exports_app.ui.framework.vars import put
from exports_app.ui.pages.scheduled_exports.labels import iso

UNKNOWN = "a deleted user"


@dataclass
class DeletedRow:
    """at, until: when it was deleted, and when it is removed for good."""

    id: str
    name: str
    was: str
    who: str
    at: str
    until: str


class DeletedState(rx.State):
    rows: list[DeletedRow] = []  # noqa: RUF012 (Reflex copies defaults)
    kept: int = 0
    """How many the reader may restore. Read where the list has no other to show."""

    @internal
    async def count(self, tenant_id: str) -> None:
        total = 0
        if principal().can(Permission.WRITE, tenant_id):
            _, total = await call(services.deleted_schedules.find, tenant_id, Page(size=1))
        put(self, kept=total)

    @internal
    async def load(self, tenant_id: str, page: Page) -> tuple[int, int]:
        """A page, or the last one where there are fewer. Returns the number of all, and of the
        page. Raises Forbidden for those who may not restore."""
        found, total = await call(services.deleted_schedules.find, tenant_id, page)
        if not found and total:
            page = replace(page, number=-(-total // page.size))
            found, total = await call(services.deleted_schedules.find, tenant_id, page)
        people = {schedule.deleted_by for schedule in found if schedule.deleted_by}
        names = await call(services.schedule_summaries.people, people)
        rows = [_row(schedule, names.get(schedule.deleted_by or "", UNKNOWN)) for schedule in found]
        put(self, rows=rows)
        return total, page.number


def _row(schedule: Schedule, who: str) -> DeletedRow:
    at = schedule.deleted_at
    until = at + KEPT if at else None
    was = "Active" if schedule.is_active else "Paused"
    return DeletedRow(schedule.id, schedule.name, was, who, iso(at), iso(until))
