"""Backfill: runs for past ticks of a scheduled export that were missed or skipped, or that came
before it was created."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

from exports_app.domain.access import Permission, Principal
from exports_app.domain.errors import ExportsError, FieldError, Invalid
from exports_app.domain.runs.policies import MOST_CAUGHT_UP
from exports_app.domain.runs.states import AttemptOutcome, RunStatus, Trigger
from exports_app.domain.timing import cron, tick_day
from exports_app.services.audit import audit_log
from exports_app.services.core.authorization import schedule_of
from exports_app.services.core.change_events import Change, Changes, Topic
from exports_app.services.core.current_rights import write_as
from exports_app.services.core.interfaces import Clock, Store, Transaction
from exports_app.services.core.records import Action, Attempt, Run, Schedule, new_id
from exports_app.services.schedules.service import new_run
from exports_app.services.tenants.quotas import Quotas

BACKFILLED = frozenset({"missed", "overlap"})
"""Error codes of skipped ticks that a backfill runs."""


@dataclass(frozen=True)
class Backfilled:
    """runs: the new ones, in the order of their ticks. existing: ticks of the range that had a run
    already."""

    runs: list[Run]
    existing: int


@dataclass(frozen=True)
class Counted:
    """Of a range: ticks that would get a run, and those that have one already."""

    new: int
    existing: int


class Backfill:
    def __init__(self, store: Store, changes: Changes, clock: Clock, quotas: Quotas) -> None:
        self._store = store
        self._changes = changes
        self._clock = clock
        self._quotas = quotas

    def count(self, who: Principal, schedule_id: str, start: date, end: date) -> Counted:
        """What `run` would do. Raises as `run`."""
        with self._store.read() as tx:
            schedule = schedule_of(tx, who, schedule_id, Permission.WRITE)
            ticks = _ticks(schedule, start, end, self._clock())
            existing = tx.runs.ticks(schedule.id, ticks)
        new = sum(tick not in existing or _may_backfill(existing[tick]) for tick in ticks)
        return Counted(new, len(ticks) - new)

    def run(self, who: Principal, schedule_id: str, start: date, end: date) -> Backfilled:
        """Queue a run of the current settings for each past tick on these days (inclusive, in the
        schedule's zone) that has none, or whose run was skipped as missed or overlapping. The same
        days twice create no second run.

        Raises NotFound, Forbidden, and Invalid for days without a past tick, or with more than
        MOST_CAUGHT_UP.
        """
        now = self._clock()
        with self._store.read() as tx:
            seen = schedule_of(tx, who, schedule_id, Permission.WRITE)
        while True:
            ticks = _ticks(
                seen, start, end, now
            )  # before the transaction: computing them may take long
            with write_as(self._store, who) as (tx, who):
                schedule = schedule_of(tx, who, schedule_id, Permission.WRITE)
                if _times(schedule) == _times(seen):
                    self._require_room(tx, schedule, ticks)
                    now = self._clock()
                    made = _begin_all(tx, who, schedule, ticks, now)
                    if made:
                        days = {
                            "start": start.isoformat(),
                            "end": end.isoformat(),
                            "runs": len(made),
                        }
                        audit_log.note_schedule(
                            tx, who, Action.RUN_BACKFILLED, schedule, now, **days
                        )
                    break
            seen = schedule  # changed by someone else meanwhile
        if made:
            self._changes.publish(Change(Topic.RUNS, schedule.tenant_id))
        return Backfilled(made, len(ticks) - len(made))

    def _require_room(self, tx: Transaction, schedule: Schedule, ticks: Sequence[datetime]) -> None:
        existing = tx.runs.ticks(schedule.id, ticks)
        new = sum(tick not in existing or _may_backfill(existing[tick]) for tick in ticks)
        if new:
            messages = len(schedule.recipients)
            self._quotas.require_run(tx, schedule.tenant_id, new, messages)


def _times(schedule: Schedule) -> tuple[str, str]:
    return schedule.schedule, schedule.timezone


def _begin_all(
    tx: Transaction, who: Principal, schedule: Schedule, ticks: Sequence[datetime], now: datetime
) -> list[Run]:
    """The runs that were made."""
    existing = tx.runs.ticks(schedule.id, ticks)
    runs = []
    for i, tick in enumerate(ticks):
        at = now + timedelta(microseconds=i)  # so that the queue keeps the order of their ticks
        run = new_run(
            schedule,
            Trigger.BACKFILL,
            tick,
            triggered_by=who.user_id,
            scheduled_for=tick,
            created_at=at,
        )
        if _begin(tx, existing.get(tick), run):
            runs.append(run)
    return runs


def _begin(tx: Transaction, seen: Run | None, run: Run) -> bool:
    if seen is None:
        return tx.runs.add(run)
    if not _may_backfill(seen) or not tx.runs.replace_skipped(seen, run):
        return False
    # The row is the new run's now; that its tick was skipped stays in its attempts
    assert seen.completed_at is not None
    skipped = Attempt(
        new_id(),
        seen.id,
        0,
        seen.completed_at,
        seen.completed_at,
        AttemptOutcome.SKIPPED,
        seen.error,
        seen.error_code,
    )
    tx.attempts.add(skipped)
    return True


def _may_backfill(run: Run) -> bool:
    return run.status is RunStatus.SKIPPED and run.error_code in BACKFILLED


def _ticks(schedule: Schedule, start: date, end: date, now: datetime) -> list[datetime]:
    if start.year < 1970 or end.year > 9000:  # beyond the range of dates that are useful
        raise Invalid([FieldError("/startDate", "choose days of this century")])
    if end < start:
        raise Invalid([FieldError("/endDate", "must not be before the start date")])
    try:
        zone, parsed = cron.zone(schedule.timezone), cron.parse(schedule.schedule)
    except ExportsError as e:
        raise Invalid(
            [FieldError("/schedule", f"{e.message}: edit the scheduled export first")]
        ) from e
    first, after = _midnight(start, zone), _midnight(end + timedelta(days=1), zone)
    # The next day's first moment may be the last day's: see `tick_day.day_of`
    past = takewhile(
        lambda tick: tick <= min(now, after),
        cron.occurrences(parsed, zone, first - timedelta(seconds=1)),
    )
    meant = (
        tick
        for tick in past
        if start <= tick_day.day_of(tick, schedule.schedule, schedule.timezone) <= end
    )
    ticks = list(islice(meant, MOST_CAUGHT_UP + 1))
    if not ticks:
        raise Invalid(
            [FieldError("/startDate", "there is no past run time on these days: choose others")]
        )
    if len(ticks) > MOST_CAUGHT_UP:
        raise Invalid(
            [
                FieldError(
                    "/endDate",
                    f"these days have more than {MOST_CAUGHT_UP} run times: choose fewer days",
                )
            ]
        )
    return ticks


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)
