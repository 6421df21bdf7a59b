"""Webhooks."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, Text, UniqueConstraint, text
from sqlmodel import Field

from exports_app.db.models.base import (
    Base,
    being_sent,
    id_column,
    instant,
    optional_instant,
    reference,
)
from exports_app.db.types import UtcDateTime, identifier

WAITING = text("next_attempt_at IS NOT NULL")


class WebhookRow(Base, table=True):
    """An endpoint."""

    __tablename__ = "webhooks"
    id: str = id_column()
    tenant_id: str = reference("tenants", index=True)
    name: str = Field(max_length=100)
    url: str = Field(max_length=2_000)
    events: list[str] = Field(sa_type=JSON)
    schedule_ids: list[str] | None = Field(default=None, sa_type=JSON)
    secret: str = Field(sa_type=Text)
    is_active: bool
    created_by: str = Field(sa_type=identifier())
    created_at: datetime = instant()
    updated_at: datetime = instant()
    version: int = 1
    previous_secret: str | None = Field(default=None, sa_type=Text)
    previous_until: datetime | None = optional_instant()
    disabled_reason: str | None = Field(default=None, sa_type=Text)
    failing_since: datetime | None = optional_instant()
    warned_at: datetime | None = optional_instant()
    rest_until: datetime | None = optional_instant()
    last_attempt_at: datetime | None = optional_instant()
    last_success_at: datetime | None = optional_instant()


class WebhookMessageRow(Base, table=True):
    """What happened: the same for each endpoint that gets it."""

    __tablename__ = "webhook_messages"
    id: str = id_column()
    tenant_id: str = Field(sa_type=identifier())
    type: str = Field(max_length=50)
    schedule_id: str | None = Field(default=None, sa_type=identifier())
    data: dict[str, Any] = Field(sa_type=JSON)
    created_at: datetime = Field(sa_type=UtcDateTime, index=True)


class WebhookDeliveryRow(Base, table=True):
    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        UniqueConstraint("message_id", "webhook_id"),
        Index("ix_webhook_deliveries_webhook_id_created_at", "webhook_id", "created_at", "id"),
        Index("ix_webhook_deliveries_counted", "webhook_id", "status", "type"),
        # Which endpoints have something to send, and what each has: only the few that wait
        Index(
            "ix_webhook_deliveries_due",
            "next_attempt_at",
            "webhook_id",
            sqlite_where=WAITING,
            postgresql_where=WAITING,
        ),
        Index(
            "ix_webhook_deliveries_due_of",
            "webhook_id",
            "next_attempt_at",
            sqlite_where=WAITING,
            postgresql_where=WAITING,
        ),
        being_sent("webhook_deliveries"),
    )
    id: str = id_column()
    message_id: str = reference("webhook_messages", cascade=True)
    webhook_id: str = reference("webhooks", cascade=True)
    tenant_id: str = Field(sa_type=identifier())
    type: str = Field(max_length=50)
    status: str = Field(max_length=20)
    created_at: datetime = instant()
    attempts: int = 0
    attempts_before: int = 0
    next_attempt_at: datetime | None = optional_instant()
    response_status: int | None = None
    error: str | None = Field(default=None, sa_type=Text)
    ended_at: datetime | None = optional_instant()


class WebhookAttemptRow(Base, table=True):
    __tablename__ = "webhook_attempts"
    __table_args__ = (Index("ix_webhook_attempts_delivery_id_number", "delivery_id", "number"),)
    id: str = id_column()
    delivery_id: str = reference("webhook_deliveries", cascade=True)
    number: int
    at: datetime = instant()
    milliseconds: int
    response_status: int | None = None
    response_head: str | None = Field(default=None, sa_type=Text)
    response_body: str | None = Field(default=None, sa_type=Text)
    error: str | None = Field(default=None, sa_type=Text)
