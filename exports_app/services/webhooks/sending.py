"""Sends what is due. Each delivery is claimed by one process, and sent at least once: where a
process dies between the receiver's answer and the note of it, another sends it again, with the same
webhook-id."""

from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Protocol

import orjson

from exports_app import log, metrics
from exports_app.domain import webhook_retry
from exports_app.outbound.guard import Guard
from exports_app.services.audit import audit_log
from exports_app.services.core.change_events import Change, Changes, Topic
from exports_app.services.core.interfaces import Clock, Store, Transaction
from exports_app.services.core.records import (
    Action,
    DueEndpoint,
    Webhook,
    WebhookAttempt,
    WebhookDelivery,
    WebhookMessage,
    WebhookStatus,
    new_id,
)
from exports_app.services.events import payloads
from exports_app.services.events.kinds import EventType
from exports_app.services.keys.encryption import Encryption, Unreadable
from exports_app.services.webhooks import posting, signing
from exports_app.services.webhooks.posting import Answer
from exports_app.services.webhooks.rules import host_of
from exports_app.services.webhooks.service import SWITCHED_OFF, note_webhook

ON_THE_WIRE = timedelta(minutes=1)
"""A delivery without a result for this time is sent again: an attempt takes 15 seconds at most, so
its process has died."""
BATCH = 20
FOUND = 100
"""Endpoints with something to send that are looked for at once."""
WARNED_AFTER, DISABLED_AFTER = timedelta(days=3), timedelta(days=5)
"""Without a success, from the first failed attempt."""
GONE = 410

_log = log.get(__name__)


class Mail(Protocol):
    """Writes emails to the admins of a tenant about one of its webhooks."""

    def failing(self, tx: Transaction, webhook: Webhook) -> None: ...
    def disabled(self, tx: Transaction, webhook: Webhook) -> None: ...


