"""Tenants, their members and invitations."""

import datetime as dt
from datetime import datetime

from sqlalchemy import JSON, BigInteger, Index, false, text
from sqlmodel import Field

from exports_app.db.models.base import Base, id_column, instant, optional_instant, reference
from exports_app.db.types import UtcDateTime, identifier


class TenantRow(Base, table=True):
    __tablename__ = "tenants"
    id: str = id_column()
    name: str = Field(max_length=200)
    slug: str = Field(max_length=60, unique=True)
    brand_color: str = Field(max_length=7)
    logo_url: str | None = Field(default=None, max_length=2000)
    timezone: str | None = Field(default=None, max_length=64)
    max_rows: int | None = None
    max_mb: int | None = None
    keep_days: int | None = None
    keep_runs_days: int | None = None
    recipient_domains: list[str] | None = Field(default=None, sa_type=JSON)
    quota_pending_runs: int | None = None
    quota_messages_per_day: int | None = None
    quota_file_bytes: int | None = Field(default=None, sa_type=BigInteger)
    quota_schedules: int | None = None
    second_factor_required: bool = Field(
        default=False, sa_column_kwargs={"server_default": false()}
    )


class MessagesOfDayRow(Base, table=True):
    """How many messages of a tenant were begun on a day of UTC."""

    __tablename__ = "messages_of_day"
    tenant_id: str = Field(
        foreign_key="tenants.id", sa_type=identifier(), primary_key=True, ondelete="CASCADE"
    )
    day: dt.date = Field(primary_key=True)
    messages: int = 0


class MembershipRow(Base, table=True):
    __tablename__ = "memberships"
    user_id: str = Field(
        foreign_key="users.id", sa_type=identifier(), primary_key=True, ondelete="CASCADE"
    )
    tenant_id: str = Field(
        foreign_key="tenants.id",
        sa_type=identifier(),
        primary_key=True,
        index=True,
        ondelete="CASCADE",
    )
    role: str = Field(max_length=20)


class InvitationRow(Base, table=True):
    """A person invited to a tenant. One that was neither accepted nor revoked is open, also after
    its time."""

    __tablename__ = "invitations"
    __table_args__ = (
        Index(
            "ix_invitations_open",
            "tenant_id",
            "email",
            unique=True,
            sqlite_where=text("accepted_at IS NULL AND revoked_at IS NULL"),
            postgresql_where=text("accepted_at IS NULL AND revoked_at IS NULL"),
        ),
        Index(
            "ix_invitations_open_from",
            "invited_by",
            sqlite_where=text("accepted_at IS NULL AND revoked_at IS NULL"),
            postgresql_where=text("accepted_at IS NULL AND revoked_at IS NULL"),
        ),
    )
    id: str = id_column()
    tenant_id: str = reference("tenants", cascade=True)
    email: str = Field(max_length=320)
    role: str = Field(max_length=20)
    invited_by: str = reference("users", cascade=True)
    created_at: datetime = instant()
    expires_at: datetime = Field(sa_type=UtcDateTime, index=True)
    mailed: bool
    generation: int = 1
    accepted_at: datetime | None = optional_instant()
    revoked_at: datetime | None = optional_instant()
