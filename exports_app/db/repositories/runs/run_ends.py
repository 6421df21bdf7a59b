"""The ends of runs, in the order in which they can be seen.

Neither an instant nor a number that the ending transaction takes itself gives that order: the one
that took the lower number may commit last, and who had read the higher one would never see it. So
triggers note the end without a number (migration 0055), and a later transaction gives numbers to
the ends that it sees. It holds the tenant's row of `run_end_numbers` until it has committed, so
that numbers become visible in their order.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, exists, select, update

from exports_app.db import models
from exports_app.db.repositories.base import table, upsert
from exports_app.db.repositories.runs.queue_queries import is_live
from exports_app.db.repositories.runs.snapshots import StoredRuns
from exports_app.services.core.interfaces import EndedRuns, RunFilter

RUNS = table(models.RunRow)
SCHEDULES = table(models.ScheduleRow)
ENDS = table(models.RunEndRow)
NUMBERS = table(models.RunEndNumberRow)
LOOKED_AT = 1_000
"""Ends on which the filters are checked for one answer."""


class RunEndRepository(StoredRuns):
    def after(self, tenant_id: str, number: int, where: RunFilter, limit: int) -> EndedRuns:
        e, c = ENDS.c, RUNS.c
        seen = select(e.history_id, e.number).where(e.tenant_id == tenant_id, e.number > number)
        ends = self._connection.execute(seen.order_by(e.number).limit(LOOKED_AT + 1)).all()
        looked_at = {row.history_id: row.number for row in ends[:LOOKED_AT]}
        matching = select(c.id).where(c.id.in_(looked_at), ~is_live(c), *_chosen(where))
        matching = matching.where(
            exists().where(
                SCHEDULES.c.id == c.scheduled_export_id, SCHEDULES.c.deleted_at.is_(None)
            )
        )
        found = sorted(self._connection.execute(matching).scalars(), key=looked_at.__getitem__)
        more = len(found) > limit
        ids = found[:limit]
        last = looked_at[ids[-1]] if more else max(looked_at.values(), default=number)
        return EndedRuns(self._in_order(ids), last, more or len(ends) > LOOKED_AT)

    def last(self, tenant_id: str) -> int:
        query = select(NUMBERS.c.last).where(NUMBERS.c.tenant_id == tenant_id)
        return self._connection.execute(query).scalar() or 0

    def any_to_number(self, tenant_id: str) -> bool:
        query = select(exists().where(ENDS.c.tenant_id == tenant_id, ENDS.c.number.is_(None)))
        return bool(self._connection.execute(query).scalar())

    def number(self, tenant_id: str, least: int, limit: int) -> int:
        last = self._lock(tenant_id)
        e = ENDS.c
        query = select(e.history_id).where(e.tenant_id == tenant_id, e.number.is_(None))
        query = query.order_by(e.ended_at, e.history_id).limit(limit)
        # One that just ends again is left to the next time: it may wait for us
        ids = self._connection.execute(query.with_for_update(skip_locked=True)).scalars().all()
        if not ids:
            return 0
        first = max(last + 1, least)
        change = update(ENDS).where(e.history_id == bindparam("ended"))
        self._connection.execute(
            change.values(number=bindparam("given")),
            [{"ended": run_id, "given": first + i} for i, run_id in enumerate(ids)],
        )
        given = update(NUMBERS).where(NUMBERS.c.tenant_id == tenant_id)
        self._connection.execute(given.values(last=first + len(ids) - 1))
        return len(ids)

    def tenants_to_number(self) -> list[str]:
        e, tenants = ENDS.c, table(models.TenantRow).c
        waits = exists().where(e.tenant_id == tenants.id, e.number.is_(None))
        return list(self._connection.execute(select(tenants.id).where(waits)).scalars())

    def _lock(self, tenant_id: str) -> int:
        """The last number. The next statement sees all that was committed under the lock before."""
        query = select(NUMBERS.c.last).where(NUMBERS.c.tenant_id == tenant_id).with_for_update()
        last: int | None = self._connection.execute(query).scalar()
        if last is None:
            added = upsert(self._connection.dialect.name, NUMBERS).on_conflict_do_nothing()
            self._connection.execute(added, {"tenant_id": tenant_id, "last": 0})
            last = self._connection.execute(query).scalar_one()
        return last

    def _in_order(self, ids: Sequence[str]) -> list[Any]:
        runs = {run.id: run for run in self._all(self._select().where(RUNS.c.id.in_(ids)))}
        return [runs[run_id] for run_id in ids]


def _chosen(where: RunFilter) -> list[Any]:
    c = RUNS.c
    pairs = (
        (c.scheduled_export_id, where.schedule_id),
        (c.status, where.status),
        (c.trigger, where.trigger),
    )
    among = [] if where.among is None else [c.scheduled_export_id.in_(where.among)]
    return [*among, *(column == value for column, value in pairs if value)]
