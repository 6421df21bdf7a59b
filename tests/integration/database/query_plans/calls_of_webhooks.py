"""Calls of the repositories of webhooks."""

from collections.abc import Mapping

from exports_app.services.core.records import Page, WebhookDelivery, WebhookStatus, new_id
from tests.integration.database.query_plans.filling_webhooks import DELIVERY, MESSAGE, WEBHOOK
from tests.integration.database.query_plans.known import DAY, Call, Known

PAGE = Page(1, 50, "-created_at")


def _seen(k: Known) -> WebhookDelivery:
    of = (DELIVERY, MESSAGE, WEBHOOK, k.filled.tenant, "ping")
    return WebhookDelivery(*of, WebhookStatus.PENDING, k.filled.now)


def _webhooks() -> Mapping[str, Call]:
    return {
        "webhooks.get": lambda tx, _: tx.webhooks.get(WEBHOOK, lock=True),
        "webhooks.of_tenant": lambda tx, k: tx.webhooks.of_tenant(k.filled.small_tenant),
        "webhooks.active": lambda tx, k: tx.webhooks.active(k.filled.small_tenant),
        "webhooks.update": lambda tx, _: tx.webhooks.update(WEBHOOK, 1, {"name": "N"}),
        "webhooks.change": lambda tx, k: tx.webhooks.change(
            WEBHOOK, {"last_attempt_at": k.filled.now}
        ),
        "webhooks.disable": lambda tx, k: tx.webhooks.disable(
            WEBHOOK, {"updated_at": k.filled.now}
        ),
        "webhooks.remove": lambda tx, _: tx.webhooks.remove(new_id()),
        "webhooks.secrets": lambda tx, _: tx.webhooks.secrets("", 100),
        "webhooks.replace_secrets": lambda tx, _: tx.webhooks.replace_secrets(
            WEBHOOK, ("s", None), ("t", None)
        ),
    }


def _deliveries() -> Mapping[str, Call]:
    return {
        "webhook_deliveries.get": lambda tx, _: tx.webhook_deliveries.get(DELIVERY),
        "webhook_deliveries.message": lambda tx, _: tx.webhook_deliveries.message(MESSAGE),
        "webhook_deliveries.attempts": lambda tx, _: tx.webhook_deliveries.attempts(DELIVERY),
        "webhook_deliveries.find": lambda tx, _: tx.webhook_deliveries.find(WEBHOOK, (), "", PAGE),
        "webhook_deliveries.find: failed": lambda tx, _: tx.webhook_deliveries.find(
            WEBHOOK, ("failed",), "export.run.completed", PAGE
        ),
        "webhook_deliveries.due_endpoints": lambda tx, k: tx.webhook_deliveries.due_endpoints(
            k.filled.now, ["a"], ["b"], 200
        ),
        "webhook_deliveries.due": lambda tx, k: tx.webhook_deliveries.due(
            WEBHOOK, k.filled.now, 20
        ),
        "webhook_deliveries.change": lambda tx, k: tx.webhook_deliveries.change(
            _seen(k), {"attempts": 1}
        ),
        "webhook_deliveries.cancel": lambda tx, k: tx.webhook_deliveries.cancel(
            WEBHOOK, "off", k.filled.now
        ),
        "webhook_deliveries.reopen": lambda tx, k: tx.webhook_deliveries.reopen(
            WEBHOOK, k.filled.now - DAY, k.filled.now, 1_000
        ),
        "webhook_deliveries.count_reopenable": lambda tx, k: tx.webhook_deliveries.count_reopenable(
            WEBHOOK, k.filled.now - DAY, 1_000
        ),
        "webhook_deliveries.release": lambda tx, k: tx.webhook_deliveries.release(k.filled.now),
        "webhook_deliveries.hold": lambda tx, k: tx.webhook_deliveries.hold(
            "restored", k.filled.now, 100
        ),
        "webhook_deliveries.waiting": lambda tx, _: tx.webhook_deliveries.waiting(1_000),
        "webhook_deliveries.forget": lambda tx, k: tx.webhook_deliveries.forget(k.filled.now, 100),
    }


CALLS: Mapping[str, Call] = {**_webhooks(), **_deliveries()}
