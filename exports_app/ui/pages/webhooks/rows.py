"""Webhooks and their deliveries, as the page shows them. Instants are ISO 8601, empty: never."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from exports_app.domain.humanize import counted, sentence
from exports_app.domain.open_enum import Words
from exports_app.services.core.records import (
    Webhook,
    WebhookAttempt,
    WebhookDelivery,
    WebhookStatus,
)
from exports_app.services.events.kinds import CHOICES, MEANINGS, EventType
from exports_app.services.webhooks.deliveries import DeliveryDetail
from exports_app.services.webhooks.rules import host_of
from exports_app.services.webhooks.service import KnownWebhook

STATUS_WORDS = Words(
    {
        WebhookStatus.PENDING: "Waiting",
        WebhookStatus.SENDING: "Sending",
        WebhookStatus.DELIVERED: "Delivered",
        WebhookStatus.FAILED: "Failed",
        WebhookStatus.CANCELLED: "Cancelled",
    }
)
LOOKS = {WebhookStatus.DELIVERED: "completed", WebhookStatus.CANCELLED: "skipped"}
"""The look of a chip by a status, where it has another name."""
NAMED = 2
"""Events that a webhook's line names; of more it says how many."""
SHOWN_ATTEMPTS = 20
"""Of a delivery, the newest."""


@dataclass
class WebhookRow:
    """host: of its address, the rest of which may hold a secret. state: ok, failing, off, new
    (nothing was sent yet) or unproven (no attempt succeeded yet). reason: why it was switched off
    automatically."""

    id: str = ""
    name: str = ""
    host: str = ""
    events: str = ""
    schedules: str = ""
    active: bool = True
    state: str = ""
    since: str = ""
    reason: str = ""
    used_at: str = ""
    succeeded_at: str = ""
    previous_until: str = ""
    """Until when messages are signed with the previous secret, too."""
    created_at: str = ""
    created_by: str = ""


@dataclass
class DeliveryRow:
    """look: of its chip. answer: of the last attempt, in words. next_at: of the next attempt."""

    id: str
    event: str
    type: str
    status: str
    look: str
    word: str
    created_at: str
    next_at: str
    attempts: str
    answer: str
    can_redeliver: bool


@dataclass
class AttemptRow:
    """outcome: in words. look: of its chip."""

    number: str
    at: str
    took: str
    outcome: str
    look: str
    error: str
    head: str
    body: str


@dataclass
class Sent:
    """What a delivery sends. body: as it is sent; pretty: the same, to be read. headers: those
    that are the same in all attempts."""

    headers: list[str] = field(default_factory=list)
    body: str = ""
    pretty: str = ""


def row(known: KnownWebhook, now: datetime) -> WebhookRow:
    webhook = known.webhook
    until = webhook.previous_until
    return WebhookRow(
        id=webhook.id,
        name=webhook.name,
        host=host_of(webhook.url),
        events=_events(webhook.events),
        schedules=_schedules(webhook.schedule_ids),
        active=webhook.is_active,
        state=_state(webhook),
        since=_iso(webhook.failing_since),
        reason=sentence(webhook.disabled_reason or "") if not webhook.is_active else "",
        used_at=_iso(webhook.last_attempt_at),
        succeeded_at=_iso(webhook.last_success_at),
        previous_until=_iso(until) if until and until > now else "",
        created_at=webhook.created_at.isoformat(),
        created_by=known.created_by,
    )


def event_label(kind: str) -> str:
    known = {str(each): meaning.label for each, meaning in MEANINGS.items()}
    return known.get(kind, kind)


def delivery_row(delivery: WebhookDelivery, *, active: bool) -> DeliveryRow:
    """active: whether its webhook is."""
    status = delivery.status
    goes = active or delivery.type == EventType.PING  # tests also go to what is switched off
    return DeliveryRow(
        id=delivery.id,
        event=event_label(delivery.type),
        type=delivery.type,
        status=str(status),
        look=LOOKS.get(status, str(status)),
        word=STATUS_WORDS[status],
        created_at=delivery.created_at.isoformat(),
        next_at=_iso(delivery.next_attempt_at) if status == WebhookStatus.PENDING else "",
        attempts=counted(delivery.attempts, "attempt") if delivery.attempts > 1 else "",
        answer=_answer(delivery.response_status, delivery.error),
        can_redeliver=goes and status != WebhookStatus.SENDING,
    )


def attempt_rows(attempts: Sequence[WebhookAttempt]) -> list[AttemptRow]:
    """The newest first."""
    return [_attempt(attempt) for attempt in reversed(attempts[-SHOWN_ATTEMPTS:])]


def sent(detail: DeliveryDetail) -> Sent:
    text = json.dumps(detail.body, ensure_ascii=False, separators=(",", ":"))
    pretty = json.dumps(detail.body, ensure_ascii=False, indent=2)
    headers = ["Content-Type: application/json", f"webhook-id: {detail.delivery.message_id}"]
    return Sent(headers, text, pretty)


def _attempt(attempt: WebhookAttempt) -> AttemptRow:
    ok = attempt.error is None
    status = attempt.response_status
    return AttemptRow(
        number=f"Attempt {attempt.number}",
        at=attempt.at.isoformat(),
        took=f"{attempt.milliseconds:,} ms",
        outcome="No answer" if status is None else str(status),
        look="completed" if ok else "failed",
        error="" if ok else sentence(attempt.error or ""),
        head=attempt.response_head or "",
        body=attempt.response_body or "",
    )


def _answer(status: int | None, error: str | None) -> str:
    if error:
        return sentence(error)
    return f"Answered {status}" if status is not None else ""


def _events(kinds: Sequence[str]) -> str:
    if set(CHOICES) <= set(kinds):
        return "All events"
    if len(kinds) > NAMED:
        return counted(len(kinds), "event")
    return ", ".join(event_label(kind) for kind in kinds)


def _schedules(ids: Sequence[str] | None) -> str:
    return "All scheduled exports" if ids is None else counted(len(ids), "scheduled export")


def _state(webhook: Webhook) -> str:
    if not webhook.is_active:
        return "off"
    if webhook.failing_since is not None:
        return "failing"
    if webhook.last_success_at is not None:
        return "ok"
    return "new" if webhook.last_attempt_at is None else "unproven"


def _iso(at: datetime | None) -> str:
    return at.isoformat() if at else ""