class WebhookSending:
    """base_url, keep_days: as of `payloads.envelope`."""

    def __init__(
        self,
        store: Store,
        changes: Changes,
        clock: Clock,
        encryption: Encryption,
        guard: Guard,
        mail: Mail,
        base_url: str,
        keep_days: int,
    ) -> None:
        self._store = store
        self._changes = changes
        self._clock = clock
        self._encryption = encryption
        self._guard = guard
        self._mail = mail
        self._base_url = base_url
        self._keep_days = keep_days

    def due(self, busy: Collection[str], full: Collection[str]) -> list[DueEndpoint]:
        """Endpoints with something to send, but for busy ones and those of tenants that are full.
        Raises Unavailable."""
        with self._store.read() as tx:
            return tx.webhook_deliveries.due_endpoints(self._clock(), busy, full, FOUND)

    def recover(self) -> None:
        """Send again at once what was being sent: no other process is alive."""
        with self._store.write() as tx:
            tx.webhook_deliveries.release(self._clock())

    def send_due(self, webhook_id: str, stopped: Callable[[], bool] = lambda: False) -> int:
        """Send a batch of an endpoint, one after the other, up to the first that fails. Returns how
        many were attempted. Raises Unavailable."""
        with self._store.read() as tx:
            due = tx.webhook_deliveries.due(webhook_id, self._clock(), BATCH)
        for n, delivery in enumerate(due):
            if stopped():
                return n
            if not self._send(delivery):
                return n + 1
        return len(due)

    def _send(self, seen: WebhookDelivery) -> bool:
        """False where it failed."""
        claimed = replace(seen, status=WebhookStatus.SENDING, attempts=seen.attempts + 1)
        with self._store.write() as tx:
            now = self._clock()
            webhook = tx.webhooks.get(seen.webhook_id)
            message = tx.webhook_deliveries.message(seen.message_id)
            if webhook is None or message is None:
                return True
            if not webhook.is_active and seen.type != EventType.PING:
                over = {"next_attempt_at": None, "error": SWITCHED_OFF, "ended_at": now}
                tx.webhook_deliveries.change(seen, {"status": WebhookStatus.CANCELLED, **over})
                return True
            values = {"status": claimed.status, "attempts": claimed.attempts}
            if not tx.webhook_deliveries.change(
                seen, {**values, "next_attempt_at": now + ON_THE_WIRE}
            ):
                return True  # another process sends it
        try:
            answer = self._post(webhook, message, now)
        except Exception:  # noqa: BLE001  (it is logged, and noted as any failure)
            _log.exception("a webhook failed unexpectedly", webhook=webhook.id, delivery=seen.id)
            answer = Answer(0, error="an unexpected error: see the server's log")
        return self._note(claimed, answer, now, webhook.url)

    def _post(self, webhook: Webhook, message: WebhookMessage, now: datetime) -> Answer:
        body = orjson.dumps(payloads.envelope(message, self._base_url, self._keep_days))
        try:
            keys = [self._encryption.decrypt(webhook.secret)]
            if webhook.previous_secret and webhook.previous_until and webhook.previous_until > now:
                keys.append(self._encryption.decrypt(webhook.previous_secret))
        except Unreadable:
            _log.error("no key decrypts a webhook's secret: rotate it", webhook=webhook.id)
            return Answer(0, error="its secret cannot be decrypted: rotate the secret")
        headers = {
            "Content-Type": "application/json",
            **signing.headers(keys, message.id, now, body),
        }
        return posting.post(self._guard, webhook.url, headers, body)

    def _note(self, claimed: WebhookDelivery, answer: Answer, began: datetime, url: str) -> bool:
        now = self._clock()
        attempt = WebhookAttempt(
            *(new_id(), claimed.id, claimed.attempts, began, answer.milliseconds),
            *(answer.status, answer.head, answer.body, answer.error),
        )
        values = _result(claimed, answer, now)
        with self._store.write() as tx:
            # First the webhook, then its deliveries: as where it is switched off
            webhook = tx.webhooks.get(claimed.webhook_id, lock=True)
            if not tx.webhook_deliveries.change(claimed, values):
                return True  # it was deleted or cancelled meanwhile, or another process sends it
            tx.webhook_deliveries.note(attempt)
            if webhook is not None and webhook.url == url:  # else it says nothing about the new one
                self._note_health(tx, webhook, claimed, answer, now)
        status = values["status"]
        metrics.WEBHOOKS.labels(_counted(status)).inc()
        if answer.error is not None:
            _log.warning(
                "a webhook was not delivered",
                webhook=claimed.webhook_id,
                delivery=claimed.id,
                status=answer.status,
                reason=answer.error,
            )
        self._changes.publish(Change(Topic.WEBHOOKS, claimed.tenant_id))
        return answer.error is None

    def _note_health(
        self,
        tx: Transaction,
        webhook: Webhook,
        claimed: WebhookDelivery,
        answer: Answer,
        now: datetime,
    ) -> None:
        """What the attempt says about its endpoint."""
        values: dict[str, Any] = {"last_attempt_at": now}
        if claimed.type == EventType.PING:  # says nothing about the health
            values |= {"last_success_at": now} if answer.error is None else {}
        elif answer.error is None:
            well = {"failing_since": None, "warned_at": None, "rest_until": None}
            values |= {"last_success_at": now, **well}
        else:
            since = webhook.failing_since or now
            values["failing_since"] = since
            rest = webhook_retry.rest(now - since, _asked(claimed, answer, now))
            values["rest_until"] = now + rest
            gone = answer.status == GONE
            if webhook.is_active and (gone or now - since >= DISABLED_AFTER):
                self._disable(tx, webhook, gone=gone, now=now)
            elif now - since >= WARNED_AFTER and webhook.warned_at is None:
                values["warned_at"] = now
                self._mail.failing(tx, replace(webhook, **values))
        tx.webhooks.change(webhook.id, values)

    def _disable(self, tx: Transaction, webhook: Webhook, *, gone: bool, now: datetime) -> None:
        reason = (
            "its server answered 410: the address is gone"
            if gone
            else f"every attempt of {DISABLED_AFTER.days} days failed"
        )
        if not tx.webhooks.disable(webhook.id, {"disabled_reason": reason, "updated_at": now}):
            return
        tx.webhook_deliveries.cancel(webhook.id, f"the webhook was switched off: {reason}", now)
        note_webhook(tx, audit_log.APP, Action.WEBHOOK_DISABLED, webhook, now, reason=reason)
        self._mail.disabled(tx, replace(webhook, disabled_reason=reason))
        _log.warning(
            "a webhook was switched off",
            webhook=webhook.id,
            tenant=webhook.tenant_id,
            host=host_of(webhook.url),
            reason=reason,
        )


def _result(claimed: WebhookDelivery, answer: Answer, now: datetime) -> dict[str, Any]:
    values: dict[str, Any] = {"response_status": answer.status, "error": answer.error}
    if answer.error is None:
        return _ended(values, WebhookStatus.DELIVERED, now)
    at = None
    if answer.status != GONE and claimed.type != EventType.PING:
        failed = claimed.attempts - claimed.attempts_before
        at = webhook_retry.next_attempt(failed, now, _asked(claimed, answer, now))
    if at is None:
        return _ended(values, WebhookStatus.FAILED, now)
    return {**values, "status": WebhookStatus.PENDING, "next_attempt_at": at}


def _asked(claimed: WebhookDelivery, answer: Answer, now: datetime) -> timedelta | None:
    """What an endpoint answers must not keep the result of its attempt from being noted."""
    try:
        return webhook_retry.retry_after(answer.retry_after, now)
    except Exception:  # noqa: BLE001  (whatever a parser raises for what others wrote)
        _log.exception("a Retry-After could not be read", webhook=claimed.webhook_id)
        return None


def _ended(values: dict[str, Any], status: WebhookStatus, now: datetime) -> dict[str, Any]:
    return {**values, "status": status, "next_attempt_at": None, "ended_at": now}


def _counted(status: str) -> str:
    return "deferred" if status == WebhookStatus.PENDING else str(status)
