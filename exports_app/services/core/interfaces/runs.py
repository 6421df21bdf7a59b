"""Stores of runs and the attempts at them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

from exports_app.domain.runs.states import AttemptOutcome
from exports_app.services.core.records import Attempt, LatestRun, Page, Run, Waiting


@dataclass(frozen=True)
class UnderWay:
    """A schedule's scheduled runs. processing: whether one is. waiting: whether one waits for its
    first attempt."""

    processing: bool
    waiting: bool


@dataclass(frozen=True)
class RunFilter:
    """Which runs of a tenant. An empty text, and None, let all through.

    since, before: when they were created. ended_after: those that ended later. recipient: a whole
    address in its normal form, or a part of one where is_part. reason: a part of the error's text,
    or of its code. among: only runs of these schedules.
    """

    schedule_id: str = ""
    status: str = ""
    trigger: str = ""
    since: datetime | None = None
    before: datetime | None = None
    ended_after: datetime | None = None
    recipient: str = ""
    is_part: bool = False
    reason: str = ""
    among: frozenset[str] | None = None


@dataclass(frozen=True)
class FoundRuns:
    """A page of runs, the newest first. more: whether others follow in the page's direction. total:
    of all pages, counted up to FARTHEST + 1; of the newest `looked_at` runs only, where that is
    given. looked_to: created_at and id of the last run that was looked at, where older ones were
    not."""

    runs: list[Run]
    more: bool
    total: int
    looked_at: int | None = None
    looked_to: tuple[datetime, str] | None = None


class RunListStore(Protocol):
    def find(self, tenant_id: str, where: RunFilter, page: Page) -> FoundRuns:
        """Of schedules that are not deleted. page: `after` is created_at and id of a run; with the
        sort ``created_at`` the page is the one before it in the list. The filter's schedule must be
        the tenant's."""

    def with_id(self, tenant_id: str, beginning: str, limit: int) -> list[Run]:
        """Whose id begins so, of schedules that are not deleted."""


@dataclass(frozen=True)
class EndedRuns:
    """Runs in the order in which their ends can be seen. last: the number of the last end that was
    looked at; the one asked for where there is none behind it. more: whether ends behind it have a
    number already."""

    runs: list[Run]
    last: int
    more: bool


class RunEndStore(Protocol):
    """The ends of a tenant's runs, in the order in which they can be seen: what has a number is
    behind everything that was ever read up to a lower one. An end gets its number once it is
    committed. A run that ends again gets a new one."""

    def after(self, tenant_id: str, number: int, where: RunFilter, limit: int) -> EndedRuns:
        """Runs whose latest end has a higher number, without those under way again and those of
        deleted schedules. where: schedule, status and trigger only."""

    def last(self, tenant_id: str) -> int:
        """The highest number that was given; 0 before the first."""

    def any_to_number(self, tenant_id: str) -> bool: ...
    def number(self, tenant_id: str, least: int, limit: int) -> int:
        """Give numbers to up to `limit` ends without one, the oldest first: higher than all that
        were given, and `least` or higher. Returns how many got one. Locks the tenant's numbers
        until the transaction ends."""

    def tenants_to_number(self) -> list[str]: ...


class RunStore(Protocol):
    def get(self, run_id: str) -> Run | None: ...
    def of_schedule(
        self, schedule_id: str, limit: int, after: tuple[datetime, str] | None = None
    ) -> tuple[list[Run], int]:
        """Newest first, and the number of all. after: created_at and id of the last run of the page
        before."""

    def summarized_before(self, run: Run, start: date, among: int) -> list[Run]:
        """Up to 20 runs of the same schedule that sent a file with a summary, of windows that
        begin before `start`; the latest window first. Tests are left out. among: how many of those
        created before the run are looked at."""

    def latest(self, schedule_ids: Collection[str]) -> list[LatestRun]:
        """The last run of each schedule that has one: see `Run.may_be_last`."""

    def add(self, run: Run) -> bool:
        """False when this schedule already has a run for this tick."""

    def add_all(self, runs: Sequence[Run]) -> set[str]:
        """The ids of the added ones, see `add`."""

    def under_way(self, schedule_ids: Collection[str], now: datetime) -> dict[str, UnderWay]:
        """Schedules without such runs are left out, and runs that begin later, e.g. because of
        jitter."""

    def ticks(self, schedule_id: str, instants: Collection[datetime]) -> dict[datetime, Run]:
        """The schedule's runs of these ticks."""

    def replace_skipped(self, seen: Run, run: Run) -> bool:
        """Replace a skipped run by a new one; False when the old one has changed since it was
        seen."""

    def update_unclaimed(self, seen: Run, values: Mapping[str, Any]) -> bool:
        """Change a run without a lease; False when its status or attempt has changed since it was
        seen."""

    def unfinished(self, limit: int) -> list[Run]:
        """Pending and processing runs."""

    def unfinished_of(self, user_id: str) -> list[Run]:
        """Pending and processing runs of schedules that the user owns, or started by the user.
        Locked until the transaction ends."""

    def cancel_pending(self, schedule_ids: Collection[str], at: datetime) -> int: ...
    def cancel(self, seen: Run, values: Mapping[str, Any]) -> bool:
        """End the run, and its lease; False when its status has changed since it was seen."""

    def revoke_links(self, run_id: str, at: datetime) -> None: ...
    def reopen(self, seen: Run) -> bool:
        """Back to pending without attempts, but with its file; False when its status has changed
        since it was seen."""

    def outdated(
        self, tenant_id: str, completed_before: datetime, now: datetime, limit: int
    ) -> list[Run]:
        """Finished runs with a file and without a valid download link, the oldest first."""

    def note_removed(self, run_id: str, at: datetime, summary: dict[str, Any] | None) -> bool:
        """Note that the file is removed, and what is kept of its summary. False where the run is
        not finished, or it was noted already."""

    def keys_in_use(self, keys: Collection[str]) -> set[str]:
        """The keys of files that belong to a run and were not removed."""


class RunQueueStore(Protocol):
    """Which runs may begin next, and the leases of the others."""

    def lock_claims(self) -> None:
        """Lock claims until the transaction ends: two claims at once could begin two runs of one
        schedule."""

    def waiting(self, now: datetime) -> list[Waiting]:
        """The next pending run of each tenant: those that a person started, then the oldest.
        Without runs of a schedule that has one processing, and without isolated runs."""

    def next_isolated(self, now: datetime) -> str | None:
        """The oldest isolated run that could begin: ISOLATION_DEATHS workers died during it."""

    def waiting_since(self, now: datetime) -> datetime | None:
        """Since when the oldest run waits that could begin its first attempt. Retries are left
        out."""

    def at_work(self, now: datetime) -> int:
        """How many runs are processed, under a lease that has not ended."""

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
        """Like `update_claimed`: uses up one of the run's reserved messages."""

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
        """End the run's open attempt, if there is one."""


class SnapshotStore(Protocol):
    """Where the snapshots of runs are."""

    def any_to_move(self, ended_before: datetime) -> bool:
        """Whether a run that ended before the instant holds its snapshot itself."""

    def move(self, ended_before: datetime, limit: int) -> int:
        """Move the snapshots of up to `limit` such runs to where each is stored once. Returns how
        many runs there were."""
