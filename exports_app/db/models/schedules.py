"""Scheduled exports."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, Text, text
from sqlmodel import Field

from exports_app.db.models.base import Base, id_column, instant, optional_instant, reference
from exports_app.db.models.option_columns import option_column
from exports_app.db.types import code_point, identifier
from exports_app.domain import bounds
from exports_app.domain.schedules.options import OPTIONS

LISTED_BY = ("name", "created_at", "next_run_at", "last_run_at")


def _live(*columns: str) -> Index:
    live = text("deleted_at IS NULL")
    return Index(
        f"ix_scheduled_exports_{'_'.join(columns)}",
        *columns,
        sqlite_where=live,
        postgresql_where=live,
    )


def _active(name: str, *columns: str, also: str = "") -> Index:
    """also: one more condition."""
    return Index(
        f"ix_scheduled_exports_{name}",
        *columns,
        sqlite_where=text(f"is_active = 1 AND deleted_at IS NULL{also}"),
        postgresql_where=text(f"is_active AND deleted_at IS NULL{also}"),
    )


class ScheduleRow(Base, table=True):
    """Its options' columns are added below."""

    __tablename__ = "scheduled_exports"
    __table_args__ = (
        # A page of the list costs its own rows, however many there are: of a tenant, and of all
        *(_live("tenant_id", column, "id") for column in LISTED_BY),
        *(_live(column, "id") for column in LISTED_BY),
        _live("is_active", "created_at", "id"),
        # By owner: of each one in the order of names. It has its condition's column too: so their
        # rows are counted without reading any
        _live("tenant_id", "owner_id", "name", "id", "deleted_at"),
        Index("ix_scheduled_exports_owner_id_tenant_id", "owner_id", "tenant_id", "deleted_at"),
        # One of a tenant has a slug; those of versions without slugs have none yet
        Index(
            "ix_scheduled_exports_slug",
            *("tenant_id", "slug"),
            unique=True,
            sqlite_where=text("deleted_at IS NULL"),
            postgresql_where=text("deleted_at IS NULL"),
        ),
        Index("ix_scheduled_exports_slug_of_all", "tenant_id", "slug", "deleted_at"),
        Index(
            "ix_scheduled_exports_without_slug",
            *("slug", "id"),
            sqlite_where=text("slug IS NULL AND deleted_at IS NULL"),
            postgresql_where=text("slug IS NULL AND deleted_at IS NULL"),
        ),
        # All that is counted by, so that no row is read for it
        Index(
            "ix_scheduled_exports_counted",
            *(
                "tenant_id",
                "deleted_at",
                "is_active",
                "last_status",
                "export_type",
                "format",
                "next_run_at",
            ),
        ),
        # What is due. The flag comes first, or SQLite would rather take the index of the flag and
        # look at every active one
        _active("due", "is_active", "next_run_at", "id"),
        _active("next_run_at", "next_run_at"),
        _active("zone", "is_active", "timezone", "id"),
        # What needs attention, in its order. These have the columns of their conditions too:
        # only then does SQLite read no row to see that they hold
        _active(
            "failing",
            *("tenant_id", "is_active", "failures", "failing_since", "id", "deleted_at"),
            also=" AND failing_since IS NOT NULL",
        ),
        Index(
            "ix_scheduled_exports_paused",
            *("tenant_id", "is_active", "paused_at", "name", "id", "deleted_at"),
            sqlite_where=text("is_active = 0 AND deleted_at IS NULL"),
            postgresql_where=text("NOT is_active AND deleted_at IS NULL"),
        ),
        Index(
            "ix_scheduled_exports_deleted",
            *("tenant_id", "deleted_at", "id"),
            sqlite_where=text("deleted_at IS NOT NULL"),
            postgresql_where=text("deleted_at IS NOT NULL"),
        ),
        _active("owned", "tenant_id", "is_active", "owner_id", "name", "id", "deleted_at"),
        # Schedules of the same times: those due next are counted without reading any
        _active(
            "times",
            *("tenant_id", "is_active", "schedule", "timezone", "next_run_at", "name", "id"),
            "deleted_at",
        ),
    )
    id: str = id_column()
    tenant_id: str = reference("tenants", index=True)
    name: str = Field(sa_type=code_point(200))
    slug: str | None = Field(default=None, sa_type=code_point(bounds.SLUG))
    description: str | None = Field(default=None, sa_type=Text)
    export_type: str = Field(max_length=50)
    format: str = Field(max_length=50)
    schedule: str = Field(max_length=200)
    timezone: str = Field(max_length=64)
    recipients: list[str] = Field(sa_type=JSON)
    filters: dict[str, Any] = Field(sa_type=JSON)
    destination_ids: list[str] = Field(sa_type=JSON, sa_column_kwargs={"server_default": "[]"})
    tags: list[str] = Field(sa_type=JSON, sa_column_kwargs={"server_default": "[]"})
    failures: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    failing_since: datetime | None = optional_instant()
    paused_at: datetime | None = optional_instant()
    paused_reason: str | None = Field(default=None, sa_type=Text)
    is_active: bool
    last_run_at: datetime | None = optional_instant()
    last_status: str | None = Field(default=None, max_length=20)
    next_run_at: datetime | None = optional_instant()
    created_by: str = reference("users")
    owner_id: str = reference("users")
    created_at: datetime = instant()
    updated_at: datetime = instant()
    version: int = 1
    deleted_at: datetime | None = optional_instant()
    deleted_by: str | None = Field(default=None, sa_type=identifier())


for option in OPTIONS:
    setattr(ScheduleRow, option.name, option_column(option))


class ScheduleTagRow(Base, table=True):
    """A tag of a schedule, by which schedules are found; `ScheduleRow.tags` has them in order.
    folded: as of `domain.schedules.tags`."""

    __tablename__ = "schedule_tags"
    __table_args__ = (
        Index(
            "ix_schedule_tags_tenant_id_folded_scheduled_export_id",
            *("tenant_id", "folded", "scheduled_export_id"),
        ),
        Index("ix_schedule_tags_tenant_id_name", "tenant_id", "name"),
    )
    scheduled_export_id: str = Field(
        foreign_key="scheduled_exports.id",
        sa_type=identifier(),
        primary_key=True,
        ondelete="CASCADE",
    )
    folded: str = Field(sa_type=code_point(3 * bounds.TAG), primary_key=True)
    tenant_id: str = reference("tenants", cascade=True)
    name: str = Field(sa_type=code_point(bounds.TAG))


class SavedViewRow(Base, table=True):
    """A name for filters of the list of scheduled exports."""

    __tablename__ = "saved_views"
    __table_args__ = (
        Index("ix_saved_views_tenant_id_is_shared_maker_id", "tenant_id", "is_shared", "maker_id"),
    )
    id: str = id_column()
    tenant_id: str = reference("tenants", cascade=True)
    maker_id: str = reference("users", cascade=True)
    name: str = Field(max_length=bounds.VIEW_NAME)
    filters: dict[str, Any] = Field(sa_type=JSON)
    is_shared: bool
    created_at: datetime = instant()
    updated_at: datetime = instant()
    version: int = 1


class ZoneDataRow(Base, table=True):
    """A time zone's data as it was when next_run_at was last right for all its schedules: SHA-256
    of its file in hex."""

    __tablename__ = "zone_data"
    zone: str = Field(max_length=64, primary_key=True)
    fingerprint: str = Field(max_length=64)
    seen_at: datetime = instant()
