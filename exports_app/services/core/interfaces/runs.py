"""Stores of runs and the attempts at them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from exports_app.domain.runs.states import AttemptOutcome
from exports_app.services.core.records import Attempt, LatestRun, Run, Waiting


@dataclass(frozen=True)
class UnderWay:
    """Runs of a schedule's ticks. processing: whether one is; waiting: whether one waits to begin
    for the first time."""

    processing: bool
    waiting: bool


class RunStore(Protocol):
    def get(self, run_id: str) -> Run | None: ...
    def of_schedule(self, schedule_id: str, limit: int) -> tuple[list[Run], int]:
        """Newest first, and the number of all."""

    def latest(self, schedule_ids: Collection[str]) -> list[LatestRun]:
        """The newest run of each schedule that has one."""

    def add(self, run: Run) -> bool:
        """False when this schedule already has a run for this tick."""

    def add_all(self, runs: Sequence[Run]) -> set[str]:
        """The ids of those that were added, as of `add`."""

    def by_status(self) -> dict[str, int]:
        """How many there are."""

    def under_way(self, schedule_ids: Collection[str], now: datetime) -> dict[str, UnderWay]:
        """Schedules without any are left out, and runs that shall begin later: they keep their
        distance to the next one."""

    def ticks(self, schedule_id: str, instants: Collection[datetime]) -> dict[datetime, Run]:
        """The schedule's runs of these ticks."""

    def replace_skipped(self, seen: Run, run: Run) -> bool:
        """Put the new run in the place of a skipped one; False when it is not in the state seen any
        more."""

    def update_unclaimed(self, seen: Run, values: Mapping[str, Any]) -> bool:
        """Change one that no worker has; False when it is not in the state, and at the attempt,
        seen any more."""

    def unfinished_of(self, user_id: str) -> list[Run]:
        """Those that wait or are under way, of schedules that the user owns or started by the user.
        Nobody else changes them until the transaction ends."""

    def cancel_pending(self, schedule_id: str, at: datetime) -> int: ...
    def cancel(self, seen: Run, values: Mapping[str, Any]) -> bool:
        """End it, and take it from its worker; False when it is not in the state seen any more."""

    def revoke_links(self, run_id: str, at: datetime) -> None: ...
    def reopen(self, seen: Run) -> bool:
        """Back to pending, as if it had not begun, but with its file; False when it is not in the
        state seen any more."""

    def outdated(
        self, tenant_id: str, completed_before: datetime, now: datetime, limit: int
    ) -> list[Run]:
        """Finished ones whose file is still there, and promised to nobody by a link, the oldest
        first."""

    def note_removed(self, run_id: str, at: datetime) -> bool:
        """Its file is to be removed; False where it is not finished (any more), or that was said
        already."""

    def keys_in_use(self, keys: Collection[str]) -> set[str]:
        """Those of the file keys that a run has, and that are not to be removed."""


class RunQueueStore(Protocol):
    """Which runs may begin next, and who holds which under a lease."""

    def lock_claims(self) -> None:
        """Nobody else claims a run until the transaction ends: two that claim at once could begin
        two runs of one schedule."""

    def waiting(self, now: datetime) -> list[Waiting]:
        """Of each tenant the pending run whose turn is next: what was asked for, then the oldest;
        none of a schedule that has one processing, and none that is taken up alone."""

    def next_isolated(self, now: datetime) -> str | None:
        """The oldest that could begin, and is taken up alone: ISOLATION_DEATHS workers died during
        it."""

    def waiting_since(self, now: datetime) -> datetime | None:
        """Since when the longest waiting of the runs waits that could begin and never did. One that
        was taken up before is as old as its first try, and left out."""

    def claim(self, run_id: str, token: str, now: datetime, expires: datetime) -> bool:
        """False when it may not begin now, or not any more."""

    def update_claimed(
        self,
        run_id: str,
        token: str,
        values: Mapping[str, Any],
        expired_before: datetime | None = None,
    ) -> bool:
        """Change a processing run; False when the token is no longer the run's.

        expired_before: only if its lease ended before this instant.
        """

    def begin_message(self, run_id: str, token: str) -> bool:
        """Like `update_claimed`: one of its reserved messages is begun, or is not to be sent."""

    def extend(self, run_id: str, token: str, expires: datetime) -> bool: ...
    def abandoned(self, expired_before: datetime | None) -> list[Run]:
        """Processing runs whose lease ended before the instant (None: all of them)."""


class AttemptStore(Protocol):
    def of_runs(self, run_ids: Collection[str]) -> dict[str, list[Attempt]]:
        """By run id, the oldest first; runs without attempts are left out."""

    def add(self, attempt: Attempt) -> None: ...
    def end(
        self,
        run_id: str,
        outcome: AttemptOutcome,
        at: datetime,
        error: str | None,
        code: str | None,
    ) -> None:
        """The one that is under way, if there is one."""
