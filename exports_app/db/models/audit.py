"""Audit entries, their chains, seals and checkpoints."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Index, Integer
from sqlmodel import Field

from exports_app.db.models.base import Base, id_column, instant
from exports_app.db.types import identifier


class AuditRow(Base, table=True):
    """Who did what. Triggers of the database refuse to change an entry, and to remove one that no
    export holds (migrations 0008 and 0017)."""

    __tablename__ = "audit_entries"
    __table_args__ = (
        Index("ix_audit_entries_tenant_id_at", "tenant_id", "at", "id"),
        Index("ix_audit_entries_at_id", "at", "id"),
        # An area is some actions: each is read in its order
        Index("ix_audit_entries_tenant_id_action_at_id", "tenant_id", "action", "at", "id"),
        Index("ix_audit_entries_action_at_id", "action", "at", "id"),
        Index("ix_audit_entries_subject_id_at", "subject_id", "at"),
    )
    id: str = id_column()
    tenant_id: str | None = Field(default=None, sa_type=identifier())
    at: datetime = instant()
    actor_id: str | None = Field(default=None, sa_type=identifier())
    actor_name: str = Field(max_length=200)
    action: str = Field(max_length=50)
    subject_id: str | None = Field(default=None, sa_type=identifier())
    subject_name: str = Field(max_length=320)
    detail: dict[str, Any] = Field(sa_type=JSON)
    address: str | None = Field(default=None, max_length=64)
    session: str | None = Field(default=None, max_length=64)
    request_id: str | None = Field(default=None, max_length=64)


class AuditCountRow(Base, table=True):
    """How many audit entries a tenant has, or the installation: the sum of `count` over its rows,
    which triggers of the database add, as in `status_counts` (migration 0043)."""

    __tablename__ = "audit_counts"
    __table_args__ = (Index("ix_audit_counts_tenant_id", "tenant_id", "count"),)
    id: int | None = Field(
        default=None,
        primary_key=True,
        sa_type=BigInteger().with_variant(Integer(), "sqlite"),
    )
    tenant_id: str | None = Field(default=None, sa_type=identifier())
    count: int = Field(sa_type=BigInteger)


class UnsealedRow(Base, table=True):
    """An audit entry that has no place in its chain yet. A trigger adds it with the entry."""

    __tablename__ = "audit_unsealed"
    __table_args__ = (Index("ix_audit_unsealed_at_entry_id", "at", "entry_id"),)
    entry_id: str = id_column()
    at: datetime = instant()


class LinkRow(Base, table=True):
    """The place of an audit entry in its chain. chain: a tenant's id, or "installation"."""

    __tablename__ = "audit_links"
    chain: str = id_column()
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
    at: datetime = instant()
    begins_anew: bool
    previous: str = Field(max_length=64)
    signature: str = Field(max_length=64)


class CheckpointRow(Base, table=True):
    """Entries up to this place were exported to a file, so that they may be removed."""

    __tablename__ = "audit_checkpoints"
    __table_args__ = (Index("ix_audit_checkpoints_chain_position", "chain", "position"),)
    id: str = id_column()
    chain: str = Field(sa_type=identifier())
    position: int = Field(sa_type=BigInteger)
    hash: str = Field(max_length=64)
    entries: int = Field(sa_type=BigInteger)
    at: datetime = instant()
    file_sha256: str = Field(max_length=64)
    signature: str = Field(max_length=64)
