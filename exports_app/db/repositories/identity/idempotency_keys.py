"""Requests that may be repeated."""

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import delete

from exports_app.db import models
from exports_app.db.repositories.base import Repository, forget, upsert
from exports_app.services.core.records import IdempotencyKey, KeptAnswer


class IdempotencyKeyRepository(Repository[IdempotencyKey]):
    model, record = models.IdempotencyKeyRow, IdempotencyKey

    def get(self, key_hash: str) -> IdempotencyKey | None:
        return self._one(self._table.c.key_hash == key_hash)

    def add(self, key: IdempotencyKey) -> bool:
        new = upsert(self._connection.dialect.name, self._table).values(asdict(key))
        added = new.on_conflict_do_nothing().returning(self._table.c.key_hash)
        return self._connection.execute(added).first() is not None

    def finish(self, key_hash: str, answer: KeptAnswer) -> None:
        self._update(self._table.c.key_hash == key_hash, values=asdict(answer))

    def remove(self, key_hash: str) -> None:
        self._connection.execute(delete(self._table).where(self._table.c.key_hash == key_hash))

    def forget(self, expired_before: datetime, limit: int) -> int:
        return forget(self._connection, self._table, self._table.c.key_hash, expired_before, limit)
