"""Figures about a tenant's exports: counts over its history, and the schedules that need
attention."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import and_, bindparam, func, or_, select

from exports_app.db import models
from exports_app.db.repositories.base import table
from exports_app.db.repositories.closed_days import RunDayRepository
from exports_app.db.repositories.owners import active, without_right
from exports_app.db.repositories.runs import queue_queries
from exports_app.db.repositories.schedules import ScheduleRepository
from exports_app.domain.runs.states import RunStatus
from exports_app.services.core.interfaces import Backlog, Upcoming
from exports_app.services.core.records import Schedule

RUNS = table(models.RunRow)
SCHEDULES = table(models.ScheduleRow)


@cache
def _names() -> Any:
    """Built once: it is executed many times for a chart, and building it takes the longer part."""
    c = SCHEDULES.c
    given = {
        name: bindparam(name, type_=c[name].type)
        for name in ("tenant_id", "schedule", "timezone", "next_run_at")
    }
    same = [c[name] == value for name, value in given.items()]
    query = select(c.name).where(*same, c.is_active, c.deleted_at.is_(None))
    return query.order_by(c.name).limit(bindparam("most"))


class AnalyticsRepository(RunDayRepository):
    def channels(self, tenant_id: str, limit: int) -> list[str]:
        c = table(models.CampaignRow).c
        query = select(c.channel).where(c.tenant_id == tenant_id).distinct()
        return list(self._connection.execute(query.order_by(c.channel).limit(limit)).scalars())

    def backlog(self, tenant_id: str, now: datetime) -> Backlog:
        c = RUNS.c
        pending = c.status == RunStatus.PENDING
        later = and_(pending, c.next_attempt_at.is_not(None), c.next_attempt_at > now)
        ready = and_(pending, or_(c.next_attempt_at.is_(None), c.next_attempt_at <= now))
        counts = (
            func.count().filter(c.status == RunStatus.PROCESSING),
            func.count().filter(ready),
            func.count().filter(later),
            func.min(c.created_at, type_=c.created_at.type).filter(ready),
        )
        return Backlog(
            *self._connection.execute(
                select(*counts).where(c.tenant_id == tenant_id, queue_queries.is_live(c))
            ).one()
        )

    def upcoming(self, tenant_id: str, until: datetime) -> list[Upcoming]:
        c = SCHEDULES.c
        alike = (c.schedule, c.timezone, c.next_run_at)
        query = select(*alike, func.count(), func.min(c.name)).where(*active(tenant_id))
        # Not as a condition on the rows: SQLite would look for it in another index, and sort
        query = query.group_by(*alike).having(func.min(c.next_run_at) <= until)
        return [Upcoming(*row) for row in self._connection.execute(query)]

    def names(self, tenant_id: str, of: Upcoming, limit: int) -> list[str]:
        values = {
            "tenant_id": tenant_id,
            "schedule": of.schedule,
            "timezone": of.timezone,
            "next_run_at": of.next_run_at,
            "most": limit,
        }
        return list(self._connection.execute(_names(), values).scalars())

    def failing(self, tenant_id: str, limit: int) -> tuple[list[Schedule], int]:
        c = SCHEDULES.c
        return self._first(
            active(tenant_id, c.failing_since.is_not(None)),
            (c.failures.desc(), c.failing_since, c.id),
            limit,
        )

    def paused(self, tenant_id: str, limit: int) -> tuple[list[Schedule], int]:
        c = SCHEDULES.c
        return self._first(
            (c.tenant_id == tenant_id, ~c.is_active, c.deleted_at.is_(None)),
            (c.paused_at.desc().nulls_last(), c.name, c.id),
            limit,
        )

    def ownerless(self, tenant_id: str, limit: int) -> tuple[list[Schedule], int]:
        c = SCHEDULES.c
        lost = list(self._connection.execute(without_right(tenant_id)).scalars())
        if not lost:
            return [], 0
        return self._first(active(tenant_id, c.owner_id.in_(lost)), (c.name, c.id), limit)

    def _first(
        self, where: Sequence[Any], order: Sequence[Any], limit: int
    ) -> tuple[list[Schedule], int]:
        """The first ones, and the number of all. Both are read from an index that has the
        columns of the order; only what is shown is read whole."""
        first = select(SCHEDULES.c.id).where(*where).order_by(*order).limit(limit)
        ids = list(self._connection.execute(first).scalars())
        schedules = {schedule.id: schedule for schedule in _Schedules(self._connection).of(ids)}
        in_order = [schedules[schedule_id] for schedule_id in ids]
        if len(ids) < limit:
            return in_order, len(ids)
        query = select(func.count()).select_from(SCHEDULES).where(*where)
        return in_order, self._connection.execute(query).scalar_one()


class _Schedules(ScheduleRepository):
    def of(self, ids: Sequence[str]) -> list[Schedule]:
        return self._all(self._select().where(self._table.c.id.in_(ids))) if ids else []
