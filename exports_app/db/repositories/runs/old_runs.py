"""Runs that have been in the history for long enough: finding them, and removing them with what
belongs to them."""

from collections.abc import Collection, Sequence
from dataclasses import fields
from typing import Any

from sqlalchemy import Connection, and_, case, delete, exists, or_, select, update

from exports_app.db import models
from exports_app.db.repositories.base import table, upsert
from exports_app.db.repositories.runs.snapshots import SnapshotRepository
from exports_app.domain.runs.states import FINISHED
from exports_app.services.core.interfaces.old_runs import Expiry, OldRuns, Place
from exports_app.services.core.records import RemovedRuns

RUNS = table(models.RunRow)
BELONGING = [
    table(model)
    for model in (
        models.FileDownloadRow,
        models.AttemptRow,
        models.DeliveryRow,
        models.RunEndRow,
    )
]


def remove_rows(connection: Connection, runs: Sequence[Any]) -> None:
    """Remove runs and what belongs to them. runs: rows with an id and a spec_hash."""
    ids = [run.id for run in runs]
    for belonging in BELONGING:
        connection.execute(delete(belonging).where(belonging.c.history_id.in_(ids)))
    notices = table(models.NotificationRow)  # kept for a time of their own
    connection.execute(update(notices).where(notices.c.history_id.in_(ids)).values(history_id=None))
    connection.execute(delete(RUNS).where(RUNS.c.id.in_(ids)))
    SnapshotRepository(connection).drop_unused(
        {run.spec_hash for run in runs if run.spec_hash is not None}
    )


class OldRunRepository:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._removed = table(models.RemovedRunsRow)

    def look(self, tenant_id: str, expiry: Expiry, after: Place | None, limit: int) -> OldRuns:
        c = RUNS.c
        old = [c.tenant_id == tenant_id, c.created_at < expiry.before]
        if after is not None:
            # The first condition alone says where in the index to begin
            old += [
                c.created_at >= after.created_at,
                or_(c.created_at > after.created_at, c.id > after.run_id),
            ]
        removable = and_(*_removable(expiry)).label("removable")
        query = select(c.id, c.created_at, removable).where(*old)
        rows = self._connection.execute(query.order_by(c.created_at, c.id).limit(limit)).all()
        ids = [row.id for row in rows if row.removable]
        if len(rows) < limit:
            return OldRuns(ids, None)
        return OldRuns(ids, Place(rows[-1].created_at, rows[-1].id))

    def remove(self, run_ids: Collection[str], expiry: Expiry) -> int:
        c = RUNS.c
        query = select(c.id, c.scheduled_export_id, c.created_at, c.scheduled_for, c.spec_hash)
        query = query.where(c.id.in_(run_ids), *_removable(expiry))
        rows = self._connection.execute(query.with_for_update(skip_locked=True)).all()
        ids = [row.id for row in rows]
        if not ids:
            return 0
        remove_rows(self._connection, rows)
        self._note(rows)
        return len(ids)

    def removed_from(self, schedule_id: str) -> RemovedRuns | None:
        c = self._removed.c
        query = select(*(c[f.name] for f in fields(RemovedRuns)))
        row = self._connection.execute(
            query.where(c.scheduled_export_id == schedule_id)
        ).one_or_none()
        return None if row is None else RemovedRuns(*row)

    def _note(self, rows: Sequence[Any]) -> None:
        of_schedule: dict[str, list[Any]] = {}
        for row in rows:
            of_schedule.setdefault(row.scheduled_export_id, []).append(row)
        # In one order: two servers that remove runs of the same schedules wait for each other
        values = [_removal(key, of_schedule[key]) for key in sorted(of_schedule)]
        mine, insert = self._removed.c, upsert(self._connection.dialect.name, self._removed)
        new = insert.excluded
        both = {
            "runs": mine.runs + new.runs,
            "last_created_at": _later(mine.last_created_at, new.last_created_at),
            "first_tick": case(
                (or_(mine.first_tick.is_(None), new.first_tick < mine.first_tick), new.first_tick),
                else_=mine.first_tick,
            ),
            "last_tick": _later(mine.last_tick, new.last_tick),
        }
        self._connection.execute(
            insert.on_conflict_do_update(index_elements=[mine.scheduled_export_id], set_=both),
            values,
        )


def _later(mine: Any, new: Any) -> Any:
    return case((or_(mine.is_(None), new > mine), new), else_=mine)


def _removal(schedule_id: str, rows: Sequence[Any]) -> dict[str, Any]:
    ticks = [row.scheduled_for for row in rows if row.scheduled_for is not None]
    return {
        "scheduled_export_id": schedule_id,
        "runs": len(rows),
        "last_created_at": max(row.created_at for row in rows),
        "first_tick": min(ticks, default=None),
        "last_tick": max(ticks, default=None),
    }


def _removable(expiry: Expiry) -> tuple[Any, ...]:
    c, schedules = RUNS.c, table(models.ScheduleRow).c
    has_file = and_(c.file_key.is_not(None), c.file_removed_at.is_(None))
    has_links = and_(c.link_expires_at > expiry.now, c.links_revoked_at.is_(None))
    newer = RUNS.alias("newer")
    # In the order of the history. A step into its index each, however long it is
    enough = (
        select(newer.c.id)
        .where(
            newer.c.scheduled_export_id == c.scheduled_export_id,
            newer.c.created_at >= c.created_at,
            or_(newer.c.created_at > c.created_at, newer.c.id > c.id),
        )
        .limit(1)
        .offset(expiry.newest - 1)
        .correlate(RUNS)
        .scalar_subquery()
    )
    # A tick without a row is run when the schedule comes to it: a person may have run it before
    passed = or_(
        c.scheduled_for.is_(None),
        schedules.next_run_at.is_(None),
        c.scheduled_for < schedules.next_run_at,
    )
    of_schedule = exists().where(
        schedules.id == c.scheduled_export_id,
        passed,
        or_(schedules.deleted_at < expiry.before, enough.is_not(None)),
    )
    return (
        c.status.in_(FINISHED),
        c.created_at < expiry.before,
        c.completed_at < expiry.before,
        ~has_file,
        or_(c.link_expires_at.is_(None), ~has_links),
        of_schedule.correlate(RUNS),
    )
