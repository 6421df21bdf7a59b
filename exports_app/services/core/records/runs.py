"""Runs of schedules and the attempts at them."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from exports_app.domain.runs.states import TRIALS, AttemptOutcome, RunStatus, Trigger
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
    """The tick that it is the run of: one for each tick."""
    as_of: datetime | None = None
    """The tick that a test is for, which leaves the tick to another run."""
    missed_ticks: int = 0
    window_start: date | None = None
    window_end: date | None = None
    file_name: str | None = None
    file_key: str | None = None
    file_size: int | None = None
    sha256: str | None = None
    record_count: int | None = None
    removed_characters: int | None = None
    """Characters that the format could not hold."""
    summary: dict[str, Any] | None = None
    """Of its file, see `services.runs.run_summary`. Older runs have none."""
    sent_as: str | None = None
    """attach, zip or link: how the file was sent."""
    sent_size: int | None = None
    """Bytes of the attachment; None for a link."""
    link_expires_at: datetime | None = None
    links_revoked_at: datetime | None = None
    """When all download links sent before were revoked."""
    file_removed_at: datetime | None = None
    error: str | None = None
    error_code: str | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    attempt: int = 0
    """The number of attempts so far; 0 again when it is sent again."""
    attempts_before: int = 0
    """Those before it was sent again."""
    deaths: int = 0
    """Attempts that ended with the death of the worker, or of the process that made the file."""
    overlaps: bool = False
    """Whether it may run beside another run of its schedule."""
    of_earlier_date: bool = False
    """Whether it was asked for an earlier date than that of its schedule's last run: see
    `services.schedules.last_run`."""
    lease_token: str | None = field(default=None, repr=False)
    lease_expires_at: datetime | None = None
    next_attempt_at: datetime | None = None

    @property
    def number(self) -> int:
        """Of the latest attempt, for people and callers: it counts on when the run is sent again;
        0 before the first one."""
        return self.attempts_before + self.attempt

    @property
    def tick(self) -> datetime | None:
        """The scheduled time that it is for, UTC."""
        return self.scheduled_for or self.as_of

    @property
    def makes_up_for(self) -> datetime | None:
        """The past tick that it was asked for, UTC."""
        return None if self.trigger is Trigger.SCHEDULE else self.tick

    @property
    def date(self) -> datetime:
        """The instant that it is for, UTC: its scheduled time, or when it was created."""
        return self.tick or self.created_at

    @property
    def may_be_last(self) -> bool:
        """Whether it is its schedule's last run while no later one exists."""
        return self.trigger not in TRIALS and not self.of_earlier_date


@dataclass(frozen=True)
class Waiting:
    """A pending run that may begin. asked: whether a person or a program started it, not its
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
class RemovedRuns:
    """What retention removed from a schedule's history.

    runs: how many. last_created_at: when the newest of them was created. first_tick, last_tick: of
    the earliest and the latest tick that they ran for; None where none ran for one.
    """

    runs: int
    last_created_at: datetime
    first_tick: datetime | None = None
    last_tick: datetime | None = None

    def may_have_run(self, tick: datetime) -> bool:
        """Whether one of them may have been the run of the tick."""
        if self.first_tick is None or self.last_tick is None:
            return False
        return self.first_tick <= tick <= self.last_tick


@dataclass(frozen=True)
class LatestRun:
    """The last run of a schedule. accepted, total: its messages; 0 before it sends."""

    run: Run
    accepted: int
    total: int
