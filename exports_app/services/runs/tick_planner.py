"""The runs of a due schedule: one for its tick, and those that its catch-up policy adds for missed
ticks."""

from collections import deque
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import takewhile

from exports_app import log
from exports_app.domain import humanize
from exports_app.domain.errors import ExportsError
from exports_app.domain.runs.policies import MOST_CAUGHT_UP, ON_TIME, CatchUp, Overlap, jitter
from exports_app.domain.runs.states import RunStatus, Trigger, move_run
from exports_app.domain.timing import cron
from exports_app.domain.timing.cron import Cron
from exports_app.services.core.interfaces import UnderWay
from exports_app.services.core.records import Run, Schedule
from exports_app.services.schedules.new_run import new_run

SECOND = timedelta(seconds=1)
RESTORED = "restored"
"""Error code of runs that are held, since their database was restored from a backup."""
HELD = (
    "was not run: the database was restored from a backup, and this run may have taken "
    "place after the backup was made"
)

_log = log.get(__name__)


@dataclass(frozen=True)
class TickPlan:
    """runs: in the order of their ticks, with skipped ones. next_run_at: None where the schedule
    cannot run any more."""

    schedule: Schedule
    runs: list[Run]
    next_run_at: datetime | None


def plan(schedule: Schedule, now: datetime) -> TickPlan:
    """Never raises: for a schedule that cannot run, there is a run with the reason."""
    try:
        return _plan(schedule, now)
    except ExportsError as e:
        # E.g. an update of the zone data removed its zone. The history shows it, and the other
        # schedules run
        return TickPlan(schedule, [_unrunnable(schedule, now, e)], None)
    except Exception:  # noqa: BLE001  (e.g. filters of another version: one row must not stop the tick of all the others)
        _log.exception("schedule cannot be read", schedule=schedule.id, tenant=schedule.tenant_id)
        unreadable = ExportsError(
            "Its stored filters cannot be read by this version", code="unreadable"
        )
        return TickPlan(schedule, [_unrunnable(schedule, now, unreadable)], None)


def plan_held(schedule: Schedule, now: datetime) -> TickPlan:
    """For a database that was restored from a backup: the ticks until now may have run already. The
    latest gets a skipped run, which a backfill can run. Never raises."""
    try:
        assert schedule.next_run_at is not None
        latest, count, following = _count_ticks(
            schedule.schedule, schedule.timezone, schedule.next_run_at, now
        )
        run = new_run(
            schedule,
            Trigger.SCHEDULE,
            latest,
            scheduled_for=latest,
            created_at=now,
            missed_ticks=count - 1,
        )
        return TickPlan(schedule, [_skipped(run, now, HELD, RESTORED)], following)
    except Exception:  # noqa: BLE001  (the start says what is wrong with it)
        _log.exception("schedule cannot be read", schedule=schedule.id, tenant=schedule.tenant_id)
        return TickPlan(schedule, [], None)


def apply_overlap(run: Run, schedule: Schedule, state: UnderWay, now: datetime) -> Run:
    """The run of a tick, skipped where the overlap policy says so. Caught-up runs wait for each
    other instead."""
    assert run.scheduled_for is not None
    if run.status is not RunStatus.PENDING or now - run.scheduled_for > ON_TIME:
        return run
    if schedule.overlap not in {Overlap.QUEUE_ONE, Overlap.ALLOW} and (
        state.processing or state.waiting
    ):
        return _skipped(
            run,
            now,
            "the previous run was still running, and overlapping runs are skipped",
            "overlap",
        )
    if schedule.overlap == Overlap.QUEUE_ONE and state.waiting:
        return _skipped(run, now, "another run was already queued, and only one can be", "overlap")
    return run


def _plan(schedule: Schedule, now: datetime) -> TickPlan:
    assert schedule.next_run_at is not None
    latest, count, following = _count_ticks(
        schedule.schedule, schedule.timezone, schedule.next_run_at, now
    )
    selected = _choose(schedule, cron.parse(schedule.schedule), latest, count, now)
    runs = [_run(schedule, tick, now, missed=missed, reason=why) for tick, missed, why in selected]
    # The history and the queue sort by created_at: keep the order of the ticks
    in_order = [
        replace(run, created_at=now + timedelta(microseconds=i)) for i, run in enumerate(runs)
    ]
    return TickPlan(schedule, in_order, following)


