"""Links to set a new password."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete

from exports_app.db import models
from exports_app.db.repositories.base import Repository, forget
from exports_app.services.core.records import PasswordReset


class PasswordResetRepository(Repository[PasswordReset]):
    model, record = models.PasswordResetRow, PasswordReset

    def get(self, reset_id: str) -> PasswordReset | None:
        return self._one(self._table.c.id == reset_id)

    def of_user(self, user_id: str) -> list[PasswordReset]:
        c = self._table.c
        return self._all(
            self._select().where(c.user_id == user_id).order_by(c.created_at.desc(), c.id)
        )

    def add(self, reset: PasswordReset) -> None:
        self._insert([reset])

    def remove(self, reset_ids: Collection[str]) -> None:
        self._connection.execute(delete(self._table).where(self._table.c.id.in_(reset_ids)))

    def forget(self, expired_before: datetime, limit: int) -> int:
        return forget(self._connection, self._table, self._table.c.id, expired_before, limit)
