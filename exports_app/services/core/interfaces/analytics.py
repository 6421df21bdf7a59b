"""The figures of a tenant's exports."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from exports_app.domain.runs.states import RunStatus
from exports_app.services.core.records import Schedule


@dataclass(frozen=True)
class Spread:
    """Of durations in seconds. p95: 95 of 100 took no longer (nearest rank)."""

    count: int
    mean: float
    p95: float


@dataclass(frozen=True)
class Backlog:
    """Runs of a tenant that have not ended. later: those that wait for an instant, e.g. of another
    attempt. oldest: since when the longest waiting of those waits that could begin."""

    processing: int
    waiting: int
    later: int
    oldest: datetime | None


class AnalyticsStore(Protocol):
    """How a tenant's exports do. Days are given by their beginnings, ascending: a day ends where
    the next one begins, the last one never; runs belong to the day on which they were made."""

    def counts(self, tenant_id: str, days: Sequence[datetime]) -> dict[tuple[int, RunStatus], int]:
        """How many runs by the day's place and status."""

    def durations(self, tenant_id: str, days: Sequence[datetime]) -> dict[int | None, Spread]:
        """Of the runs that were completed, in whole or in part, from the first attempt's begin to
        the end; by the day's place, and under None of all days."""

    def backlog(self, tenant_id: str, now: datetime) -> Backlog: ...
    def upcoming(self, tenant_id: str, until: datetime) -> list[Schedule]:
        """Those that are due until then, by name."""

    def failing(self, tenant_id: str, limit: int) -> tuple[list[Schedule], int]:
        """Active ones whose runs do not go well, the longest row of failures first; and the number
        of all, here and below."""

    def paused(self, tenant_id: str, limit: int) -> tuple[list[Schedule], int]:
        """Those that were paused by themselves first."""

    def ownerless(self, tenant_id: str, limit: int) -> tuple[list[Schedule], int]:
        """Active ones whose owner may not export here any more, by name."""
