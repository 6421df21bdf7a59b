"""Webhooks: endpoints, messages, deliveries and attempts."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any, ClassVar

from sqlalchemy import Select, delete, exists, func, insert, or_, select

from exports_app.db import models
from exports_app.db.repositories.base import Repository, distinct, table
from exports_app.domain.open_enum import OpenEnum
from exports_app.services.core.records import (
    DueEndpoint,
    Page,
    Webhook,
    WebhookAttempt,
    WebhookDelivery,
    WebhookMessage,
    WebhookStatus,
)
from exports_app.services.events.kinds import EventType

MESSAGES = table(models.WebhookMessageRow)
ATTEMPTS = table(models.WebhookAttemptRow)
WEBHOOKS = table(models.WebhookRow)
EVER = datetime.min.replace(tzinfo=UTC)
"""A comparison with it, in place of IS NOT NULL: SQLite reads it from the index."""


class WebhookRepository(Repository[Webhook]):
    model, record = models.WebhookRow, Webhook

    def get(self, webhook_id: str, *, lock: bool = False) -> Webhook | None:
        return self._one(self._table.c.id == webhook_id, lock=lock)

    def of_tenant(self, tenant_id: str) -> list[Webhook]:
        found = self._all(self._select().where(self._table.c.tenant_id == tenant_id))
        return sorted(found, key=lambda one: (one.name.casefold(), one.id))

    def active(self, tenant_id: str) -> list[Webhook]:
        c = self._table.c
        found = self._select().where(c.tenant_id == tenant_id, c.is_active)
        # Until the transaction ends nobody deletes one of them: its new delivery would refer to
        # nothing, and what happened would not be committed
        return self._all(found.with_for_update(read=True, key_share=True))

    def add(self, webhook: Webhook) -> None:
        self._insert([webhook])

    def update(self, webhook_id: str, version: int, values: Mapping[str, Any]) -> bool:
        c = self._table.c
        new = {**values, "version": version + 1}
        return self._update(c.id == webhook_id, c.version == version, values=new) == 1

    def change(self, webhook_id: str, values: Mapping[str, Any]) -> None:
        self._update(self._table.c.id == webhook_id, values=values)

    def disable(self, webhook_id: str, values: Mapping[str, Any]) -> bool:
        c = self._table.c
        new = {**values, "is_active": False, "version": c.version + 1}
        return self._update(c.id == webhook_id, c.is_active, values=new) == 1

    def remove(self, webhook_id: str) -> None:
        self._connection.execute(delete(self._table).where(self._table.c.id == webhook_id))

    def secrets(self, after: str, limit: int) -> list[tuple[str, str, str | None]]:
        c = self._table.c
        found = select(c.id, c.secret, c.previous_secret).where(c.id > after).order_by(c.id)
        return [tuple(row) for row in self._connection.execute(found.limit(limit))]

    def replace_secrets(
        self, webhook_id: str, seen: tuple[str, str | None], new: tuple[str, str | None]
    ) -> bool:
        c = self._table.c
        same = (
            c.secret == seen[0],
            c.previous_secret.is_(None) if seen[1] is None else c.previous_secret == seen[1],
        )
        values = {"secret": new[0], "previous_secret": new[1]}
        return self._update(c.id == webhook_id, *same, values=values) == 1


class WebhookDeliveryRepository(Repository[WebhookDelivery]):
    model, record = models.WebhookDeliveryRow, WebhookDelivery
    enums: ClassVar[Mapping[str, type[OpenEnum]]] = {"status": WebhookStatus}

    def add(
        self, messages: Iterable[WebhookMessage], deliveries: Iterable[WebhookDelivery]
    ) -> None:
        self._connection.execute(insert(MESSAGES), [asdict(message) for message in messages])
        self._insert(deliveries)

    def get(self, delivery_id: str) -> WebhookDelivery | None:
        return self._one(self._table.c.id == delivery_id)

    def message(self, message_id: str) -> WebhookMessage | None:
        query = select(MESSAGES).where(MESSAGES.c.id == message_id)
        row = self._connection.execute(query).mappings().one_or_none()
        return None if row is None else WebhookMessage(**row)

    def attempts(self, delivery_id: str) -> list[WebhookAttempt]:
        query = select(ATTEMPTS).where(ATTEMPTS.c.delivery_id == delivery_id)
        rows = self._connection.execute(query.order_by(ATTEMPTS.c.number)).mappings()
        return [WebhookAttempt(**row) for row in rows]

    def find(
        self, webhook_id: str, statuses: Sequence[str], type_: str, page: Page
    ) -> tuple[list[WebhookDelivery], int]:
        c = self._table.c
        where = [c.webhook_id == webhook_id]
        if statuses:
            where.append(c.status.in_(statuses))
        if type_:
            where.append(c.type == type_)
        return self._page(where, replace(page, sort=page.sort or "-created_at"))

    def due_endpoints(
        self, now: datetime, busy: Collection[str], full: Collection[str], limit: int
    ) -> list[DueEndpoint]:
        c, w = self._table.c, WEBHOOKS.c
        if self._connection.execute(select(c.id).where(c.next_attempt_at <= now).limit(1)).first():
            waiting = distinct(self._connection, c.webhook_id, c.next_attempt_at > EVER)
            due = exists().where(c.webhook_id == w.id, c.next_attempt_at <= now)
            found = select(w.id, w.tenant_id, w.failing_since.is_not(None)).where(
                w.id.in_(waiting), w.id.not_in(busy), w.tenant_id.not_in(full), due
            )
            found = found.where(or_(w.rest_until.is_(None), w.rest_until <= now))
            found = found.order_by(
                w.failing_since.is_not(None), w.last_attempt_at.nulls_first(), w.id
            ).limit(limit)
            return [DueEndpoint(*row) for row in self._connection.execute(found)]
        return []

    def due(self, webhook_id: str, now: datetime, limit: int) -> list[WebhookDelivery]:
        c = self._table.c
        of_webhook = self._select().where(c.webhook_id == webhook_id)
        open_ = c.status.in_((WebhookStatus.PENDING, WebhookStatus.SENDING))
        # Its instant is compared here: SQLite would look for tests among all that is due
        tests = self._all(of_webhook.where(open_, c.type == EventType.PING))
        due = of_webhook.where(
            c.next_attempt_at <= now,
            c.status.in_(list(WebhookStatus)),  # a newer version sends the others
            c.type != EventType.PING,
        )
        others = self._all(due.order_by(c.next_attempt_at, c.id).limit(limit))
        return [one for one in tests if one.next_attempt_at and one.next_attempt_at <= now] + others

    def change(self, seen: WebhookDelivery, values: Mapping[str, Any]) -> bool:
        return self._change_seen(seen, values)

    def note(self, attempt: WebhookAttempt) -> None:
        self._connection.execute(insert(ATTEMPTS), [asdict(attempt)])

    def cancel(self, webhook_id: str, reason: str, now: datetime) -> int:
        c = self._table.c
        values = {**_cancelled(reason), "ended_at": now}
        return self._update(c.webhook_id == webhook_id, c.next_attempt_at > EVER, values=values)

    def reopen(self, webhook_id: str, since: datetime, now: datetime, limit: int) -> int:
        c = self._table.c
        found = self._reopenable(webhook_id, since).order_by(c.created_at, c.id).limit(limit)
        values = {
            "status": WebhookStatus.PENDING,
            "attempts_before": c.attempts,
            "next_attempt_at": now,
            "error": None,
            "ended_at": None,
        }
        return self._update(c.id.in_(found), values=values)

    def count_reopenable(self, webhook_id: str, since: datetime, at_most: int) -> int:
        found = self._reopenable(webhook_id, since).limit(at_most).subquery()
        return self._connection.execute(select(func.count()).select_from(found)).scalar_one()

    def _reopenable(self, webhook_id: str, since: datetime) -> Select[Any]:
        c = self._table.c
        return select(c.id).where(
            c.webhook_id == webhook_id,
            c.created_at >= since,
            c.status.in_((WebhookStatus.FAILED, WebhookStatus.CANCELLED)),
            c.type != EventType.PING,
        )

    def release(self, now: datetime) -> None:
        self._release(now)

    def hold(self, reason: str, now: datetime, limit: int) -> int:
        c = self._table.c
        waiting = select(c.id).where(c.next_attempt_at > EVER).limit(limit)
        return self._update(c.id.in_(waiting), values={**_cancelled(reason), "ended_at": now})

    def waiting(self, at_most: int) -> int:
        return self._waiting(at_most)

    def forget(self, created_before: datetime, limit: int) -> int:
        c = self._table.c
        unsent = exists().where(c.message_id == MESSAGES.c.id, c.next_attempt_at > EVER)
        old = select(MESSAGES.c.id).where(MESSAGES.c.created_at < created_before, ~unsent)
        old = old.order_by(MESSAGES.c.created_at).limit(limit)
        removal = delete(MESSAGES).where(MESSAGES.c.id.in_(old))
        return self._connection.execute(removal).rowcount


def _cancelled(reason: str) -> dict[str, Any]:
    return {"status": WebhookStatus.CANCELLED, "next_attempt_at": None, "error": reason}
