"""API keys."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, or_, select

from exports_app.db import models
from exports_app.db.repositories.base import Repository
from exports_app.services.core.records import ApiKey, Page


class ApiKeyRepository(Repository[ApiKey]):
    model, record = models.ApiKeyRow, ApiKey

    def get(self, key_id: str) -> ApiKey | None:
        return self._one(self._table.c.id == key_id)

    def by_hash(self, key_hash: str) -> ApiKey | None:
        return self._one(self._table.c.key_hash == key_hash)

    def find(self, user_id: str, page: Page) -> tuple[list[ApiKey], int]:
        of_user = (self._table.c.user_id == user_id,)
        return self._page(of_user, replace(page, sort="-created_at"))

    def live(self, user_id: str, now: datetime) -> int:
        c = self._table.c
        return self._count(user_id, c.revoked_at.is_(None), or_(*self._not_expired(now)))

    def unrevoked(self, user_id: str) -> int:
        return self._count(user_id, self._table.c.revoked_at.is_(None))

    def _not_expired(self, now: datetime) -> tuple[Any, Any]:
        return self._table.c.expires_at.is_(None), self._table.c.expires_at > now

    def _count(self, user_id: str, *where: Any) -> int:
        query = select(func.count()).select_from(self._table)
        found = self._connection.execute(query.where(self._table.c.user_id == user_id, *where))
        return int(found.scalar_one())

    def add(self, key: ApiKey) -> None:
        self._insert([key])

    def rename(self, key_id: str, name: str) -> None:
        self._update(self._table.c.id == key_id, values={"name": name})

    def revoke(self, key_id: str, at: datetime) -> bool:
        c = self._table.c
        return self._update(c.id == key_id, c.revoked_at.is_(None), values={"revoked_at": at}) == 1

    def revoke_all(self, user_id: str, at: datetime, created_by: str | None = None) -> list[ApiKey]:
        c = self._table.c
        where = [c.user_id == user_id, c.revoked_at.is_(None)]
        if created_by is not None:
            where.append(c.created_by == created_by)
        keys = self._all(self._select().where(*where))
        self._update(*where, values={"revoked_at": at})
        return keys

    def used(self, of: str, at: datetime, address: str) -> None:
        c = self._table.c
        earlier = or_(c.last_used_at.is_(None), c.last_used_at < at)
        self._update(c.id == of, earlier, values={"last_used_at": at, "last_used_address": address})

    def expiring(self, after: datetime, until: datetime, limit: int) -> list[ApiKey]:
        c = self._table.c
        query = self._select().where(
            c.expiry_mailed_at.is_(None),
            c.revoked_at.is_(None),
            c.expires_at.is_not(None),
            c.expires_at > after,
            c.expires_at <= until,
        )
        return self._all(query.order_by(c.expires_at).limit(limit))

    def expiry_mailed(self, key_id: str, at: datetime) -> bool:
        c, values = self._table.c, {"expiry_mailed_at": at}
        return self._update(c.id == key_id, c.expiry_mailed_at.is_(None), values=values) == 1

    def forget_ended(self, user_id: str, now: datetime, keep: int) -> None:
        c = self._table.c
        ended = or_(c.revoked_at.is_not(None), c.expires_at <= now)
        newest = select(c.id).where(c.user_id == user_id, ended)
        newest = newest.order_by(c.created_at.desc(), c.id.desc()).limit(keep)
        old = delete(self._table).where(c.user_id == user_id, ended, c.id.not_in(newest))
        self._connection.execute(old)
