"""Requests that may be repeated."""

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import delete, func, select

from exports_app.db import models
from exports_app.db.repositories.base import Repository, forget, upsert
from exports_app.services.core.records import IdempotencyKey, KeptRequests, StoredAnswer


class IdempotencyKeyRepository(Repository[IdempotencyKey]):
    model, record = models.IdempotencyKeyRow, IdempotencyKey

    def get(self, key_hash: str) -> IdempotencyKey | None:
        return self._one(self._table.c.key_hash == key_hash)

    def add(self, key: IdempotencyKey) -> bool:
        new = upsert(self._connection.dialect.name, self._table).values(asdict(key))
        added = new.on_conflict_do_nothing().returning(self._table.c.key_hash)
        return self._connection.execute(added).first() is not None

    def kept(self, user_id: str, now: datetime) -> KeptRequests:
        c = self._table.c
        query = select(
            func.count(), func.coalesce(func.sum(c.size), 0), func.min(c.expires_at)
        ).where(c.user_id == user_id, c.expires_at > now)
        count, size, until = self._connection.execute(query).one()
        return KeptRequests(count, int(size), until)

    def finish(self, key_hash: str, answer: StoredAnswer) -> None:
        self._update(self._table.c.key_hash == key_hash, values=asdict(answer))

    def remove(self, key_hash: str) -> None:
        self._connection.execute(delete(self._table).where(self._table.c.key_hash == key_hash))

    def bodies(self, after: str, limit: int) -> list[tuple[str, str]]:
        c = self._table.c
        following = select(c.key_hash, c.body).where(c.key_hash > after, c.body.is_not(None))
        found = self._connection.execute(following.order_by(c.key_hash).limit(limit))
        return [(row.key_hash, row.body) for row in found]

    def replace_body(self, key_hash: str, old: str, new: str) -> bool:
        c = self._table.c
        return self._update(c.key_hash == key_hash, c.body == old, values={"body": new}) == 1

    def forget(self, expired_before: datetime, limit: int) -> int:
        return forget(self._connection, self._table, self._table.c.key_hash, expired_before, limit)
