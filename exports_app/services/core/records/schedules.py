"""Scheduled exports."""

from dataclasses import dataclass, field
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
    tags: list[str] = field(default_factory=list)
    """As typed, each once without regard to case."""
    destination_ids: list[str] = field(default_factory=list)
    slug: str | None = None
    """Of its tenant. None: a version without slugs created it, and the engine gives it one soon."""
    deleted_at: datetime | None = None
    """Whether it was active then stays in is_active."""
    deleted_by: str | None = None
    failures: int = 0
    """Scheduled runs that failed in a row."""
    failing_since: datetime | None = None
    """When the first of the current failed or partial runs in a row ended; None: the last one was
    completed."""
    paused_at: datetime | None = None
    paused_reason: str | None = None
    """Why it was paused automatically."""

    @property
    def failing(self) -> bool:
        """Active, and its latest scheduled runs failed, in whole or in part."""
        return self.is_active and self.failing_since is not None


@dataclass(frozen=True)
class Summary:
    """Counts of scheduled exports."""

    total: int
    active: int
    failing: int
    """Active ones whose latest scheduled runs failed, in whole or in part."""
    next_run_at: datetime | None
    """When the next one is due."""
    stopped: int = 0
    """Schedules that were paused automatically."""
