"""Scheduled exports that were deleted: to be restored, or removed for good."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import delete, exists, select

from exports_app.db import models
from exports_app.db.models.base import metadata
from exports_app.db.repositories.base import Repository, in_order, table
from exports_app.db.repositories.runs.old_runs import remove_rows
from exports_app.domain.open_enum import OpenEnum
from exports_app.domain.runs.states import FINISHED, RunStatus
from exports_app.services.core.interfaces.deleted_schedules import RemovedPart
from exports_app.services.core.records import Page, Schedule

RUNS = table(models.RunRow)


def _belonging() -> list[Any]:
    """The columns that name a schedule, of all tables but the runs'."""
    schedules = table(models.ScheduleRow)
    return [
        key.parent
        for other in metadata.sorted_tables
        for key in other.foreign_keys
        if key.references(schedules) and other is not RUNS
    ]


class DeletedScheduleRepository(Repository[Schedule]):
    model, record = models.ScheduleRow, Schedule
    enums: ClassVar[Mapping[str, type[OpenEnum]]] = {"last_status": RunStatus}

    def _deleted(self) -> Any:
        return self._table.c.deleted_at.is_not(None)

    def get(self, schedule_id: str, *, lock: bool = False) -> Schedule | None:
        return self._one(self._table.c.id == schedule_id, self._deleted(), lock=lock)

    def of_ids(self, ids: Collection[str], *, lock: bool = False) -> list[Schedule]:
        query = self._select().where(self._table.c.id.in_(ids), self._deleted())
        return self._all(in_order(query, self._table.c.id) if lock else query)

    def find(self, tenant_id: str, since: datetime, page: Page) -> tuple[list[Schedule], int]:
        where = (self._deleted(), self._table.c.deleted_at > since)
        return self._page(where, page, frozenset({tenant_id}))

    def expired(self, tenant_id: str, before: datetime, limit: int) -> list[str]:
        c = self._table.c
        query = select(c.id).where(self._deleted(), c.tenant_id == tenant_id, c.deleted_at < before)
        query = query.order_by(c.deleted_at, c.id).limit(limit)
        return list(self._connection.execute(query).scalars())

    def remove_runs(self, schedule_id: str, limit: int) -> RemovedPart:
        c = RUNS.c
        query = select(c.id, c.spec_hash, c.file_key, c.file_removed_at)
        query = query.where(c.scheduled_export_id == schedule_id, c.status.in_(FINISHED))
        query = query.order_by(c.created_at).limit(limit)
        rows = self._connection.execute(query.with_for_update(skip_locked=True)).all()
        remove_rows(self._connection, rows)
        files = [row.file_key for row in rows if row.file_key and row.file_removed_at is None]
        return RemovedPart(len(rows), files)

    def remove(self, schedule_id: str) -> bool:
        has_runs = select(exists().where(RUNS.c.scheduled_export_id == schedule_id))
        if self._connection.execute(has_runs).scalar_one():
            return False
        for column in _belonging():
            self._connection.execute(delete(column.table).where(column == schedule_id))
        c = self._table.c
        removal = delete(self._table).where(c.id == schedule_id, self._deleted())
        return self._connection.execute(removal).rowcount == 1
