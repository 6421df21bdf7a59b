"""Webhooks: endpoints of a tenant, what happened, and its deliveries to each endpoint."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from exports_app.domain.open_enum import OpenEnum


class WebhookStatus(OpenEnum):
    """Of a delivery. CANCELLED: it is not sent any more, since its endpoint was switched off."""

    PENDING = "pending"
    SENDING = "sending"
    DELIVERED = "delivered"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class Webhook:
    """An endpoint. events: types of events that it gets. schedule_ids: the scheduled exports of
    which it gets them; None: all. secret, previous_secret: encrypted."""

    id: str
    tenant_id: str
    name: str
    url: str = field(repr=False)
    events: list[str]
    schedule_ids: list[str] | None
    secret: str = field(repr=False)
    is_active: bool
    created_by: str
    created_at: datetime
    updated_at: datetime
    version: int = 1
    previous_secret: str | None = field(default=None, repr=False)
    previous_until: datetime | None = None
    """Until when messages are signed with the previous secret, too."""
    disabled_reason: str | None = None
    """Why it was switched off automatically."""
    failing_since: datetime | None = None
    """When the first of the current failed attempts in a row was made."""
    warned_at: datetime | None = None
    """When its admins were told that it is failing."""
    rest_until: datetime | None = None
    """After a failed attempt: nothing is sent to it before."""
    last_attempt_at: datetime | None = None
    last_success_at: datetime | None = None


@dataclass(frozen=True)
class WebhookMessage:
    """An event. id: ``msg_`` and 32 digits. data: see `services.events.payloads`. schedule_id: the
    scheduled export that it is about; None: a test."""

    id: str
    tenant_id: str
    type: str
    schedule_id: str | None
    data: dict[str, Any]
    created_at: datetime


@dataclass(frozen=True)
class DueEndpoint:
    """An endpoint with something to send. is_failing: its last attempt failed."""

    webhook_id: str
    tenant_id: str
    is_failing: bool


@dataclass(frozen=True)
class WebhookDelivery:
    """A message to one endpoint. next_attempt_at: None where it is finished."""

    id: str
    message_id: str
    webhook_id: str
    tenant_id: str
    type: str
    status: WebhookStatus
    created_at: datetime
    attempts: int = 0
    attempts_before: int = 0
    """Those before it was sent again by hand."""
    next_attempt_at: datetime | None = None
    response_status: int | None = None
    """Of the last attempt."""
    error: str | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True)
class WebhookAttempt:
    """milliseconds: from the lookup of the name to the last byte that was read. response_head,
    response_body: the first bytes, as text."""

    id: str
    delivery_id: str
    number: int
    at: datetime
    milliseconds: int
    response_status: int | None = None
    response_head: str | None = None
    response_body: str | None = None
    error: str | None = None
