"""Second factors and their recovery codes."""

from collections.abc import Collection
from dataclasses import asdict

from sqlalchemy import delete, func, insert, select

from exports_app.db import models
from exports_app.db.repositories.base import Repository, table
from exports_app.services.core.records import SecondFactor


class SecondFactorRepository(Repository[SecondFactor]):
    model, record = models.SecondFactorRow, SecondFactor

    def get(self, user_id: str) -> SecondFactor | None:
        return self._one(self._table.c.user_id == user_id)

    def put(self, factor: SecondFactor) -> None:
        self.remove(factor.user_id)
        self._connection.execute(insert(self._table).values(asdict(factor)))

    def confirm(self, user_id: str) -> None:
        self._update(self._table.c.user_id == user_id, values={"is_confirmed": True})

    def remove(self, user_id: str) -> bool:
        self.set_recovery_codes(user_id, [])
        return (
            self._connection.execute(
                delete(self._table).where(self._table.c.user_id == user_id)
            ).rowcount
            == 1
        )

    def use_step(self, user_id: str, step: int) -> bool:
        c = self._table.c
        unused = c.last_step.is_(None) | (c.last_step < step)
        return self._update(c.user_id == user_id, unused, values={"last_step": step}) == 1

    def set_recovery_codes(self, user_id: str, hashes: Collection[str]) -> None:
        codes = table(models.RecoveryCodeRow)
        self._connection.execute(delete(codes).where(codes.c.user_id == user_id))
        if hashes:
            self._connection.execute(
                insert(codes), [{"user_id": user_id, "code_hash": code} for code in hashes]
            )

    def use_recovery_code(self, user_id: str, code_hash: str) -> bool:
        codes = table(models.RecoveryCodeRow)
        used = delete(codes).where(codes.c.user_id == user_id, codes.c.code_hash == code_hash)
        return self._connection.execute(used).rowcount == 1

    def recovery_codes_left(self, user_id: str) -> int:
        codes = table(models.RecoveryCodeRow)
        count = select(func.count()).select_from(codes).where(codes.c.user_id == user_id)
        return self._connection.execute(count).scalar_one()

    def secrets(self, after: str, limit: int) -> list[tuple[str, str]]:
        c = self._table.c
        query = (
            select(c.user_id, c.secret).where(c.user_id > after).order_by(c.user_id).limit(limit)
        )
        return [(row.user_id, row.secret) for row in self._connection.execute(query)]

    def replace_secret(self, user_id: str, old: str, new: str) -> bool:
        c = self._table.c
        return self._update(c.user_id == user_id, c.secret == old, values={"secret": new}) == 1
