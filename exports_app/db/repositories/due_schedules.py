"""Scheduled exports by the times at which they run next."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from functools import cache
from typing import Any, ClassVar

from sqlalchemy import bindparam, func, select, update

from exports_app.db import models
from exports_app.db.repositories import owners
from exports_app.db.repositories.base import Repository, distinct, table
from exports_app.domain.open_enum import OpenEnum
from exports_app.domain.runs.states import RunStatus
from exports_app.services.core.records import Schedule


@cache
def _due() -> Any:
    """Built once: an idle engine executes it each second, and building it takes the longer part."""
    c = table(models.ScheduleRow).c
    query = select(*(c[field.name] for field in fields(Schedule)))
    query = query.where(
        c.is_active,
        c.deleted_at.is_(None),
        c.next_run_at <= bindparam("now", type_=c.next_run_at.type),
    )
    return query.order_by(c.next_run_at, c.id).limit(bindparam("most"))


@cache
def _advance() -> Any:
    """Built once: building it takes longer than executing it."""
    c = table(models.ScheduleRow).c
    moved = {"next_run_at": bindparam("next_at", type_=c.next_run_at.type)}
    return update(table(models.ScheduleRow)).where(c.id == bindparam("moved_id")).values(moved)


class DueSchedules(Repository[Schedule]):
    """What the engine, which plans the runs, reads and writes."""

    model, record = models.ScheduleRow, Schedule
    enums: ClassVar[Mapping[str, type[OpenEnum]]] = {"last_status": RunStatus}

    def _live(self) -> Any:
        return self._table.c.deleted_at.is_(None)

    def due(self, now: datetime, limit: int) -> list[Schedule]:
        rows = self._connection.execute(_due(), {"now": now, "most": limit}).mappings()
        return [self._make(dict(row)) for row in rows]

    def next_due(self, tenant_id: str, until: datetime, limit: int) -> list[Schedule]:
        c = self._table.c
        query = self._select().where(*owners.active(tenant_id), c.next_run_at <= until)
        return self._all(query.order_by(c.next_run_at, c.id).limit(limit))

    def due_since(self, now: datetime) -> datetime | None:
        c = self._table.c
        query = select(func.min(c.next_run_at, type_=c.next_run_at.type)).where(
            c.is_active, self._live(), c.next_run_at <= now
        )
        oldest: datetime | None = self._connection.execute(query).scalar_one()
        return oldest

    def _to_come(self, now: datetime) -> tuple[Any, ...]:
        return self._table.c.is_active, self._live(), self._table.c.next_run_at > now

    def zones_to_come(self, now: datetime) -> list[str]:
        c = self._table.c
        return [
            zone
            for zone in distinct(self._connection, c.timezone, c.is_active, self._live())
            if self.to_come(zone, now, "", 1)
        ]

    def to_come(self, zone: str, now: datetime, after: str, limit: int) -> list[Schedule]:
        c = self._table.c
        query = self._select().where(*self._to_come(now), c.timezone == zone)
        if after:
            query = query.where(c.id > after)
        return self._all(query.order_by(c.id).limit(limit))

    def reserve(self, seen: Sequence[Schedule]) -> set[str]:
        c = self._table.c
        unchanged = select(c.id, c.version, c.next_run_at).where(
            c.id.in_([schedule.id for schedule in seen]), c.is_active, self._live()
        )
        # Rows that another engine has locked are skipped, not waited for; SQLite has one writer at
        # a time, and no such clause
        locked = self._connection.execute(unchanged.with_for_update(skip_locked=True))
        rows = {tuple(row) for row in locked}
        return {
            schedule.id
            for schedule in seen
            if (schedule.id, schedule.version, schedule.next_run_at) in rows
        }

    def advance(self, to: Mapping[str, datetime | None]) -> None:
        if to:
            self._connection.execute(
                _advance(),
                [{"moved_id": schedule_id, "next_at": at} for schedule_id, at in to.items()],
            )
