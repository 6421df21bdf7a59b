"""Emails to people about their accounts."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import delete

from exports_app.db import models
from exports_app.db.repositories.base import Repository
from exports_app.domain.open_enum import OpenEnum
from exports_app.domain.runs.states import DeliveryStatus
from exports_app.services.core.records import AccountMessage
from exports_app.services.identity.account_links import MESSAGES


class AccountMessageRepository(Repository[AccountMessage]):
    model, record = models.AccountMessageRow, AccountMessage
    enums: ClassVar[Mapping[str, type[OpenEnum]]] = {"status": DeliveryStatus}

    def add(self, message: AccountMessage) -> None:
        self._insert([message])

    def due(self, now: datetime, limit: int) -> list[AccountMessage]:
        return self._due(now, limit, self._table.c.kind.in_(MESSAGES))

    def waiting(self, at_most: int) -> int:
        return self._waiting(at_most)

    def hold(self, reason: str, limit: int) -> int:
        return self._hold(reason, limit)

    def release(self, now: datetime) -> None:
        self._release(now)

    def of_subject(self, subject_id: str) -> list[AccountMessage]:
        c = self._table.c
        query = self._select().where(c.subject_id == subject_id)
        return self._all(query.order_by(c.created_at.desc(), c.id))

    def change(self, seen: AccountMessage, values: Mapping[str, Any]) -> bool:
        return self._change_seen(seen, values)

    def remove(self, message_id: str) -> None:
        self._connection.execute(delete(self._table).where(self._table.c.id == message_id))

    def forget(self, created_before: datetime, limit: int) -> int:
        return self._forget(created_before, limit)
