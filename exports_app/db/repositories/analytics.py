"""Figures about a tenant's exports: counts over its history, and the schedules that need
attention."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Integer, and_, case, cast, func, literal, or_, select

from exports_app.db import models
from exports_app.db.repositories.base import table
from exports_app.db.repositories.runs import queue_queries
from exports_app.db.repositories.schedules import ScheduleRepository
from exports_app.db.types import seconds_between
from exports_app.domain.access import PERMISSIONS, Permission, Role
from exports_app.domain.runs.states import RunStatus
from exports_app.services.core.interfaces import Backlog, Spread
from exports_app.services.core.records import Schedule

RUNS = table(models.RunRow)
SENT = (RunStatus.COMPLETED, RunStatus.PARTIAL)
EXPORTING = [role for role in Role if Permission.WRITE in PERMISSIONS[role]]


class AnalyticsRepository:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def counts(self, tenant_id: str, days: Sequence[datetime]) -> dict[tuple[int, RunStatus], int]:
        day = _day(days)
        query = (
            select(day, RUNS.c.status, func.count())
            .where(*_made_since(tenant_id, days[0]))
            .group_by(day, RUNS.c.status)
        )
        return {
            (at, RunStatus.of(status)): count
            for at, status, count in self._connection.execute(query)
        }

    def durations(self, tenant_id: str, days: Sequence[datetime]) -> dict[int | None, Spread]:
        c, day = RUNS.c, _day(days).label("day")
        taken = seconds_between(c.started_at, c.completed_at)
        ended = (c.status.in_(SENT), c.started_at.is_not(None), c.completed_at.is_not(None))
        of = (
            select(day, taken.label("taken"))
            .where(*_made_since(tenant_id, days[0]), *ended)
            .subquery()
        )
        spreads: dict[int | None, Spread] = {}
        for key, each in ((of.c.day, [of.c.day]), (literal(None, Integer), None)):
            rank = func.row_number().over(partition_by=each, order_by=of.c.taken)
            of_all = func.count().over(partition_by=each)
            ranked = select(
                key.label("day"), of.c.taken, rank.label("rank"), of_all.label("of_all")
            ).subquery()
            r = ranked.c
            last = case((r.rank == (r.of_all * 95 + 99) // 100, r.taken))
            rows = self._connection.execute(
                select(r.day, func.count(), func.avg(r.taken), func.max(last)).group_by(r.day)
            )
            spreads |= {at: Spread(count, float(mean), float(p95)) for at, count, mean, p95 in rows}
        return spreads

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

    def upcoming(self, tenant_id: str, until: datetime) -> list[Schedule]:
        s = _Schedules(self._connection)
        return s.first(tenant_id, s.c.is_active, s.c.next_run_at <= until, order=(s.c.name,))

    def failing(self, tenant_id: str, limit: int) -> tuple[list[Schedule], int]:
        s = _Schedules(self._connection)
        return s.page(
            tenant_id, s.not_well(), order=(s.c.failures.desc(), s.c.failing_since), limit=limit
        )

    def paused(self, tenant_id: str, limit: int) -> tuple[list[Schedule], int]:
        s = _Schedules(self._connection)
        return s.page(
            tenant_id,
            ~s.c.is_active,
            order=(s.c.paused_at.desc().nulls_last(), s.c.name),
            limit=limit,
        )

    def ownerless(self, tenant_id: str, limit: int) -> tuple[list[Schedule], int]:
        s = _Schedules(self._connection)
        users, members = table(models.UserRow), table(models.MembershipRow)
        exports = select(members.c.user_id).where(
            members.c.tenant_id == tenant_id, members.c.role.in_(EXPORTING)
        )
        may = select(users.c.id).where(
            users.c.is_active, users.c.is_super_admin | users.c.id.in_(exports)
        )
        return s.page(
            tenant_id, s.c.is_active, s.c.owner_id.not_in(may), order=(s.c.name,), limit=limit
        )


class _Schedules(ScheduleRepository):
    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self.c = self._table.c

    def not_well(self) -> Any:
        return self._failing()

    def first(
        self, tenant_id: str, *where: Any, order: Sequence[Any], limit: int | None = None
    ) -> list[Schedule]:
        query = self._select().where(self.c.tenant_id == tenant_id, self._live(), *where)
        return self._all(query.order_by(*order, self.c.id).limit(limit))

    def page(
        self, tenant_id: str, *where: Any, order: Sequence[Any], limit: int
    ) -> tuple[list[Schedule], int]:
        schedules = self.first(tenant_id, *where, order=order, limit=limit)
        if len(schedules) < limit:
            return schedules, len(schedules)
        query = (
            select(func.count())
            .select_from(self._table)
            .where(self.c.tenant_id == tenant_id, self._live(), *where)
        )
        return schedules, self._connection.execute(query).scalar_one()


def _made_since(tenant_id: str, at: datetime) -> tuple[Any, ...]:
    return RUNS.c.tenant_id == tenant_id, RUNS.c.created_at >= at


def _day(days: Sequence[datetime]) -> Any:
    """The index, in `days`, of the day on which a run was created. Days are compared by their first
    instants, since the two databases have different names of time zones."""
    last_first = reversed(list(enumerate(days)))
    return case(*[(RUNS.c.created_at >= begin, cast(at, Integer)) for at, begin in last_first])
