"""Deliveries of webhooks: what was sent, what was answered; sending again."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from exports_app.domain import bounds
from exports_app.domain.access import Principal
from exports_app.domain.errors import (
    FieldError,
    Invalid,
    NotFound,
    WebhookBeingSent,
    WebhookInactive,
)
from exports_app.services.core.change_events import Change, Changes, Topic
from exports_app.services.core.current_rights import write_as
from exports_app.services.core.field_rules import check_page, is_uuid, one_of
from exports_app.services.core.interfaces import Clock, Store, Transaction
from exports_app.services.core.records import (
    Action,
    Page,
    Webhook,
    WebhookAttempt,
    WebhookDelivery,
    WebhookStatus,
)
from exports_app.services.events import payloads
from exports_app.services.events.kinds import EventType
from exports_app.services.webhooks.service import note_webhook, webhook_of

NEWEST = "-created_at"


@dataclass(frozen=True)
class DeliveryDetail:
    """body: what is sent. attempts: in order."""

    delivery: WebhookDelivery
    body: dict[str, Any]
    attempts: list[WebhookAttempt]


class WebhookDeliveries:
    """base_url, keep_days: as of `payloads.envelope`. All methods raise as those of `Webhooks`."""

    def __init__(
        self, store: Store, changes: Changes, clock: Clock, base_url: str, keep_days: int
    ) -> None:
        self._store = store
        self._changes = changes
        self._clock = clock
        self._base_url = base_url
        self._keep_days = keep_days

    def page(
        self,
        who: Principal,
        webhook_id: str,
        page: Page,
        statuses: Sequence[str] = (),
        event: str = "",
    ) -> tuple[list[WebhookDelivery], int]:
        """Of an endpoint, the newest first, and the number of all. statuses, event: empty for all.
        Raises Invalid."""
        known, types = [str(one) for one in WebhookStatus], [str(one) for one in EventType]
        if not set(statuses) <= set(known):
            raise Invalid([FieldError("/status", one_of(known))])
        if event and event not in types:
            raise Invalid([FieldError("/event", one_of(types))])
        check_page(page)
        page = replace(page, sort=NEWEST)
        with self._store.read() as tx:
            webhook = webhook_of(tx, who, webhook_id)
            return tx.webhook_deliveries.find(webhook.id, statuses, event, page)

    def get(self, who: Principal, delivery_id: str) -> DeliveryDetail:
        with self._store.read() as tx:
            delivery, _ = _delivery_of(tx, who, delivery_id)
            message = tx.webhook_deliveries.message(delivery.message_id)
            assert message is not None  # its deliveries are removed with it
            body = payloads.envelope(message, self._base_url, self._keep_days)
            return DeliveryDetail(delivery, body, tx.webhook_deliveries.attempts(delivery.id))

    def redeliver(self, who: Principal, delivery_id: str) -> WebhookDelivery:
        """Send it again at once, with the same webhook-id. Raises Conflict where it is being sent,
        or its webhook is switched off."""
        with write_as(self._store, who) as (tx, who):
            # First the webhook, then its delivery: as where it is switched off
            _, webhook = _delivery_of(tx, who, delivery_id)
            webhook = webhook_of(tx, who, webhook.id, lock=True)
            delivery, _ = _delivery_of(tx, who, delivery_id)
            if delivery.status is WebhookStatus.SENDING:
                raise WebhookBeingSent
            if not webhook.is_active and delivery.type != EventType.PING:
                raise WebhookInactive
            now = self._clock()
            values: dict[str, Any] = {"next_attempt_at": now}
            if delivery.status is not WebhookStatus.PENDING:
                values |= {
                    "status": WebhookStatus.PENDING,
                    "attempts_before": delivery.attempts,
                    "error": None,
                    "ended_at": None,
                }
            if not tx.webhook_deliveries.change(delivery, values):
                raise WebhookBeingSent
            tx.webhooks.change(webhook.id, {"rest_until": None})
            note_webhook(tx, who, Action.WEBHOOK_REDELIVERED, webhook, now, event=delivery.type)
        self._changes.publish(Change(Topic.WEBHOOKS, webhook.tenant_id))
        return replace(delivery, **values)

    def replayable(self, who: Principal, webhook_id: str, since: datetime) -> int:
        """How many `replay` would send again. Raises Invalid."""
        since = _in_utc(since)
        with self._store.read() as tx:
            webhook = webhook_of(tx, who, webhook_id)
            most = bounds.WEBHOOK_REPLAY
            return tx.webhook_deliveries.count_reopenable(webhook.id, since, most)

    def replay(self, who: Principal, webhook_id: str, since: datetime) -> int:
        """Send again what failed or was cancelled since then: the oldest first, WEBHOOK_REPLAY at
        once. Returns how many. Raises Conflict where it is switched off, Invalid."""
        since = _in_utc(since)
        with write_as(self._store, who) as (tx, who):
            webhook = webhook_of(tx, who, webhook_id, lock=True)
            if not webhook.is_active:
                raise WebhookInactive
            now = self._clock()
            count = tx.webhook_deliveries.reopen(webhook.id, since, now, bounds.WEBHOOK_REPLAY)
            tx.webhooks.change(webhook.id, {"rest_until": None})
            said = {"since": since.isoformat(), "deliveries": count}
            note_webhook(tx, who, Action.WEBHOOK_REPLAYED, webhook, now, **said)
        self._changes.publish(Change(Topic.WEBHOOKS, webhook.tenant_id))
        return count


def _in_utc(since: datetime) -> datetime:
    try:
        return since.astimezone(UTC)
    except OverflowError:
        raise Invalid([FieldError("/since", "must lie between the years 1 and 9999")]) from None


def _delivery_of(
    tx: Transaction, who: Principal, delivery_id: str
) -> tuple[WebhookDelivery, Webhook]:
    """Raises NotFound (also for another tenant's), then Forbidden."""
    delivery = tx.webhook_deliveries.get(delivery_id) if is_uuid(delivery_id) else None
    if delivery is None:
        raise NotFound
    return delivery, webhook_of(tx, who, delivery.webhook_id)
