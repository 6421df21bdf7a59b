"""The figures of a tenant's exports."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from exports_app.domain.runs.durations import Lengths, Spread
from exports_app.domain.runs.states import RunStatus
from exports_app.services.core.records import Schedule


@dataclass(frozen=True)
class Span:
    """A day of a tenant's zone, from its first instant to the next day's. ends: None: the last day,
    which has all later runs too."""

    begins: datetime
    ends: datetime | None


@dataclass(frozen=True)
class DayFigures:
    """Of the runs that were created on a day. counts: by status, without zeros. durations: of
    completed and partial runs, from the begin of the first attempt to the end; None without one.
    lengths: of these, see `durations.rounded`."""

    counts: Mapping[RunStatus, int]
    durations: Spread | None
    lengths: Lengths


@dataclass(frozen=True)
class Backlog:
    """Runs of a tenant that have not ended. later: those that wait for an instant, e.g. of their
    next attempt. oldest: since when the oldest run that could begin has waited."""

    processing: int
    waiting: int
    later: int
    oldest: datetime | None


@dataclass(frozen=True)
class Upcoming:
    """Schedules of the same times that are due next at the same instant. first: the first of their
    names."""

    schedule: str
    timezone: str
    next_run_at: datetime
    count: int
    first: str


class AnalyticsStore(Protocol):
    """Figures of a tenant's exports."""

    def channels(self, tenant_id: str, limit: int) -> list[str]:
        """The channels of the tenant's campaigns, sorted."""

    def days(self, tenant_id: str, spans: Sequence[Span]) -> list[DayFigures]:
        """Counted from the runs, day by day. spans: ascending."""

    def closed_days(self, tenant_id: str, spans: Sequence[Span]) -> dict[Span, DayFigures]:
        """The figures that were kept by `close_days`; other days are left out."""

    def open_days(self, tenant_id: str, spans: Sequence[Span]) -> list[Span]:
        """The days whose figures are not kept and whose runs have all ended."""

    def close_days(self, tenant_id: str, spans: Sequence[Span]) -> None:
        """Count the runs of past days, and keep the figures of those whose runs have all ended. The
        database drops the figures of a day in the transaction that changes one of its runs or adds
        another; runs that are removed from the history stay in them."""

    def forget_days(self, ended_before: datetime, limit: int) -> None:
        """Drop kept figures of at most `limit` days."""

    def backlog(self, tenant_id: str, now: datetime) -> Backlog: ...
    def upcoming(self, tenant_id: str, until: datetime) -> list[Upcoming]:
        """Schedules that are due until the instant."""

    def names(self, tenant_id: str, of: Upcoming, limit: int) -> list[str]:
        """The first ones, in alphabetical order."""

    def failing(self, tenant_id: str, limit: int) -> tuple[list[Schedule], int]:
        """Active schedules with failing runs, the most failures in a row first; and the number of
        all, here and below."""

    def paused(self, tenant_id: str, limit: int) -> tuple[list[Schedule], int]:
        """Paused schedules, those paused automatically first."""

    def ownerless(self, tenant_id: str, limit: int) -> tuple[list[Schedule], int]:
        """Active schedules whose owner may not export here any more, by name."""
