"""How much of its quotas a tenant uses. Each figure is read from an index, or from a row of its
own."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, delete, func, select, update

from exports_app.db import models
from exports_app.db.repositories.base import table, upsert
from exports_app.db.repositories.runs.queue_queries import is_, is_live
from exports_app.domain.runs.states import RunStatus


class UsageRepository:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._runs = table(models.RunRow).c
        self._messages = table(models.MessagesOfDayRow)

    def schedules(self, tenant_id: str) -> int:
        schedules = table(models.ScheduleRow).c
        live = (schedules.tenant_id == tenant_id, schedules.deleted_at.is_(None))
        return self._number(select(func.count(schedules.tenant_id)).where(*live))

    def pending_runs(self, tenant_id: str) -> int:
        runs = self._runs
        pending = (runs.tenant_id == tenant_id, is_(runs.status, RunStatus.PENDING))
        # The condition of the index of open runs: only with it is the index used
        return self._number(select(func.count(runs.tenant_id)).where(*pending, is_live(runs)))

    def file_bytes(self, tenant_id: str) -> int:
        runs = self._runs
        kept = (
            runs.tenant_id == tenant_id,
            runs.file_key.is_not(None),
            runs.file_removed_at.is_(None),
        )
        return self._number(select(func.coalesce(func.sum(runs.file_size), 0)).where(*kept))

    def messages(self, tenant_id: str, day: date) -> int:
        c = self._messages.c
        query = select(c.messages).where(c.tenant_id == tenant_id, c.day == day)
        return self._connection.execute(query).scalar_one_or_none() or 0

    def reserved_messages(self, tenant_id: str, alive_at: datetime | None = None) -> int:
        runs = self._runs
        at_work = [runs.tenant_id == tenant_id, is_(runs.status, RunStatus.PROCESSING)]
        if alive_at is not None:
            at_work.append(runs.lease_expires_at >= alive_at)
        # The condition of the index of open runs: only with it is the index used
        return self._number(
            select(func.coalesce(func.sum(runs.messages_reserved), 0)).where(
                *at_work, is_live(runs)
            )
        )

    def reserve_messages(self, run_id: str, count: int) -> None:
        change = update(table(models.RunRow)).where(self._runs.id == run_id)
        self._connection.execute(change.values(messages_reserved=count))

    def add_message(self, tenant_id: str, day: date) -> None:
        c = self._messages.c
        first = upsert(self._connection.dialect.name, self._messages).values(
            tenant_id=tenant_id, day=day, messages=1
        )
        again = first.on_conflict_do_update(
            index_elements=[c.tenant_id, c.day], set_={"messages": c.messages + 1}
        )
        self._connection.execute(again)

    def forget_messages(self, before: date) -> None:
        self._connection.execute(delete(self._messages).where(self._messages.c.day < before))

    def _number(self, query: Any) -> int:
        return int(self._connection.execute(query).scalar_one())
