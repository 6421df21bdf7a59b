"""Deliveries, notifications and downloads."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Index, Text, UniqueConstraint, text
from sqlmodel import Field

from exports_app.db.models.base import (
    Base,
    being_sent,
    id_column,
    instant,
    optional_instant,
    optional_reference,
    reference,
)
from exports_app.db.types import UtcDateTime, identifier


class DeliveryRow(Base, table=True):
    __tablename__ = "deliveries"
    __table_args__ = (
        UniqueConstraint("history_id", "channel", "target"),
        Index("ix_deliveries_target", "target", "history_id"),
        Index(
            "ix_deliveries_history_id_destination_id",
            *("history_id", "destination_id"),
            unique=True,
            sqlite_where=text("destination_id IS NOT NULL"),
            postgresql_where=text("destination_id IS NOT NULL"),
        ),
    )
    id: str = id_column()
    history_id: str = reference("export_history")
    channel: str = Field(max_length=50)
    target: str = Field(max_length=320)
    status: str = Field(max_length=20, index=True)
    attempts: int = 0
    message_id: str = Field(max_length=100)
    error: str | None = Field(default=None, sa_type=Text)
    sent_at: datetime | None = optional_instant()
    sent_as: str | None = Field(default=None, max_length=10)
    sent_size: int | None = Field(default=None, sa_type=BigInteger)
    destination_id: str | None = Field(default=None, sa_type=identifier())
    location: str | None = Field(default=None, sa_type=Text)
    resends: int = Field(default=0, sa_column_kwargs={"server_default": "0"})


class FileDownloadRow(Base, table=True):
    """A download of a run's file."""

    __tablename__ = "file_downloads"
    __table_args__ = (Index("ix_file_downloads_history_id_at", "history_id", "at"),)
    id: str = id_column()
    history_id: str = reference("export_history")
    way: str = Field(max_length=10)
    at: datetime = instant()
    user_id: str | None = Field(default=None, sa_type=identifier())
    target: str | None = Field(default=None, max_length=320)
    address: str = Field(max_length=64)
    device: str = Field(max_length=200)


class NotificationRow(Base, table=True):
    """An email about a schedule to its owner and the tenant's admins: stored first, sent
    afterwards."""

    __tablename__ = "notices"
    __table_args__ = (
        Index("ix_notices_scheduled_export_id_created_at", "scheduled_export_id", "created_at"),
        # Those of a run that is removed from the history
        Index(
            "ix_notices_history_id",
            "history_id",
            sqlite_where=text("history_id IS NOT NULL"),
            postgresql_where=text("history_id IS NOT NULL"),
        ),
        being_sent("notices"),
    )
    id: str = id_column()
    tenant_id: str = reference("tenants")
    scheduled_export_id: str = reference("scheduled_exports")
    history_id: str | None = optional_reference("export_history")
    kind: str = Field(max_length=20)
    target: str = Field(max_length=320)
    content: dict[str, Any] = Field(sa_type=JSON)
    status: str = Field(max_length=20)
    attempts: int = 0
    error: str | None = Field(default=None, sa_type=Text)
    created_at: datetime = Field(sa_type=UtcDateTime, index=True)
    next_attempt_at: datetime | None = Field(default=None, sa_type=UtcDateTime, index=True)
    sent_at: datetime | None = optional_instant()
