"""Scheduled exports."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from exports_app.domain.runs.states import RunStatus


@dataclass(frozen=True)
class Schedule:
    id: str
    tenant_id: str
    name: str
    description: str | None
    export_type: str
    format: str
    schedule: str
    timezone: str
    recipients: list[str]
    filters: dict[str, Any]
    when_empty: str
    is_active: bool
    created_by: str
    owner_id: str
    created_at: datetime
    updated_at: datetime
    last_run_at: datetime | None = None
    last_status: RunStatus | None = None
    next_run_at: datetime | None = None
    version: int = 1
    deleted_at: datetime | None = None
    delivery: str = "auto"
    """How the file goes to its recipients: a `Way`."""
    link_days: int = 7
    """How long a link to it can be used."""
    time_limit: int = 3600
    """Seconds that making the file may take."""
    overlap: str = "skip"
    catch_up: str = "latest"
    on_unknown: str = "resend"
    """As `domain.runs.policies` says."""
    catch_up_hours: int = 168
    """How old a missed tick may be that the policy `all` makes up."""
    jitter_seconds: int = 0
    """How much later than its tick a run may start, at most."""
    pause_after: int = 5
    """Failed runs of ticks in a row; 0: never."""
    retry_attempts: int | None = None
    retry_base_seconds: int | None = None
    """None, here and above: as the settings say."""
    failures: int = 0
    """Runs of ticks that failed in a row."""
    failing_since: datetime | None = None
    """When the first of a row of runs ended that failed, in whole or in part; None: all is well."""
    paused_at: datetime | None = None
    paused_reason: str | None = None
    """Why it was paused by itself."""


@dataclass(frozen=True)
class Summary:
    """Scheduled exports, counted."""

    total: int
    active: int
    failing: int
    """Active ones whose last run failed, in whole or in part."""
    next_run_at: datetime | None
    """When the first of them is due."""
    stopped: int = 0
    """Those that were paused by themselves."""
