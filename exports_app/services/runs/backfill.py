"""Backfill: runs for past ticks of a scheduled export that were missed or skipped, or that came
before it was created."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

from exports_app import tracing
from exports_app.domain.access import Permission, Principal
from exports_app.domain.errors import ExportsError, FieldError, Invalid
from exports_app.domain.runs.policies import MOST_CAUGHT_UP
from exports_app.domain.runs.send_to import SendTo
from exports_app.domain.runs.states import AttemptOutcome, RunStatus, Trigger
from exports_app.domain.timing import cron, tick_day
from exports_app.services.audit import audit_log
from exports_app.services.core.authorization import keep_schedule, schedule_of
from exports_app.services.core.change_events import Change, Changes, Topic
from exports_app.services.core.current_rights import write_as
from exports_app.services.core.interfaces import Clock, Store, Transaction
from exports_app.services.core.optimistic import rounds
from exports_app.services.core.records import Action, Attempt, Run, Schedule, new_id
from exports_app.services.runs.tick_planner import RESTORED
from exports_app.services.schedules import last_run
from exports_app.services.schedules.new_run import addressed, new_run, sent_to, trigger_of
from exports_app.services.tenants.quotas import Quotas

BACKFILLED = frozenset({"missed", "overlap", RESTORED})
"""Error codes of skipped ticks that a backfill runs."""


@dataclass(frozen=True)
class Backfilled:
    """runs: the new ones, in the order of their ticks. existing: ticks of the range that had a run
    already. removed: ticks that were left out, since retention may have removed their run."""

    runs: list[Run]
    existing: int
    removed: int


@dataclass(frozen=True)
class Counted:
    """Of a range: ticks that would get a run, those that have one already, and those whose run
    retention may have removed."""

    new: int
    existing: int
    removed: int


@dataclass(frozen=True)
class _Ticks:
    """Those of a range: to be run; with a run already; that may have had one that was removed.
    seen: the runs that exist."""

    new: list[datetime]
    existing: int
    removed: list[datetime]
    seen: Mapping[datetime, Run]

    def wanted(self, *, include_removed: bool) -> list[datetime]:
        return sorted([*self.new, *self.removed]) if include_removed else self.new


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
            divided = _divide(tx, schedule, ticks)
        return Counted(len(divided.new), divided.existing, len(divided.removed))

    def run(
        self,
        who: Principal,
        schedule_id: str,
        start: date,
        end: date,
        *,
        include_removed: bool = False,
        to: SendTo = SendTo.RECIPIENTS,
    ) -> Backfilled:
        """Queue a run of the current settings for each past tick on these days (inclusive, in the
        schedule's zone) that has none, or whose run was skipped as missed or overlapping. The same
        days twice create no second run. include_removed: also for ticks whose run retention may
        have removed from the history; their files may have been sent already. to the caller: tests,
        which leave the ticks without a run.

        Raises NotFound, Forbidden, QuotaExceeded; Conflict as `Schedules.trigger`, and
        where others keep changing the schedule's times; and Invalid for days without a past tick,
        or with more than MOST_CAUGHT_UP.
        """
        now = self._clock()
        with self._store.read() as tx:
            seen = schedule_of(tx, who, schedule_id, Permission.WRITE)
        for _ in rounds():
            ticks = _ticks(
                seen, start, end, now
            )  # before the transaction: computing them may take long
            with write_as(self._store, who) as (tx, who):
                schedule = schedule_of(tx, who, schedule_id, Permission.WRITE)
                if _times(schedule) == _times(seen):
                    divided = _divide(tx, schedule, ticks)
                    wanted = divided.wanted(include_removed=include_removed)
                    schedule = addressed(tx, who, schedule, to)
                    self._require_room(tx, schedule, len(wanted))
                    now = self._clock()
                    made = _begin_all(tx, who, schedule, wanted, divided.seen, to, now)
                    if made:
                        days = {
                            "start": start.isoformat(),
                            "end": end.isoformat(),
                            "runs": len(made),
                            **sent_to(to),
                        }
                        audit_log.note_schedule(
                            tx, who, Action.RUN_BACKFILLED, schedule, now, **days
                        )
                    break
            seen = schedule  # changed by someone else meanwhile
        for run in made:
            tracing.run_created(run.id, run.tenant_id, run.scheduled_export_id)
        if made:
            self._changes.publish(Change(Topic.RUNS, schedule.tenant_id))
        removed = 0 if include_removed else len(divided.removed)
        return Backfilled(made, len(ticks) - len(made) - removed, removed)

    def _require_room(self, tx: Transaction, schedule: Schedule, new: int) -> None:
        if new:
            messages = len(schedule.recipients)
            self._quotas.require_run(tx, schedule.tenant_id, new, messages)
            keep_schedule(tx, schedule.id)


def _times(schedule: Schedule) -> tuple[str, str]:
    return schedule.schedule, schedule.timezone


def _divide(tx: Transaction, schedule: Schedule, ticks: Sequence[datetime]) -> _Ticks:
    seen = tx.runs.ticks(schedule.id, ticks)
    gone = tx.old_runs.removed_from(schedule.id)
    new, removed = list[datetime](), list[datetime]()
    for tick in ticks:
        if tick in seen:
            if _may_backfill(seen[tick]):
                new.append(tick)
        elif gone is not None and gone.may_have_run(tick):
            removed.append(tick)
        else:
            new.append(tick)
    return _Ticks(new, len(ticks) - len(new) - len(removed), removed, seen)


def _begin_all(
    tx: Transaction,
    who: Principal,
    schedule: Schedule,
    ticks: Sequence[datetime],
    seen: Mapping[datetime, Run],
    to: SendTo,
    now: datetime,
) -> list[Run]:
    """The runs that were made."""
    trigger = trigger_of(to, Trigger.BACKFILL)
    is_test = trigger is Trigger.TEST
    last = last_run.of_schedule(tx, schedule.id)
    runs = []
    for i, tick in enumerate(ticks):
        at = now + timedelta(microseconds=i)  # so that the queue keeps the order of their ticks
        run = new_run(
            schedule,
            trigger,
            tick,
            triggered_by=who.user_id,
            **{"as_of" if is_test else "scheduled_for": tick},
            created_at=at,
            of_earlier_date=last is not None and tick < last.date,
        )
        if _begin(tx, None if is_test else seen.get(tick), run):
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
        raise Invalid([FieldError("/startDate", "choose dates in this century")])
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
            [
                FieldError(
                    "/startDate", "there are no past scheduled times on these dates: choose others"
                )
            ]
        )
    if len(ticks) > MOST_CAUGHT_UP:
        raise Invalid(
            [
                FieldError(
                    "/endDate",
                    f"these dates have more than {MOST_CAUGHT_UP} scheduled times: choose fewer",
                )
            ]
        )
    return ticks


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)
