"""Webhooks: a few of many tenants, and the deliveries of months to one."""

from exports_app.db import models
from exports_app.services.core.records import new_id
from tests.integration.database.query_plans.copies import BIG, Copies
from tests.world import uuid_of

WEBHOOK, MESSAGE, DELIVERY = (uuid_of(0x3001 + n) for n in range(3))
STATUSES = ("delivered",) * 20 + ("failed", "cancelled")


class Webhooks(Copies):
    def fill(self) -> None:
        now = self._filled.now
        endpoints = self._endpoints = [WEBHOOK, *(new_id() for _ in range(BIG))]
        self._rows(
            models.WebhookRow,
            (
                {
                    "id": endpoint,
                    "tenant_id": self._filled.tenant
                    if i == 0
                    else self._tenants[i % len(self._tenants)],
                    "name": f"Webhook {i}",
                    "url": "https://example.com/",
                    "events": ["export.run.completed"],
                    "secret": "s",
                    "is_active": True,
                    "created_by": self._filled.user,
                    "created_at": now,
                    "updated_at": now,
                    "version": 1,
                }
                for i, endpoint in enumerate(endpoints)
            ),
        )
        self._messages()

    def _messages(self) -> None:
        messages = [MESSAGE, *(new_id() for _ in range(BIG))]
        deliveries = [DELIVERY, *(new_id() for _ in range(BIG))]
        self._rows(
            models.WebhookMessageRow,
            (
                {
                    "id": message,
                    "tenant_id": self._filled.tenant,
                    "type": "export.run.completed",
                    "data": {},
                    "created_at": self._ago(i),
                }
                for i, message in enumerate(messages)
            ),
        )
        self._rows(
            models.WebhookDeliveryRow,
            (
                {
                    "id": delivery,
                    "message_id": messages[i],
                    "webhook_id": WEBHOOK if i % 2 == 0 else self._endpoints[i],
                    "tenant_id": self._filled.tenant,
                    "type": "export.run.completed",
                    "status": "sending" if i < 5 else STATUSES[i % len(STATUSES)],
                    "created_at": self._ago(i),
                    "attempts": 1,
                    "attempts_before": 0,
                    "next_attempt_at": self._ago(i) if i < 20 else None,
                }
                for i, delivery in enumerate(deliveries)
            ),
        )
        self._rows(
            models.WebhookAttemptRow,
            (
                {
                    "id": new_id(),
                    "delivery_id": delivery,
                    "number": 1,
                    "at": self._ago(i),
                    "milliseconds": 5,
                }
                for i, delivery in enumerate(deliveries)
            ),
        )
