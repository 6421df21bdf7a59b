"""The queue of runs: which may begin next, and who holds which under a lease."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import case, func, select

from exports_app.db.repositories.runs import queue_queries as queries
from exports_app.db.repositories.runs.snapshots import StoredRuns
from exports_app.domain.runs.states import BY_CLOCK, RunStatus
from exports_app.services.core.records import Run, Waiting

CLAIMS = 0x65787001
"""Which of PostgreSQL's advisory locks is about claiming runs."""


class RunQueueRepository(StoredRuns):
    def lock_claims(self) -> None:
        if self._connection.dialect.name == "postgresql":  # SQLite has one writer at a time anyway
            self._connection.execute(select(func.pg_advisory_xact_lock(CLAIMS)))

    def waiting(self, now: datetime) -> list[Waiting]:
        candidates = [
            Waiting(r.id, r.tenant_id, r.trigger not in BY_CLOCK)
            for r in self._connection.execute(queries.next_runs(), {"now": now})
        ]
        # The earliest of each tenant, and what was asked for goes ahead of what is scheduled
        first: dict[str, Waiting] = {}
        for candidate in candidates:
            best = first.setdefault(candidate.tenant_id, candidate)
            if candidate.asked and not best.asked:
                first[candidate.tenant_id] = candidate
        return [candidate for candidate in candidates if first[candidate.tenant_id] is candidate]

    def next_isolated(self, now: datetime) -> str | None:
        run_id: str | None = self._connection.execute(
            queries.next_isolated(), {"now": now}
        ).scalar_one_or_none()
        return run_id

    def waiting_since(self, now: datetime) -> datetime | None:
        first = self._connection.execute(
            queries.next_runs("file_key", "started_at"), {"now": now}
        ).first()
        return None if first is None else first.since

    def at_work(self, now: datetime) -> int:
        c = self._table.c
        processing = (queries.is_live(c), queries.is_(c.status, RunStatus.PROCESSING))
        count = select(func.count()).where(*processing, c.lease_expires_at >= now)
        found: int = self._connection.execute(count).scalar_one()
        return found

    def claim(self, run_id: str, token: str, now: datetime, expires: datetime) -> bool:
        c = self._table.c
        values = {
            "status": RunStatus.PROCESSING,
            "attempt": c.attempt + 1,
            "lease_token": token,
            "lease_expires_at": expires,
            "started_at": func.coalesce(c.started_at, now),
            "next_attempt_at": None,
            "messages_reserved": 0,  # what an attempt before had left
        }
        return (
            self._update(
                c.id == run_id,
                c.status == RunStatus.PENDING,
                *queries.can_start(c, now),
                values=values,
            )
            == 1
        )

    def update_claimed(
        self,
        run_id: str,
        token: str,
        values: Mapping[str, Any],
        expired_before: datetime | None = None,
    ) -> bool:
        c = self._table.c
        where = [c.id == run_id, c.lease_token == token, c.status == RunStatus.PROCESSING]
        if expired_before is not None:
            where.append(c.lease_expires_at < expired_before)
        return self._update(*where, values=values) == 1

    def begin_message(self, run_id: str, token: str) -> bool:
        reserved = self._table.c.messages_reserved
        return self.update_claimed(
            run_id, token, {"messages_reserved": case((reserved > 0, reserved - 1), else_=0)}
        )

    def extend(self, run_id: str, token: str, expires: datetime) -> bool:
        return self.update_claimed(run_id, token, {"lease_expires_at": expires})

    def abandoned(self, expired_before: datetime | None) -> list[Run]:
        c = self._table.c
        query = self._select().where(c.status == RunStatus.PROCESSING)
        return self._all(
            query if expired_before is None else query.where(c.lease_expires_at < expired_before)
        )
