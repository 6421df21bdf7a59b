"""The tables. Ids are UUIDs as text, instants are UTC, money is integer hundredths."""

import datetime as dt
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Index, MetaData, Text, UniqueConstraint, false, text
from sqlmodel import Field, SQLModel

from exports_app.db.types import UtcDateTime, code_point, identifier

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Base(SQLModel):
    metadata = metadata


def _id() -> Any:
    return Field(sa_type=identifier(), primary_key=True)


def _ref(table: str, *, index: bool = False, cascade: bool = False) -> Any:
    if cascade:
        return Field(
            foreign_key=f"{table}.id", sa_type=identifier(), index=index, ondelete="CASCADE"
        )
    return Field(foreign_key=f"{table}.id", sa_type=identifier(), index=index)


def _maybe_ref(table: str) -> Any:
    return Field(default=None, foreign_key=f"{table}.id", sa_type=identifier())


def _instant() -> Any:
    return Field(sa_type=UtcDateTime)


def _maybe_instant() -> Any:
    return Field(default=None, sa_type=UtcDateTime)


class TenantRow(Base, table=True):
    __tablename__ = "tenants"
    id: str = _id()
    name: str = Field(max_length=200)
    slug: str = Field(max_length=60, unique=True)
    brand_color: str = Field(max_length=7)
    logo_url: str | None = Field(default=None, max_length=2000)
    timezone: str | None = Field(default=None, max_length=64)
    max_rows: int | None = None
    max_mb: int | None = None
    keep_days: int | None = None
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


class UserRow(Base, table=True):
    __tablename__ = "users"
    id: str = _id()
    email: str = Field(max_length=320, unique=True)
    name: str = Field(max_length=200)
    password_hash: str = Field(max_length=200)
    is_active: bool = True
    is_super_admin: bool = False
    token_version: int = 0
    must_change_password: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    email_proven_at: datetime | None = _maybe_instant()
    has_demo_password: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    one_time_expires_at: datetime | None = _maybe_instant()
    second_factor_at: datetime | None = _maybe_instant()


class SecondFactorRow(Base, table=True):
    """The secret that a user's authenticator app has too, encrypted."""

    __tablename__ = "second_factors"
    user_id: str = Field(
        foreign_key="users.id", sa_type=identifier(), primary_key=True, ondelete="CASCADE"
    )
    secret: str = Field(sa_type=Text)
    created_at: datetime = _instant()
    last_step: int | None = Field(default=None, sa_type=BigInteger)
    is_confirmed: bool = Field(default=False, sa_column_kwargs={"server_default": false()})


class RecoveryCodeRow(Base, table=True):
    """One that was not used yet, as its SHA-256 in hex."""

    __tablename__ = "recovery_codes"
    user_id: str = Field(
        foreign_key="users.id", sa_type=identifier(), primary_key=True, ondelete="CASCADE"
    )
    code_hash: str = Field(max_length=64, primary_key=True)


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
    )
    id: str = _id()
    tenant_id: str = _ref("tenants", cascade=True)
    email: str = Field(max_length=320)
    role: str = Field(max_length=20)
    invited_by: str = _ref("users", cascade=True)
    created_at: datetime = _instant()
    expires_at: datetime = Field(sa_type=UtcDateTime, index=True)
    mailed: bool
    generation: int = 1
    accepted_at: datetime | None = _maybe_instant()
    revoked_at: datetime | None = _maybe_instant()


class CampaignRow(Base, table=True):
    __tablename__ = "campaigns"
    # Unique, which the id is by itself: so SQLite knows that rows come in the order of the index,
    # and sorts nothing
    __table_args__ = (
        Index("ix_campaigns_tenant_id_name_id", "tenant_id", "name", "id", unique=True),
    )
    id: str = _id()
    tenant_id: str = _ref("tenants", cascade=True)
    name: str = Field(sa_type=code_point(200))
    channel: str = Field(max_length=100)
    status: str = Field(max_length=50)
    currency: str = Field(sa_type=code_point(3))
    budget: int | None = Field(default=None, sa_type=BigInteger)
    start_date: dt.date | None = None
    end_date: dt.date | None = None


