"""Links to set a new password: one for each account at most."""

from sqlalchemy import delete

from exports_app.db import models
from exports_app.db.repositories.base import Repository
from exports_app.services.records import PasswordReset


class PasswordResetRepository(Repository[PasswordReset]):
    model, record = models.PasswordResetRow, PasswordReset

    def get(self, reset_id: str) -> PasswordReset | None:
        return self._one(self._table.c.id == reset_id)

    def of_user(self, user_id: str) -> PasswordReset | None:
        return self._one(self._table.c.user_id == user_id)

    def replace(self, reset: PasswordReset) -> None:
        c = self._table.c
        self._connection.execute(delete(self._table).where(c.user_id == reset.user_id))
        self._insert([reset])

    def remove(self, reset_id: str) -> None:
        self._connection.execute(delete(self._table).where(self._table.c.id == reset_id))
