"""Runs of schedules and the attempts at them."""

from dataclasses import dataclass, field
from datetime import date, datetime

from exports_app.domain.runs.states import AttemptOutcome, RunStatus, Trigger
from exports_app.domain.schedules.run_spec import RunSpec


@dataclass(frozen=True)
class Run:
    """A row of the history."""

    id: str
    scheduled_export_id: str
    tenant_id: str
    trigger: Trigger
    spec: RunSpec
    format: str
    status: RunStatus
    recipients: list[str]
    created_at: datetime
    triggered_by: str | None = None
    scheduled_for: datetime | None = None
    missed_ticks: int = 0
    window_start: date | None = None
    window_end: date | None = None
    file_name: str | None = None
    file_key: str | None = None
    file_size: int | None = None
    sha256: str | None = None
    record_count: int | None = None
    removed_characters: int | None = None
    """Of texts that the format cannot hold."""
    sent_as: str | None = None
    """attach, zip or link: which step of the ladder was taken."""
    sent_size: int | None = None
    """Bytes of the attachment; None for a link."""
    link_expires_at: datetime | None = None
    links_revoked_at: datetime | None = None
    """When all download links that were sent before became useless."""
    file_removed_at: datetime | None = None
    error: str | None = None
    error_code: str | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    attempt: int = 0
    """How often a worker took it up; counted anew when it is sent again."""
    deaths: int = 0
    """How many of them ended with the death of the worker, or of the process that made the file."""
    overlaps: bool = False
    """Whether it may run beside another one of its schedule."""
    lease_token: str | None = field(default=None, repr=False)
    lease_expires_at: datetime | None = None
    next_attempt_at: datetime | None = None


@dataclass(frozen=True)
class Waiting:
    """A pending run whose turn may be now. asked: by a person or a program, rather than by its
    schedule."""

    run_id: str
    tenant_id: str
    asked: bool


@dataclass(frozen=True)
class Attempt:
    """One attempt at a run."""

    id: str
    history_id: str
    number: int
    started_at: datetime
    ended_at: datetime | None = None
    outcome: AttemptOutcome | None = None
    error: str | None = None
    error_code: str | None = None


@dataclass(frozen=True)
class LatestRun:
    """The newest run of a schedule, and how many of its messages were accepted, of how many planned
    (none before it sends)."""

    run: Run
    accepted: int
    total: int