class MetricRow(Base, table=True):
    __tablename__ = "campaign_metrics"
    campaign_id: str = Field(
        foreign_key="campaigns.id", sa_type=identifier(), primary_key=True, ondelete="CASCADE"
    )
    date: dt.date = Field(primary_key=True)
    impressions: int = Field(default=0, sa_type=BigInteger)
    clicks: int = Field(default=0, sa_type=BigInteger)
    conversions: int = Field(default=0, sa_type=BigInteger)
    spend: int = Field(default=0, sa_type=BigInteger)
    revenue: int = Field(default=0, sa_type=BigInteger)


def _listed_by(column: str) -> Index:
    """The tenant's live schedules in the order of a column: a page of the list costs its own rows,
    however many there are.

    SQLite reads each of them both ways; PostgreSQL sorts where the nulls stand last and the newest
    first.
    """
    live = text("deleted_at IS NULL")
    return Index(
        f"ix_scheduled_exports_tenant_id_{column}",
        "tenant_id",
        column,
        sqlite_where=live,
        postgresql_where=live,
    )


class ScheduleRow(Base, table=True):
    __tablename__ = "scheduled_exports"
    __table_args__ = (
        *map(_listed_by, ("name", "created_at", "next_run_at", "last_run_at")),
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
        Index(
            "ix_scheduled_exports_due",
            *("is_active", "next_run_at", "id"),
            sqlite_where=text("is_active = 1 AND deleted_at IS NULL"),
            postgresql_where=text("is_active AND deleted_at IS NULL"),
        ),
        Index(
            "ix_scheduled_exports_next_run_at",
            "next_run_at",
            sqlite_where=text("is_active = 1 AND deleted_at IS NULL"),
            postgresql_where=text("is_active AND deleted_at IS NULL"),
        ),
    )
    id: str = _id()
    tenant_id: str = _ref("tenants", index=True)
    name: str = Field(sa_type=code_point(200))
    description: str | None = Field(default=None, sa_type=Text)
    export_type: str = Field(max_length=50)
    format: str = Field(max_length=50)
    schedule: str = Field(max_length=200)
    timezone: str = Field(max_length=64)
    recipients: list[str] = Field(sa_type=JSON)
    filters: dict[str, Any] = Field(sa_type=JSON)
    when_empty: str = Field(max_length=10)
    delivery: str = Field(
        default="auto", max_length=10, sa_column_kwargs={"server_default": "auto"}
    )
    link_days: int = Field(default=7, sa_column_kwargs={"server_default": "7"})
    time_limit: int = Field(default=3600, sa_column_kwargs={"server_default": "3600"})
    overlap: str = Field(default="skip", max_length=10, sa_column_kwargs={"server_default": "skip"})
    catch_up: str = Field(
        default="latest", max_length=10, sa_column_kwargs={"server_default": "latest"}
    )
    catch_up_hours: int = Field(default=168, sa_column_kwargs={"server_default": "168"})
    jitter_seconds: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    pause_after: int = Field(default=5, sa_column_kwargs={"server_default": "5"})
    on_unknown: str = Field(
        default="resend", max_length=10, sa_column_kwargs={"server_default": "resend"}
    )
    retry_attempts: int | None = None
    retry_base_seconds: int | None = None
    failures: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    failing_since: datetime | None = _maybe_instant()
    paused_at: datetime | None = _maybe_instant()
    paused_reason: str | None = Field(default=None, sa_type=Text)
    is_active: bool = Field(index=True)
    last_run_at: datetime | None = _maybe_instant()
    last_status: str | None = Field(default=None, max_length=20)
    next_run_at: datetime | None = _maybe_instant()
    created_by: str = _ref("users")
    owner_id: str = _ref("users")
    created_at: datetime = _instant()
    updated_at: datetime = _instant()
    version: int = 1
    deleted_at: datetime | None = _maybe_instant()


