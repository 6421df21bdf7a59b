"""Users and what belongs to their accounts."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Index, Text, false, text
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


class UserRow(Base, table=True):
    __tablename__ = "users"
    __table_args__ = (
        Index("ix_users_name_id", "name", "id"),
        Index(
            "ix_users_people",  # SQLite counts by it only if all columns are in it
            *("name", "id", "service_of"),
            sqlite_where=text("service_of IS NULL"),
            postgresql_where=text("service_of IS NULL"),
        ),
        # Asked at each start
        Index(
            "ix_users_with_demo_password",
            "email",
            sqlite_where=text("has_demo_password = 1"),
            postgresql_where=text("has_demo_password"),
        ),
    )
    id: str = id_column()
    email: str = Field(max_length=320, unique=True)
    name: str = Field(max_length=200)
    password_hash: str = Field(max_length=200)
    is_active: bool = True
    is_super_admin: bool = False
    token_version: int = 0
    must_change_password: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    email_proven_at: datetime | None = optional_instant()
    has_demo_password: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    one_time_expires_at: datetime | None = optional_instant()
    second_factor_at: datetime | None = optional_instant()
    service_of: str | None = Field(default=None, sa_type=identifier())


class SecondFactorRow(Base, table=True):
    """The secret that a user's authenticator app has too, encrypted."""

    __tablename__ = "second_factors"
    user_id: str = Field(
        foreign_key="users.id", sa_type=identifier(), primary_key=True, ondelete="CASCADE"
    )
    secret: str = Field(sa_type=Text)
    created_at: datetime = instant()
    last_step: int | None = Field(default=None, sa_type=BigInteger)
    is_confirmed: bool = Field(default=False, sa_column_kwargs={"server_default": false()})


class RecoveryCodeRow(Base, table=True):
    """One that was not used yet, as its SHA-256 in hex."""

    __tablename__ = "recovery_codes"
    user_id: str = Field(
        foreign_key="users.id", sa_type=identifier(), primary_key=True, ondelete="CASCADE"
    )
    code_hash: str = Field(max_length=64, primary_key=True)


class AccountMessageRow(Base, table=True):
    """An email to a person about their account: written in the transaction that causes it, sent
    afterwards."""

    __tablename__ = "account_messages"
    __table_args__ = (
        Index("ix_account_messages_subject_id_created_at", "subject_id", "created_at"),
        being_sent("account_messages"),
    )
    id: str = id_column()
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
    sent_at: datetime | None = optional_instant()


class PasswordResetRow(Base, table=True):
    """A link to set a new password. The link itself is not kept."""

    __tablename__ = "password_resets"
    id: str = id_column()
    user_id: str = Field(
        foreign_key="users.id", sa_type=identifier(), index=True, ondelete="CASCADE"
    )
    token_version: int
    created_at: datetime = instant()
    expires_at: datetime = Field(sa_type=UtcDateTime, index=True)
    sent_by: str | None = Field(default=None, sa_type=identifier())


class IdempotencyKeyRow(Base, table=True):
    """A request that may be repeated, with its answer once there is one. The key, with the caller,
    and the request are kept as their SHA-256 in hex; the body of the answer is encrypted."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (
        Index("ix_idempotency_keys_kept", "user_id", "expires_at", "size"),  # summed up by it alone
    )
    key_hash: str = Field(max_length=64, primary_key=True)
    user_id: str = reference("users", cascade=True)
    request_hash: str = Field(max_length=64)
    locked_until: datetime = instant()
    expires_at: datetime = Field(sa_type=UtcDateTime, index=True)
    status: int | None = None
    headers: list[list[str]] | None = Field(default=None, sa_type=JSON)
    body: str | None = Field(default=None, sa_type=Text)
    size: int | None = None


EXPIRING = "expiry_mailed_at IS NULL AND revoked_at IS NULL AND expires_at IS NOT NULL"
"""Of API keys: those about whose expiry there is an email to be written."""


class ApiKeyRow(Base, table=True):
    """A key of the API, as its SHA-256 in hex."""

    __tablename__ = "api_keys"
    __table_args__ = (
        Index("ix_api_keys_user_id_created_at_id", "user_id", "created_at", "id"),
        Index(
            "ix_api_keys_expiring",
            "expires_at",
            sqlite_where=text(EXPIRING),
            postgresql_where=text(EXPIRING),
        ),
    )
    id: str = id_column()
    user_id: str = reference("users", cascade=True)
    name: str = Field(max_length=100)
    prefix: str = Field(max_length=12)
    key_hash: str = Field(max_length=64, unique=True)
    scopes: list[str] = Field(sa_type=JSON)
    tenant_ids: list[str] | None = Field(default=None, sa_type=JSON)
    schedule_ids: list[str] | None = Field(default=None, sa_type=JSON)
    created_at: datetime = instant()
    created_by: str = Field(sa_type=identifier())
    expires_at: datetime | None = optional_instant()
    revoked_at: datetime | None = optional_instant()
    last_used_at: datetime | None = optional_instant()
    last_used_address: str | None = Field(default=None, max_length=64)
    expiry_mailed_at: datetime | None = optional_instant()


class FeedRow(Base, table=True):
    """An address that a calendar or a feed reader reads. Its token is kept as SHA-256 in hex."""

    __tablename__ = "feeds"
    id: str = id_column()
    user_id: str = reference("users", index=True, cascade=True)
    tenant_id: str = Field(sa_type=identifier())
    schedule_id: str | None = Field(default=None, sa_type=identifier())
    name: str = Field(max_length=100)
    prefix: str = Field(max_length=12)
    token_hash: str = Field(max_length=64, unique=True)
    created_at: datetime = instant()
    last_used_at: datetime | None = optional_instant()
    last_used_address: str | None = Field(default=None, max_length=64)
