"""Destinations of files."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, Text, text
from sqlmodel import Field

from exports_app.db.models.base import Base, id_column, instant, optional_instant, reference
from exports_app.db.types import code_point, identifier
from exports_app.domain import bounds


class DestinationRow(Base, table=True):
    __tablename__ = "destinations"
    __table_args__ = (
        Index(
            "ix_destinations_name",
            *("tenant_id", "name"),
            unique=True,
            sqlite_where=text("deleted_at IS NULL"),
            postgresql_where=text("deleted_at IS NULL"),
        ),
    )
    id: str = id_column()
    tenant_id: str = reference("tenants", cascade=True)
    channel: str = Field(max_length=50)
    name: str = Field(sa_type=code_point(bounds.DESTINATION_NAME))
    config: dict[str, Any] = Field(sa_type=JSON)
    secrets: str | None = Field(default=None, sa_type=Text)
    is_active: bool
    state: str = Field(max_length=20)
    failing_since: datetime | None = optional_instant()
    reason: str | None = Field(default=None, sa_type=Text)
    last_used_at: datetime | None = optional_instant()
    created_by: str = reference("users")
    created_at: datetime = instant()
    updated_at: datetime = instant()
    version: int = 1
    deleted_at: datetime | None = optional_instant()


class ScheduleDestinationRow(Base, table=True):
    """A destination of a schedule, by which its schedules are found;
    `ScheduleRow.destination_ids` has them in order."""

    __tablename__ = "schedule_destinations"
    __table_args__ = (
        Index(
            "ix_schedule_destinations_destination_id_scheduled_export_id",
            *("destination_id", "scheduled_export_id"),
        ),
    )
    scheduled_export_id: str = Field(
        foreign_key="scheduled_exports.id",
        sa_type=identifier(),
        primary_key=True,
        ondelete="CASCADE",
    )
    destination_id: str = Field(
        foreign_key="destinations.id",
        sa_type=identifier(),
        primary_key=True,
        ondelete="CASCADE",
    )