def _runs_that(name: str, where: str, *columns: str) -> Index:
    """Only of those, so that it stays small beside a long history."""
    return Index(
        f"ix_export_history_{name}",
        *columns,
        sqlite_where=text(where),
        postgresql_where=text(where),
    )


class RunRow(Base, table=True):
    __tablename__ = "export_history"
    __table_args__ = (
        UniqueConstraint("scheduled_export_id", "scheduled_for"),
        Index(
            "ix_export_history_scheduled_export_id_created_at", "scheduled_export_id", "created_at"
        ),
        Index("ix_export_history_tenant_id_created_at", "tenant_id", "created_at"),
        # The queue is read in steps, from one tenant and trigger to the next: see
        # repositories/queue.py. The status comes first in it, or SQLite would rather take the index
        # of the status and sort
        _runs_that("died", "status = 'pending' AND deaths > 0", "status", "created_at"),
        _runs_that(
            "ready",
            "status = 'pending' AND next_attempt_at IS NULL",
            "status",
            "tenant_id",
            "trigger",
            "created_at",
            "id",
        ),
        _runs_that(
            "later",
            "status = 'pending' AND next_attempt_at IS NOT NULL",
            "status",
            "tenant_id",
            "trigger",
            "next_attempt_at",
            "id",
        ),
        _runs_that("live", "status IN ('pending', 'processing')", "scheduled_export_id", "status"),
        # What a tenant's kept files take, read from the index alone
        _runs_that(
            "kept", "file_key IS NOT NULL AND file_removed_at IS NULL", "tenant_id", "file_size"
        ),
        _runs_that(
            "open",
            "status IN ('pending', 'processing')",
            "tenant_id",
            "status",
            "next_attempt_at",
            "created_at",
        ),
    )
    id: str = _id()
    scheduled_export_id: str = _ref("scheduled_exports")
    tenant_id: str = _ref("tenants", index=True)
    trigger: str = Field(max_length=20)
    triggered_by: str | None = _maybe_ref("users")
    scheduled_for: datetime | None = _maybe_instant()
    missed_ticks: int = 0
    spec: dict[str, Any] = Field(sa_type=JSON)
    window_start: dt.date | None = None
    window_end: dt.date | None = None
    format: str = Field(max_length=50)
    status: str = Field(max_length=20, index=True)
    file_name: str | None = Field(default=None, max_length=255)
    file_key: str | None = Field(default=None, max_length=255)
    file_size: int | None = Field(default=None, sa_type=BigInteger)
    sha256: str | None = Field(default=None, max_length=64)
    record_count: int | None = Field(default=None, sa_type=BigInteger)
    removed_characters: int | None = Field(default=None, sa_type=BigInteger)
    sent_as: str | None = Field(default=None, max_length=10)
    sent_size: int | None = Field(default=None, sa_type=BigInteger)
    link_expires_at: datetime | None = _maybe_instant()
    links_revoked_at: datetime | None = _maybe_instant()
    file_removed_at: datetime | None = _maybe_instant()
    recipients: list[str] = Field(sa_type=JSON)
    error: str | None = Field(default=None, sa_type=Text)
    error_code: str | None = Field(default=None, max_length=50)
    created_at: datetime = _instant()
    started_at: datetime | None = _maybe_instant()
    completed_at: datetime | None = _maybe_instant()
    attempt: int = 0
    deaths: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    overlaps: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    lease_token: str | None = Field(default=None, sa_type=identifier())
    lease_expires_at: datetime | None = _maybe_instant()
    next_attempt_at: datetime | None = _maybe_instant()
    messages_reserved: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    """Of its tenant's messages of a day: those it may still begin. Counts while it is processing,
    and no longer."""