@lru_cache(maxsize=1024)
def _count_ticks(
    expression: str, timezone: str, due: datetime, now: datetime
) -> tuple[datetime, int, datetime | None]:
    """The latest tick until now, the number of ticks since the due one, and the next tick after
    now.

    Cached: schedules that are due together often have the same expression.
    """
    parsed, zone = cron.parse(expression), cron.zone(timezone)
    latest, count = cron.latest_until(parsed, zone, due - SECOND, now)
    latest = latest or due
    return latest, max(count, 1), cron.next_after(parsed, zone, max(now, latest))


def _choose(
    schedule: Schedule, parsed: Cron, latest: datetime, count: int, now: datetime
) -> list[tuple[datetime, int, str | None]]:
    """The ticks that get a run: each with the number of missed ticks before it that get none, and
    with the reason where it is skipped."""
    assert schedule.next_run_at is not None
    zone, before = cron.zone(schedule.timezone), schedule.next_run_at - SECOND
    on_time = now - latest <= ON_TIME
    # Of a newer version's policies, the default stands for it: no tick runs twice
    if schedule.catch_up not in {CatchUp.NONE, CatchUp.ALL} or (count == 1 and on_time):
        return [(latest, count - 1, None)]
    if schedule.catch_up == CatchUp.NONE:
        kept = [latest] if on_time else []
        why = "was missed: nothing ran at its scheduled time, and missed runs are skipped"
    else:
        since = max(before, now - timedelta(hours=schedule.catch_up_hours))
        missed = takewhile(lambda tick: tick <= now, cron.occurrences(parsed, zone, since))
        kept = list(deque(missed, MOST_CAUGHT_UP))
        why = (
            f"was missed: nothing ran at its scheduled time, and of missed runs only the newest "
            f"{MOST_CAUGHT_UP} of the last"
            f" {humanize.counted(schedule.catch_up_hours, 'hour')} are run"
        )
    if left := count - len(kept):
        last = cron.latest_until(parsed, zone, before, kept[0] - SECOND)[0] if kept else latest
        return [(last or latest, left - 1, why), *((tick, 0, None) for tick in kept)]
    return [(tick, 0, None) for tick in kept]


def _run(
    schedule: Schedule, tick: datetime, now: datetime, *, missed: int, reason: str | None
) -> Run:
    run = new_run(
        schedule, Trigger.SCHEDULE, tick, scheduled_for=tick, created_at=now, missed_ticks=missed
    )
    if reason is not None:
        return _skipped(run, now, reason, "missed")
    starts = tick + jitter(schedule.id, schedule.jitter_seconds)
    return replace(run, next_attempt_at=starts) if starts > now else run


def _skipped(run: Run, now: datetime, reason: str, code: str) -> Run:
    """A run that never begins, and is no result of its schedule."""
    status = move_run(run.status, RunStatus.SKIPPED)
    return replace(
        run, status=status, completed_at=now, next_attempt_at=None, error=reason, error_code=code
    )


def _unrunnable(schedule: Schedule, now: datetime, error: ExportsError) -> Run:
    """A run that ended before it began, with the reason."""
    _log.error(
        "schedule cannot run", schedule=schedule.id, tenant=schedule.tenant_id, reason=error.message
    )
    due = schedule.next_run_at
    whole = replace(schedule, timezone="UTC", filters={})
    run = new_run(whole, Trigger.SCHEDULE, due or now, scheduled_for=due, created_at=now)
    spec = replace(run.spec, timezone=schedule.timezone, filters=schedule.filters)
    why = f"{error.message}. Edit the scheduled export, then resume it."
    status = move_run(run.status, RunStatus.SKIPPED)
    return replace(
        run,
        status=status,
        started_at=now,
        completed_at=now,
        spec=spec,
        error=why,
        error_code=error.code,
    )
