"""The figures of a tenant's exports."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from exports_app.domain.runs.states import RunStatus
from exports_app.services.core.records import Schedule


@dataclass(frozen=True)
class Spread:
    """Of durations in seconds. p95: the 95th percentile (nearest rank)."""

    count: int
    mean: float
    p95: float


@dataclass(frozen=True)
class Backlog:
    """Runs of a tenant that have not ended. later: those that wait for an instant, e.g. of their
    next attempt. oldest: since when the oldest run that could begin has waited."""

    processing: int
    waiting: int
    later: int
    oldest: datetime | None


class AnalyticsStore(Protocol):
    """Figures of a tenant's exports. days: their beginnings, ascending. A day ends where the next
    begins, and the last one never. Runs count on the day they were created."""

    def counts(self, tenant_id: str, days: Sequence[datetime]) -> dict[tuple[int, RunStatus], int]:
        """The number of runs by the day's index and status."""

    def durations(self, tenant_id: str, days: Sequence[datetime]) -> dict[int | None, Spread]:
        """Of completed and partial runs, from the begin of the first attempt to the end; by the
        day's index, and under None for all days."""

    def backlog(self, tenant_id: str, now: datetime) -> Backlog: ...
    def upcoming(self, tenant_id: str, until: datetime) -> list[Schedule]:
        """Schedules that are due until the instant, by name."""

    def failing(self, tenant_id: str, limit: int) -> tuple[list[Schedule], int]:
        """Active schedules with failing runs, the most failures in a row first; and the number of
        all, here and below."""

    def paused(self, tenant_id: str, limit: int) -> tuple[list[Schedule], int]:
        """Paused schedules, those paused automatically first."""

    def ownerless(self, tenant_id: str, limit: int) -> tuple[list[Schedule], int]:
        """Active schedules whose owner may not export here any more, by name."""