class DeliveryRow(Base, table=True):
    __tablename__ = "deliveries"
    __table_args__ = (UniqueConstraint("history_id", "channel", "target"),)
    id: str = _id()
    history_id: str = _ref("export_history")
    channel: str = Field(max_length=50)
    target: str = Field(max_length=320)
    status: str = Field(max_length=20, index=True)
    attempts: int = 0
    message_id: str = Field(max_length=100)
    error: str | None = Field(default=None, sa_type=Text)
    sent_at: datetime | None = _maybe_instant()


class FileDownloadRow(Base, table=True):
    """A download of a run's file."""

    __tablename__ = "file_downloads"
    __table_args__ = (Index("ix_file_downloads_history_id_at", "history_id", "at"),)
    id: str = _id()
    history_id: str = _ref("export_history")
    way: str = Field(max_length=10)
    at: datetime = _instant()
    user_id: str | None = Field(default=None, sa_type=identifier())
    target: str | None = Field(default=None, max_length=320)
    address: str = Field(max_length=64)
    device: str = Field(max_length=200)


class AttemptRow(Base, table=True):
    """One attempt at a run."""

    __tablename__ = "run_attempts"
    id: str = _id()
    history_id: str = _ref("export_history", index=True)
    number: int
    started_at: datetime = _instant()
    ended_at: datetime | None = _maybe_instant()
    outcome: str | None = Field(default=None, max_length=20)
    error: str | None = Field(default=None, sa_type=Text)
    error_code: str | None = Field(default=None, max_length=50)


class NotificationRow(Base, table=True):
    """An email about a schedule to those who look after it: written with what it tells, sent
    afterwards."""

    __tablename__ = "notices"
    __table_args__ = (
        Index("ix_notices_scheduled_export_id_created_at", "scheduled_export_id", "created_at"),
    )
    id: str = _id()
    tenant_id: str = _ref("tenants")
    scheduled_export_id: str = _ref("scheduled_exports")
    history_id: str | None = _maybe_ref("export_history")
    kind: str = Field(max_length=20)
    target: str = Field(max_length=320)
    content: dict[str, Any] = Field(sa_type=JSON)
    status: str = Field(max_length=20)
    attempts: int = 0
    error: str | None = Field(default=None, sa_type=Text)
    created_at: datetime = _instant()
    next_attempt_at: datetime | None = Field(default=None, sa_type=UtcDateTime, index=True)
    sent_at: datetime | None = _maybe_instant()


class AccountMessageRow(Base, table=True):
    """An email to a person about their account: written in the transaction that causes it, sent
    afterwards."""

    __tablename__ = "account_messages"
    __table_args__ = (
        Index("ix_account_messages_subject_id_created_at", "subject_id", "created_at"),
    )
    id: str = _id()
    kind: str = Field(max_length=30)
    subject_id: str = Field(sa_type=identifier())
    generation: int
    target: str = Field(max_length=320)
    content: dict[str, Any] = Field(sa_type=JSON)
    status: str = Field(max_length=20)
    attempts: int = 0
    error: str | None = Field(default=None, sa_type=Text)
    created_at: datetime = Field(sa_type=UtcDateTime, index=True)
    next_attempt_at: datetime | None = Field(default=None, sa_type=UtcDateTime, index=True)
    sent_at: datetime | None = _maybe_instant()


class PasswordResetRow(Base, table=True):
    """A link to set a new password. The link itself is not kept."""

    __tablename__ = "password_resets"
    id: str = _id()
    user_id: str = Field(
        foreign_key="users.id", sa_type=identifier(), index=True, ondelete="CASCADE"
    )
    token_version: int
    created_at: datetime = _instant()
    expires_at: datetime = _instant()
    sent_by: str | None = Field(default=None, sa_type=identifier())


