"""Runs: the history of schedules."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import and_, func, select

from exports_app.db import models
from exports_app.db.repositories.base import table, upsert
from exports_app.db.repositories.runs.queue_queries import is_live
from exports_app.db.repositories.runs.snapshots import StoredRuns
from exports_app.domain.runs.states import (
    FINISHED,
    TRIALS,
    DeliveryStatus,
    RunStatus,
    Trigger,
    move_run,
)
from exports_app.services.core.interfaces import UnderWay
from exports_app.services.core.records import (
    LatestRun,
    Run,
)

SENT = (RunStatus.COMPLETED, RunStatus.PARTIAL)


@cache
def _insert(dialect: str) -> Any:
    """Built once: building it takes longer than executing it."""
    return upsert(dialect, table(models.RunRow)).on_conflict_do_nothing()


class RunRepository(StoredRuns):
    def get(self, run_id: str) -> Run | None:
        return self._one(self._table.c.id == run_id)

    def of_schedule(
        self, schedule_id: str, limit: int, after: tuple[datetime, str] | None = None
    ) -> tuple[list[Run], int]:
        c = self._table.c
        of = c.scheduled_export_id == schedule_id
        query = self._select().where(of)
        if after is not None:
            at, run_id = after
            # The first condition alone says where in the index to begin
            query = query.where(c.created_at <= at, (c.created_at < at) | (c.id < run_id))
        runs = self._all(query.order_by(c.created_at.desc(), c.id.desc()).limit(limit))
        if after is None and len(runs) < limit:
            return runs, len(runs)
        total = select(func.count()).select_from(self._table).where(of)
        return runs, self._connection.execute(total).scalar_one()

    def summarized_before(self, run: Run, start: date, among: int) -> list[Run]:
        c = self._table.c
        names = ("id", "created_at", "window_start", "status", "trigger", "sent_as")
        newest = select(*(c[name] for name in names), c.summary.is_not(None).label("told"))
        newest = newest.where(
            c.scheduled_export_id == run.scheduled_export_id, c.created_at < run.created_at
        )
        few = newest.order_by(c.created_at.desc()).limit(among).subquery("newest").c
        query = select(few.id).where(
            few.told,
            few.status.in_(SENT),
            few.sent_as.is_not(None),
            few.trigger.not_in(TRIALS),
            few.window_start < start,
        )
        order = (few.window_start.desc(), few.created_at.desc(), few.id.desc())
        query = query.order_by(*order).limit(20)
        ids = list(self._connection.execute(query).scalars())
        found = {other.id: other for other in self._all(self._select().where(c.id.in_(ids)))}
        return [found[run_id] for run_id in ids]

    def latest(self, schedule_ids: Collection[str]) -> list[LatestRun]:
        c = self._table.c
        schedules = table(models.ScheduleRow)
        deliveries = table(models.DeliveryRow)
        # Schedule by schedule through the index: one step into it each, however long their
        # histories are
        other = self._table.alias("other")
        newest = select(other.c.id).where(other.c.scheduled_export_id == schedules.c.id)
        newest = newest.where(other.c.trigger.not_in(TRIALS), ~other.c.of_earlier_date)
        newest = newest.order_by(other.c.created_at.desc(), other.c.id.desc()).limit(1)
        query = (
            self._select()
            .select_from(schedules)
            .join(self._table, c.id == newest.correlate(schedules).scalar_subquery())
        )
        runs = self._all(query.where(schedules.c.id.in_(schedule_ids)))
        run_id = deliveries.c.history_id
        accepted = func.count().filter(deliveries.c.status == DeliveryStatus.ACCEPTED)
        counted = select(run_id, accepted, func.count()).group_by(run_id)
        rows = self._connection.execute(counted.where(run_id.in_([run.id for run in runs])))
        counts = {of_run: (sent, total) for of_run, sent, total in rows}
        return [LatestRun(run, *counts.get(run.id, (0, 0))) for run in runs]

    def add(self, run: Run) -> bool:
        return run.id in self.add_all([run])

    def add_all(self, runs: Sequence[Run]) -> set[str]:
        if not runs:
            return set()
        self._connection.execute(
            _insert(self._connection.dialect.name), [dict(vars(run)) for run in runs]
        )
        # Asked for afterwards, since not every driver counts the rows of an INSERT: RETURNING would
        # make one statement of 18,000 parameters of 500 rows, whose text takes psycopg longer to
        # read than the server to execute
        c = self._table.c
        return set(
            self._connection.execute(
                select(c.id).where(c.id.in_([run.id for run in runs]))
            ).scalars()
        )

    def under_way(self, schedule_ids: Collection[str], now: datetime) -> dict[str, UnderWay]:
        c = self._table.c
        new = and_(
            c.status == RunStatus.PENDING,
            c.attempt == 0,
            c.next_attempt_at.is_(None) | (c.next_attempt_at <= now),
        )
        of = (
            c.scheduled_export_id.in_(schedule_ids),
            c.trigger == Trigger.SCHEDULE,
            is_live(c),
        )
        counts = (func.count().filter(c.status == RunStatus.PROCESSING), func.count().filter(new))
        rows = self._connection.execute(
            select(c.scheduled_export_id, *counts).where(*of).group_by(c.scheduled_export_id)
        )
        return {
            schedule_id: UnderWay(processing > 0, waiting > 0)
            for schedule_id, processing, waiting in rows
        }

    def ticks(self, schedule_id: str, instants: Collection[datetime]) -> dict[datetime, Run]:
        c = self._table.c
        runs = self._all(
            self._select().where(
                c.scheduled_export_id == schedule_id, c.scheduled_for.in_(instants)
            )
        )
        return {run.scheduled_for: run for run in runs if run.scheduled_for is not None}

    def replace_skipped(self, seen: Run, run: Run) -> bool:
        # The row stays, since there is one for each tick; it gets all values of the new run
        c = self._table.c
        move_run(seen.status, RunStatus.PENDING)
        old = self._connection.execute(select(c.spec_hash).where(c.id == seen.id))
        used = [key for key in old.scalars() if key is not None]
        values = dict(vars(run)) | {"spec_hash": None}
        del values["id"]
        done = self._update(c.id == seen.id, c.status == seen.status, values=values) == 1
        self._snapshots.drop_unused(used)
        return done

    def update_unclaimed(self, seen: Run, values: Mapping[str, Any]) -> bool:
        c = self._table.c
        return (
            self._update(
                c.id == seen.id, c.status == seen.status, c.attempt == seen.attempt, values=values
            )
            == 1
        )

    def unfinished(self, limit: int) -> list[Run]:
        return self._all(self._select().where(is_live(self._table.c)).limit(limit))

    def unfinished_of(self, user_id: str) -> list[Run]:
        c, schedules = self._table.c, table(models.ScheduleRow).c
        owned = c.scheduled_export_id.in_(select(schedules.id).where(schedules.owner_id == user_id))
        # Apart, or a database reads all schedules for the two together
        ids = {
            run_id
            for condition in (owned, c.triggered_by == user_id)
            for run_id in self._connection.execute(
                select(c.id).where(is_live(c), condition)
            ).scalars()
        }
        query = self._select().where(c.id.in_(ids), is_live(c))
        return self._all(query.order_by(c.id).with_for_update(key_share=True))

    def cancel_pending(self, schedule_ids: Collection[str], at: datetime) -> int:
        c = self._table.c
        return self._update(
            c.scheduled_export_id.in_(schedule_ids),
            c.status == RunStatus.PENDING,
            values={
                "status": RunStatus.CANCELLED,
                "completed_at": at,
                "error_code": "schedule_deleted",
                "error": "Its scheduled export was deleted before the run began",
            },
        )

    def cancel(self, seen: Run, values: Mapping[str, Any]) -> bool:
        c = self._table.c
        ended = {
            "status": move_run(seen.status, RunStatus.CANCELLED),
            "lease_token": None,
            "lease_expires_at": None,
        }
        return (
            self._update(c.id == seen.id, c.status == seen.status, values=dict(values) | ended) == 1
        )

    def revoke_links(self, run_id: str, at: datetime) -> None:
        self._update(self._table.c.id == run_id, values={"links_revoked_at": at})

    def reopen(self, seen: Run) -> bool:
        c = self._table.c
        fresh = dict.fromkeys(
            (
                "error",
                "error_code",
                "started_at",
                "completed_at",
                "lease_token",
                "lease_expires_at",
                "next_attempt_at",
            )
        )
        values = fresh | {
            "status": move_run(seen.status, RunStatus.PENDING),
            "attempt": 0,
            "attempts_before": c.attempts_before + c.attempt,
            "deaths": 0,
        }
        return (
            self._update(
                c.id == seen.id, c.status == seen.status, c.file_removed_at.is_(None), values=values
            )
            == 1
        )

    def outdated(
        self, tenant_id: str, completed_before: datetime, now: datetime, limit: int
    ) -> list[Run]:
        c = self._table.c
        promised = and_(c.link_expires_at.is_not(None), c.link_expires_at > now)
        old = (
            c.tenant_id == tenant_id,
            *self._has_file(),
            c.completed_at < completed_before,
            ~promised,
        )
        return self._all(self._select().where(*old).order_by(c.completed_at, c.id).limit(limit))

    def note_removed(self, run_id: str, at: datetime, summary: dict[str, Any] | None) -> bool:
        gone = {"file_removed_at": at, "summary": summary}
        return self._update(self._table.c.id == run_id, *self._has_file(), values=gone) == 1

    def _has_file(self) -> tuple[Any, ...]:
        c = self._table.c
        return c.status.in_(FINISHED), c.file_key.is_not(None), c.file_removed_at.is_(None)

    def keys_in_use(self, keys: Collection[str]) -> set[str]:
        c = self._table.c
        # By the run that a key names (tenant/run/file): no index has the keys themselves, and a
        # scan of the history for each batch of files would take hours
        named = {parts[1] for key in keys if len(parts := key.split("/")) == 3}
        query = select(c.file_key).where(
            c.id.in_(named), c.file_key.in_(keys), c.file_removed_at.is_(None)
        )
        return set(self._connection.execute(query).scalars())
