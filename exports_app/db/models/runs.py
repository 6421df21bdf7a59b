"""The history: runs and the attempts at them."""

import datetime as dt
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Index, Text, UniqueConstraint, false, text
from sqlmodel import Field

from exports_app.db.models.base import (
    Base,
    id_column,
    instant,
    optional_instant,
    optional_reference,
    reference,
)
from exports_app.db.types import RunSpecJson, identifier

Summary = JSON(none_as_null=True)


def _runs_that(name: str, where: str, *columns: str) -> Index:
    """An index of these runs only, which stays small beside a long history."""
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
        # The list of all runs, in its order: see repositories/runs/run_list.py. The tenant is not
        # first: SQLite would take such an index for all runs of a tenant, and sort them
        Index("ix_export_history_by_status", "status", "tenant_id", "created_at", "id"),
        _runs_that(
            "by_trigger", "trigger <> 'schedule'", "trigger", "tenant_id", "created_at", "id"
        ),
        _runs_that("with_error", "error IS NOT NULL", "tenant_id", "created_at", "id"),
        # The queue is read in steps, from one tenant and trigger to the next: see
        # repositories/runs/queue_queries.py. The status comes first in it; otherwise SQLite takes
        # the index of the status and sorts
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
        # The kept files of a tenant: the oldest of them, and, from the index alone, what they take
        _runs_that(
            "kept_files",
            "file_key IS NOT NULL AND file_removed_at IS NULL",
            "tenant_id",
            "completed_at",
            "id",
            "file_size",
        ),
        # Which snapshots are still used, and which rows have theirs to be moved
        _runs_that("spec_hash", "spec_hash IS NOT NULL", "spec_hash"),
        _runs_that("own_spec", "spec_hash IS NULL AND completed_at IS NOT NULL", "completed_at"),
        _runs_that(
            "open",
            "status IN ('pending', 'processing')",
            "tenant_id",
            "status",
            "next_attempt_at",
            "created_at",
        ),
    )
    id: str = id_column()
    scheduled_export_id: str = reference("scheduled_exports")
    tenant_id: str = reference("tenants", index=True)
    trigger: str = Field(max_length=20)
    triggered_by: str | None = optional_reference("users")
    scheduled_for: datetime | None = optional_instant()
    as_of: datetime | None = optional_instant()
    missed_ticks: int = 0
    spec: Any = Field(sa_type=RunSpecJson)
    spec_hash: str | None = Field(default=None, max_length=32)
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
    summary: dict[str, Any] | None = Field(default=None, sa_type=Summary)
    sent_as: str | None = Field(default=None, max_length=10)
    sent_size: int | None = Field(default=None, sa_type=BigInteger)
    link_expires_at: datetime | None = optional_instant()
    links_revoked_at: datetime | None = optional_instant()
    file_removed_at: datetime | None = optional_instant()
    recipients: list[str] = Field(sa_type=JSON)
    error: str | None = Field(default=None, sa_type=Text)
    error_code: str | None = Field(default=None, max_length=50)
    created_at: datetime = instant()
    started_at: datetime | None = optional_instant()
    completed_at: datetime | None = optional_instant()
    attempt: int = 0
    attempts_before: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    deaths: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    overlaps: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    of_earlier_date: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    lease_token: str | None = Field(default=None, sa_type=identifier())
    lease_expires_at: datetime | None = optional_instant()
    next_attempt_at: datetime | None = optional_instant()
    messages_reserved: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    """Messages of its tenant's quota that it may still send. Counts only while it is processing."""


class RunSpecRow(Base, table=True):
    """A snapshot of a schedule, as runs have it. hash: see `repositories.runs.snapshots`."""

    __tablename__ = "run_specs"
    hash: str = Field(max_length=32, primary_key=True)
    spec: dict[str, Any] = Field(sa_type=JSON)


class RemovedRunsRow(Base, table=True):
    """What retention removed from a schedule's history.

    runs: how many. last_created_at: of the newest of them. first_tick, last_tick: what their ticks
    lie between; null where none had one.
    """

    __tablename__ = "removed_runs"
    scheduled_export_id: str = Field(
        foreign_key="scheduled_exports.id", sa_type=identifier(), primary_key=True
    )
    runs: int = Field(sa_type=BigInteger)
    last_created_at: datetime = instant()
    first_tick: datetime | None = optional_instant()
    last_tick: datetime | None = optional_instant()


class RunEndRow(Base, table=True):
    """The latest end of a run. Triggers of the database write it in the transaction that ends the
    run (migration 0055).

    number: in the order in which ends can be seen, of its tenant: see `repositories.runs.run_ends`;
    null: it has none yet.
    """

    __tablename__ = "run_ends"
    __table_args__ = (
        Index(
            "ix_run_ends_numbered",
            *("tenant_id", "number"),
            unique=True,
            sqlite_where=text("number IS NOT NULL"),
            postgresql_where=text("number IS NOT NULL"),
        ),
        Index(
            "ix_run_ends_without_number",
            *("tenant_id", "ended_at", "history_id"),
            sqlite_where=text("number IS NULL"),
            postgresql_where=text("number IS NULL"),
        ),
        {"sqlite_with_rowid": False},
    )
    history_id: str = Field(
        foreign_key="export_history.id",
        sa_type=identifier(),
        primary_key=True,
        ondelete="CASCADE",
    )
    tenant_id: str = Field(sa_type=identifier())
    ended_at: datetime = instant()
    number: int | None = Field(default=None, sa_type=BigInteger)


class RunEndNumberRow(Base, table=True):
    """The last number that was given to an end of a tenant's runs."""

    __tablename__ = "run_end_numbers"
    tenant_id: str = Field(
        foreign_key="tenants.id", sa_type=identifier(), primary_key=True, ondelete="CASCADE"
    )
    last: int = Field(sa_type=BigInteger)


class AttemptRow(Base, table=True):
    """One attempt at a run."""

    __tablename__ = "run_attempts"
    id: str = id_column()
    history_id: str = reference("export_history", index=True)
    number: int
    started_at: datetime = instant()
    ended_at: datetime | None = optional_instant()
    outcome: str | None = Field(default=None, max_length=20)
    error: str | None = Field(default=None, sa_type=Text)
    error_code: str | None = Field(default=None, max_length=50)
