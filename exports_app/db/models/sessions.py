"""Browsers' sessions and one-time codes."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON
from sqlmodel import Field

from exports_app.db.models.base import Base, instant, optional_instant, reference
from exports_app.db.types import UtcDateTime, identifier


class SessionRow(Base, table=True):
    """A browser's session; the id is kept as its SHA-256 in hex."""

    __tablename__ = "sessions"
    id_hash: str = Field(max_length=64, primary_key=True)
    user_id: str = reference("users", index=True, cascade=True)
    token_version: int
    tenant_id: str | None = Field(
        default=None, foreign_key="tenants.id", sa_type=identifier(), ondelete="SET NULL"
    )
    created_at: datetime = instant()
    expires_at: datetime = Field(sa_type=UtcDateTime, index=True)
    revoked_at: datetime | None = optional_instant()
    device: str | None = Field(default=None, max_length=200)
    last_used_at: datetime | None = optional_instant()


class CodeRow(Base, table=True):
    """A one-time code; it and what it is bound to are kept as their SHA-256 in hex."""

    __tablename__ = "one_time_codes"
    code_hash: str = Field(max_length=64, primary_key=True)
    purpose: str = Field(max_length=20)
    holder_hash: str = Field(max_length=64)
    user_id: str = reference("users", cascade=True)
    content: dict[str, Any] = Field(sa_type=JSON)
    expires_at: datetime = Field(sa_type=UtcDateTime, index=True)
