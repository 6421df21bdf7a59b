"""Invitations to tenants."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from exports_app.db import models
from exports_app.db.repositories.base import Repository, forget
from exports_app.domain.access import Role
from exports_app.domain.open_enum import OpenEnum
from exports_app.services.core.records import Invitation


class InvitationRepository(Repository[Invitation]):
    model, record = models.InvitationRow, Invitation
    enums: ClassVar[Mapping[str, type[OpenEnum]]] = {"role": Role}

    def get(self, invitation_id: str, *, lock: bool = False) -> Invitation | None:
        return self._one(self._table.c.id == invitation_id, lock=lock)

    def open_in(self, tenant_id: str) -> list[Invitation]:
        c = self._table.c
        query = self._select().where(c.tenant_id == tenant_id, *self._is_open())
        return self._all(query.order_by(c.created_at.desc(), c.id))

    def open_for(self, tenant_id: str, email: str) -> Invitation | None:
        c = self._table.c
        return self._one(c.tenant_id == tenant_id, c.email == email, *self._is_open())

    def open_from(self, user_id: str) -> list[Invitation]:
        return self._all(
            self._select().where(self._table.c.invited_by == user_id, *self._is_open())
        )

    def add(self, invitation: Invitation) -> None:
        self._insert([invitation])

    def update(self, invitation_id: str, values: Mapping[str, Any]) -> None:
        self._update(self._table.c.id == invitation_id, values=values)

    def revoke(self, invitation_id: str, at: datetime) -> bool:
        return (
            self._update(
                self._table.c.id == invitation_id, *self._is_open(), values={"revoked_at": at}
            )
            == 1
        )

    def forget(self, expired_before: datetime, limit: int) -> int:
        return forget(self._connection, self._table, self._table.c.id, expired_before, limit)

    def _is_open(self) -> tuple[Any, ...]:
        return self._table.c.accepted_at.is_(None), self._table.c.revoked_at.is_(None)
