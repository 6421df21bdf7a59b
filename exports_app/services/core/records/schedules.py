"""Scheduled exports."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from exports_app.domain.runs.states import RunStatus
from exports_app.domain.schedules.options import ScheduleOptions


@dataclass(frozen=True)
class Schedule(ScheduleOptions):
    """With its options, see `domain.schedules.options`."""

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
