"""The positions of audit entries in their chains, the seals over them, and the checkpoints of
exports.

Entries are read in the form in which the database has them: the check names an entry that was made
unreadable, and does not fail on it.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, fields
from datetime import UTC, datetime
from math import inf
from typing import Any

from sqlalchemy import (
    Connection,
    String,
    Text,
    and_,
    cast,
    delete,
    func,
    insert,
    select,
    text,
    type_coerce,
)

from exports_app.db import models
from exports_app.db.repositories.base import distinct, table
from exports_app.services.core.records import AuditEntry, ChainedEntry, Checkpoint, Seal

_SEALING = 0x61756474
"""The key of PostgreSQL's advisory lock of the process that seals."""


class AuditChainRepository:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._entries = table(models.AuditRow)
        self._waiting = table(models.UnsealedRow)
        self._links = table(models.LinkRow)
        self._seals = table(models.SealRow)
        self._checkpoints = table(models.CheckpointRow)
        self._embedded = connection.dialect.name == "sqlite"

    def try_lock(self) -> bool:
        if self._embedded:
            return True  # one writer at a time
        return bool(
            self._connection.execute(
                text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": _SEALING}
            ).scalar_one()
        )

    def waiting(self, limit: int) -> list[dict[str, Any]]:
        # Step by step: in a join, SQLite may take the entries first, all of them
        found: list[dict[str, Any]] = []
        first = 0
        while len(found) < limit and (ids := self._queued(limit, first)):
            query = select(*self._raw()).where(self._entries.c.id.in_(ids))
            entries = {row["id"]: row for row in self._connection.execute(query).mappings()}
            found += [_plain(entries[entry_id]) for entry_id in ids if entry_id in entries]
            first += limit  # needed where queued entries were removed behind the app's back
        return found[:limit]

    def _queued(self, limit: int, offset: int) -> list[str]:
        w = self._waiting.c
        query = select(w.entry_id).order_by(w.at, w.entry_id).limit(limit).offset(offset)
        return list(self._connection.execute(query).scalars())

    def waiting_since(self) -> datetime | None:
        at = self._waiting.c.at
        oldest: datetime | None = self._connection.execute(
            select(func.min(at, type_=at.type))
        ).scalar_one()
        return oldest

    def last_link(self, chain: str) -> ChainedEntry | None:
        c = self._links.c
        query = (
            select(c.position, c.hash, c.entry_id)
            .where(c.chain == chain)
            .order_by(c.position.desc())
            .limit(1)
        )
        row = self._connection.execute(query).one_or_none()
        return None if row is None else ChainedEntry(*row)

    def add_links(self, chain: str, links: Sequence[ChainedEntry]) -> None:
        rows = [
            {"chain": chain, "position": x.position, "entry_id": x.entry_id, "hash": x.hash}
            for x in links
        ]
        self._connection.execute(insert(self._links), rows)
        waiting = self._waiting
        self._connection.execute(
            delete(waiting).where(waiting.c.entry_id.in_([x.entry_id for x in links]))
        )

    def last_seal(self) -> Seal | None:
        row = self._connection.execute(
            self._select_seals().order_by(self._seals.c.number.desc()).limit(1)
        ).one_or_none()
        return None if row is None else Seal(*row)

    def add_seal(self, seal: Seal) -> None:
        self._connection.execute(insert(self._seals), [asdict(seal)])

    def seals(self, after: int, limit: int) -> list[Seal]:
        number = self._seals.c.number
        rows = self._connection.execute(
            self._select_seals().where(number > after).order_by(number).limit(limit)
        )
        return [Seal(*row) for row in rows]

    def chains(self) -> list[str]:
        tables = (self._links, self._seals, self._checkpoints)
        chains = {chain for t in tables for chain in distinct(self._connection, t.c.chain)}
        return sorted(chains - {""})

    def links(self, chain: str, after: int, limit: int) -> list[ChainedEntry]:
        c, seals = self._links.c, self._seals
        query = (
            select(
                c.position,
                c.hash,
                c.entry_id,
                seals.c.hash.label("sealed_hash"),
                seals.c.entries,
                *self._raw(),
            )
            .select_from(self._links)
            .outerjoin(self._entries, self._entries.c.id == c.entry_id)
            .outerjoin(seals, and_(seals.c.chain == c.chain, seals.c.position == c.position))
            .where(c.chain == chain, c.position > after)
            .order_by(c.position)
            .limit(limit)
        )
        return [_chained(dict(row)) for row in self._connection.execute(query).mappings()]

    def count_links(self, chain: str | None) -> int:
        query = select(func.count()).select_from(self._links)
        if chain is not None:
            query = query.where(self._links.c.chain == chain)
        return int(self._connection.execute(query).scalar_one())

    def first_without_link(self, chain: str, after: int) -> Seal | None:
        s, c = self._seals.c, self._links.c
        query = self._select_seals().outerjoin(
            self._links, and_(c.chain == s.chain, c.position == s.position)
        )
        query = (
            query.where(s.chain == chain, s.position > after, c.position.is_(None))
            .order_by(s.position)
            .limit(1)
        )
        row = self._connection.execute(query).one_or_none()
        return None if row is None else Seal(*row)

    def entry_outside_chains(self) -> str | None:
        e = self._entries.c
        query = (
            select(e.id)
            .outerjoin(self._links, self._links.c.entry_id == e.id)
            .outerjoin(self._waiting, self._waiting.c.entry_id == e.id)
            .where(self._links.c.entry_id.is_(None), self._waiting.c.entry_id.is_(None))
        )
        return self._connection.execute(query.order_by(e.at, e.id).limit(1)).scalar_one_or_none()

    def removed_unsealed_entry(self) -> str | None:
        w = self._waiting.c
        query = select(w.entry_id).outerjoin(self._entries, self._entries.c.id == w.entry_id)
        query = query.where(self._entries.c.id.is_(None)).order_by(w.at, w.entry_id).limit(1)
        return self._connection.execute(query).scalar_one_or_none()

    def checkpoint(self, chain: str) -> Checkpoint | None:
        c = self._checkpoints.c
        query = select(*(c[f.name] for f in fields(Checkpoint))).where(c.chain == chain)
        row = self._connection.execute(
            query.order_by(c.position.desc(), c.at.desc(), c.id).limit(1)
        ).one_or_none()
        return None if row is None else Checkpoint(*row)

    def add_checkpoint(self, checkpoint: Checkpoint) -> None:
        self._connection.execute(insert(self._checkpoints), [asdict(checkpoint)])

    def remove(self, chain: str, up_to: int, before: datetime, limit: int) -> int:
        c, e = self._links.c, self._entries.c
        query = (
            select(c.position, e.id, e.at)
            .join(self._entries, e.id == c.entry_id)
            .where(c.chain == chain, c.position <= up_to)
            .order_by(c.position)
            .limit(limit)
        )
        old: list[tuple[int, str]] = []
        for position, entry_id, at in self._connection.execute(query):
            if at >= before:
                break  # a chain is only shortened at its beginning
            old.append((position, entry_id))
        if old:
            self._connection.execute(
                delete(self._entries).where(e.id.in_([entry_id for _, entry_id in old]))
            )
            self._connection.execute(
                delete(self._links).where(c.chain == chain, c.position < old[-1][0])
            )
        return len(old)

    def unneeded_seals(self, count: int) -> int | None:
        s = self._seals.c
        query = select(s.number, s.chain, s.position).order_by(s.number).limit(count)
        seals = self._connection.execute(query).all()
        if len(seals) < count:
            return None
        first = {chain: self._first_entry(chain) for chain in {seal.chain for seal in seals}}
        if any(first[seal.chain] <= seal.position for seal in seals):
            return None
        return int(seals[-1].number)

    def _first_entry(self, chain: str) -> float:
        """The position of the first entry of the chain that was not removed; infinite where there
        is none."""
        c, e = self._links.c, self._entries.c
        query = select(c.position).join(self._entries, e.id == c.entry_id)
        query = query.where(c.chain == chain).order_by(c.position).limit(1)
        position = self._connection.execute(query).scalar_one_or_none()
        return inf if position is None else position

    def remove_seals(self, up_to: int) -> None:
        self._connection.execute(delete(self._seals).where(self._seals.c.number <= up_to))

    def _select_seals(self) -> Any:
        return select(*(self._seals.c[f.name] for f in fields(Seal))).select_from(self._seals)

    def _raw(self) -> list[Any]:
        c = self._entries.c
        as_text = {"detail": cast(c.detail, Text).label("detail")}
        if self._embedded:
            as_text["at"] = type_coerce(c.at, String).label("at")
        return [as_text.get(f.name, c[f.name]) for f in fields(AuditEntry)]


def _chained(row: dict[str, Any]) -> ChainedEntry:
    position = row.pop("position")
    link_hash = row.pop("hash")
    entry_id = row.pop("entry_id")
    sealed_hash = row.pop("sealed_hash")
    entries = row.pop("entries")
    seal = None if sealed_hash is None else (sealed_hash, entries)
    return ChainedEntry(
        position, link_hash, entry_id, None if row["id"] is None else _plain(row), seal
    )


def _plain(row: Any) -> dict[str, Any]:
    return dict(row) | {"at": _instant(row["at"]), "detail": _json(row["detail"])}


def _instant(value: Any) -> Any:
    """An instant as text in UTC; any other value unchanged."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return value
        value = value.replace(tzinfo=UTC) if value.tzinfo is None else value
    return (
        value.astimezone(UTC).isoformat(timespec="microseconds")
        if isinstance(value, datetime)
        else value
    )


def _json(value: Any) -> Any:
    try:
        return json.loads(value)
    except (TypeError, ValueError):
        return value
