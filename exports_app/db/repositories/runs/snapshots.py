"""The snapshots of runs: stored once each in `run_specs`, by their hash, or in the run's own row.

A row whose own spec is empty has its snapshot there. A new run holds its own until a day after its
end: a server of the version before may run it, or show it, during an upgrade.
"""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, ClassVar

import orjson
from sqlalchemy import (
    JSON,
    Connection,
    Text,
    bindparam,
    case,
    cast,
    delete,
    exists,
    func,
    select,
    type_coerce,
    update,
)

from exports_app.db import models
from exports_app.db.repositories.base import Repository, table, upsert
from exports_app.db.types import RunSpecJson
from exports_app.domain.open_enum import OpenEnum
from exports_app.domain.runs.states import RunStatus, Trigger
from exports_app.services.core.records import Run

RUNS = table(models.RunRow)
SPECS = table(models.RunSpecRow)
ELSEWHERE: dict[str, Any] = {}
"""A row's own spec, where its snapshot is in `run_specs`."""


def hash_of(stored: Mapping[str, Any]) -> str:
    """The first 32 hex digits of the SHA-256 of a snapshot's JSON with sorted keys."""
    return hashlib.sha256(orjson.dumps(stored, option=orjson.OPT_SORT_KEYS)).hexdigest()[:32]


@cache
def _snapshot() -> Any:
    """A run's snapshot, wherever it is. Built once: building it takes longer than executing it."""
    shared = select(SPECS.c.spec).where(SPECS.c.hash == RUNS.c.spec_hash).correlate(RUNS)
    own = type_coerce(RUNS.c.spec, JSON)
    found = case(
        (cast(RUNS.c.spec, Text) == "{}", func.coalesce(shared.scalar_subquery(), own)), else_=own
    )
    return type_coerce(found, RunSpecJson).label("spec")


@cache
def _insert(dialect: str) -> Any:
    return upsert(dialect, SPECS).on_conflict_do_nothing()


class StoredRuns(Repository[Run]):
    """The base of the repositories of runs."""

    model, record = models.RunRow, Run
    enums: ClassVar[Mapping[str, type[OpenEnum]]] = {"status": RunStatus, "trigger": Trigger}

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._columns = [_snapshot() if c.name == "spec" else c for c in self._columns]
        self._snapshots = SnapshotRepository(connection)


class SnapshotRepository:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, snapshots: Sequence[Mapping[str, Any]]) -> list[str]:
        """Store those that are not there yet. Returns their hashes, in order."""
        hashes = [hash_of(snapshot) for snapshot in snapshots]
        distinct = dict(zip(hashes, snapshots, strict=True))
        there = select(SPECS.c.hash).where(SPECS.c.hash.in_(distinct))
        missing = distinct.keys() - set(self._connection.execute(there).scalars())
        if missing:
            # In one order: two servers that add the same ones wait for each other
            rows = [{"hash": key, "spec": distinct[key]} for key in sorted(missing)]
            self._connection.execute(_insert(self._connection.dialect.name), rows)
        return hashes

    def any_to_move(self, ended_before: datetime) -> bool:
        query = select(RUNS.c.id).where(*_own(ended_before)).order_by(RUNS.c.completed_at).limit(1)
        return self._connection.execute(query).first() is not None

    def move(self, ended_before: datetime, limit: int) -> int:
        c = RUNS.c
        own = select(c.id, type_coerce(c.spec, JSON)).where(*_own(ended_before))
        own = own.order_by(c.completed_at).limit(limit)
        rows = self._connection.execute(own.with_for_update(skip_locked=True)).all()
        if not rows:
            return 0
        hashes = self.add([spec for _, spec in rows])
        # What `drop_unused` removes just now is not there: its runs are moved the next time
        there = self._held(hashes)
        moved = [
            {"moved_id": row.id, "moved_hash": key}
            for row, key in zip(rows, hashes, strict=True)
            if key in there
        ]
        change = update(RUNS).where(c.id == bindparam("moved_id"))
        if moved:
            values = {"spec": ELSEWHERE, "spec_hash": bindparam("moved_hash")}
            self._connection.execute(change.values(values), moved)
        return len(rows)

    def drop_unused(self, hashes: Collection[str]) -> None:
        """Remove those of the snapshots that no run has any more."""
        if not hashes:
            return
        # First the lock, then the look: a run that another transaction is giving one of them to
        # either is seen, or finds it gone
        query = select(SPECS.c.hash).where(SPECS.c.hash.in_(hashes)).order_by(SPECS.c.hash)
        free = list(self._connection.execute(query.with_for_update(skip_locked=True)).scalars())
        if not free:
            return
        used = exists().where(RUNS.c.spec_hash == SPECS.c.hash)
        self._connection.execute(delete(SPECS).where(SPECS.c.hash.in_(free), ~used))

    def _held(self, hashes: Collection[str]) -> set[str]:
        """Those that are there, locked against removal until the transaction ends."""
        query = select(SPECS.c.hash).where(SPECS.c.hash.in_(set(hashes))).order_by(SPECS.c.hash)
        locked = query.with_for_update(read=True, key_share=True)
        return set(self._connection.execute(locked).scalars())


def _own(ended_before: datetime) -> tuple[Any, ...]:
    """Runs that ended before the instant and hold their snapshot, in the words of the index."""
    c = RUNS.c
    return c.spec_hash.is_(None), c.completed_at.is_not(None), c.completed_at < ended_before