class AuditRow(Base, table=True):
    """Who did what. Triggers of the database let nobody change an entry, or remove one that no
    export holds (migrations 0008 and 0017)."""

    __tablename__ = "audit_entries"
    __table_args__ = (
        Index("ix_audit_entries_tenant_id_at", "tenant_id", "at", "id"),
        Index("ix_audit_entries_subject_id_at", "subject_id", "at"),
    )
    id: str = _id()
    tenant_id: str | None = Field(default=None, sa_type=identifier())
    at: datetime = Field(sa_type=UtcDateTime, index=True)
    actor_id: str | None = Field(default=None, sa_type=identifier())
    actor_name: str = Field(max_length=200)
    action: str = Field(max_length=50)
    subject_id: str | None = Field(default=None, sa_type=identifier())
    subject_name: str = Field(max_length=320)
    detail: dict[str, Any] = Field(sa_type=JSON)
    address: str | None = Field(default=None, max_length=64)
    session: str | None = Field(default=None, max_length=64)
    request_id: str | None = Field(default=None, max_length=64)


class UnsealedRow(Base, table=True):
    """An audit entry that has no place in its chain yet. A trigger adds it with the entry."""

    __tablename__ = "audit_unsealed"
    __table_args__ = (Index("ix_audit_unsealed_at_entry_id", "at", "entry_id"),)
    entry_id: str = _id()
    at: datetime = _instant()


class LinkRow(Base, table=True):
    """The place of an audit entry in its chain. chain: a tenant's id, or "installation"."""

    __tablename__ = "audit_links"
    chain: str = _id()
    position: int = Field(primary_key=True, sa_type=BigInteger)
    entry_id: str = Field(sa_type=identifier(), unique=True)
    hash: str = Field(max_length=64)


class SealRow(Base, table=True):
    """A signature over the newest links of a chain. The seals of all chains are numbered
    together."""

    __tablename__ = "audit_seals"
    __table_args__ = (Index("ix_audit_seals_chain_position", "chain", "position"),)
    number: int = Field(
        primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False}
    )
    chain: str = Field(sa_type=identifier())
    position: int = Field(sa_type=BigInteger)
    entries: int
    hash: str = Field(max_length=64)
    at: datetime = _instant()
    begins_anew: bool
    previous: str = Field(max_length=64)
    signature: str = Field(max_length=64)


class CheckpointRow(Base, table=True):
    """Entries up to this place were exported to a file, so that they may be removed."""

    __tablename__ = "audit_checkpoints"
    __table_args__ = (Index("ix_audit_checkpoints_chain_position", "chain", "position"),)
    id: str = _id()
    chain: str = Field(sa_type=identifier())
    position: int = Field(sa_type=BigInteger)
    hash: str = Field(max_length=64)
    entries: int = Field(sa_type=BigInteger)
    at: datetime = _instant()
    file_sha256: str = Field(max_length=64)
    signature: str = Field(max_length=64)


class SessionRow(Base, table=True):
    """A browser's session; the id is kept as its SHA-256 in hex."""

    __tablename__ = "sessions"
    id_hash: str = Field(max_length=64, primary_key=True)
    user_id: str = _ref("users", index=True, cascade=True)
    token_version: int
    tenant_id: str | None = Field(
        default=None, foreign_key="tenants.id", sa_type=identifier(), ondelete="SET NULL"
    )
    created_at: datetime = _instant()
    expires_at: datetime = Field(sa_type=UtcDateTime, index=True)
    revoked_at: datetime | None = _maybe_instant()
    device: str | None = Field(default=None, max_length=200)
    last_used_at: datetime | None = _maybe_instant()


class CodeRow(Base, table=True):
    """A one-time code; it and what it is bound to are kept as their SHA-256 in hex."""

    __tablename__ = "one_time_codes"
    code_hash: str = Field(max_length=64, primary_key=True)
    purpose: str = Field(max_length=20)
    holder_hash: str = Field(max_length=64)
    user_id: str = _ref("users", cascade=True)
    content: dict[str, Any] = Field(sa_type=JSON)
    expires_at: datetime = Field(sa_type=UtcDateTime, index=True)
