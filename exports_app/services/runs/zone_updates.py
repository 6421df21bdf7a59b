"""New time zone data: ticks still to come are reckoned anew.

`next_run_at` was computed with the data of its time. After an update a schedule at 9:00 would fire
once more at what used to be 9:00.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from exports_app import log
from exports_app.domain.errors import ExportsError
from exports_app.domain.timing import cron, zone_data
from exports_app.services.audit import audit_log
from exports_app.services.core.change_events import Change, Changes, Topic
from exports_app.services.core.interfaces import Clock, Store
from exports_app.services.core.records import Action, Schedule

BATCH = 200
"""Schedules in one transaction."""
LONGEST_CHANGE = timedelta(hours=26)
"""No change of a zone moves a time of day further: offsets go from -12 to +14 hours."""
SECOND = timedelta(seconds=1)
REASON = "new time zone data"

_log = log.get(__name__)


class ZoneUpdates:
    """Done once in the life of a process, whose zone data never changes."""

    def __init__(self, store: Store, changes: Changes, clock: Clock) -> None:
        self._store = store
        self._changes = changes
        self._clock = clock
        self._done = False

    def apply(self, stopping: Callable[[], bool] = lambda: False) -> int:
        """Compare the zones in use with what was seen last, and move the ticks still to come of
        those that differ. Returns how many were moved.

        A zone counts as seen only when all its ticks are right, so a process that dies in between
        is followed up by the next one. Where several processes do it at once, each tick is moved
        once.
        """
        if self._done:
            return 0
        moved, complete = 0, True
        for zone, fingerprint in self._changed().items():
            count, is_complete = self._reckon(zone, stopping)
            moved += count
            complete &= is_complete
            if is_complete:
                with self._store.write() as tx:
                    tx.zone_data.note(zone, fingerprint, self._clock())
        self._done = complete
        return moved

    def _changed(self) -> dict[str, str]:
        """The zones in use whose data is not what was seen last, with its fingerprint."""
        with self._store.read() as tx:
            seen = tx.zone_data.fingerprints()
            zones = tx.schedules.zones_to_come(self._clock())
        current: dict[str, str] = {}
        for zone in zones:
            try:
                current[zone] = zone_data.fingerprint(zone)
            except OSError:
                continue  # it is gone: the tick says so in the history
        return {zone: mark for zone, mark in current.items() if seen.get(zone) != mark}

    def _reckon(self, zone: str, stopping: Callable[[], bool]) -> tuple[int, bool]:
        """How many ticks were moved, and whether all are right now."""
        moved, complete, last = 0, True, ""
        while True:
            if stopping():
                return moved, False
            now = self._clock()
            with self._store.read() as tx:
                schedules = tx.schedules.to_come(zone, now, last, BATCH)
            if not schedules:
                return moved, complete
            last = schedules[-1].id
            wanted = _moves(schedules, now)
            done = self._move([s for s in schedules if s.id in wanted], wanted) if wanted else 0
            moved += done
            complete &= done == len(wanted)

    def _move(self, schedules: Sequence[Schedule], to: Mapping[str, datetime]) -> int:
        """How many were moved; others were changed meanwhile, or are locked."""
        with self._store.write() as tx:
            now = self._clock()
            reserved = tx.schedules.reserve(schedules)
            free = [s for s in schedules if s.id in reserved and _is_to_come(s, now)]
            tx.schedules.advance({s.id: to[s.id] for s in free})
            for schedule in free:
                changed = audit_log.changed(vars(schedule), {"next_run_at": to[schedule.id]})
                audit_log.note_schedule(
                    tx,
                    audit_log.APP,
                    Action.SCHEDULE_UPDATED,
                    schedule,
                    now,
                    changed=changed,
                    reason=REASON,
                )
        for schedule in free:
            _log.info(
                "next run moved by new time zone data",
                schedule=schedule.id,
                tenant=schedule.tenant_id,
                zone=schedule.timezone,
                old=str(schedule.next_run_at),
                new=str(to[schedule.id]),
            )
        for tenant_id in {schedule.tenant_id for schedule in free}:
            self._changes.publish(Change(Topic.SCHEDULES, tenant_id))
        return len(free)


def _is_to_come(schedule: Schedule, now: datetime) -> bool:
    return schedule.next_run_at is not None and schedule.next_run_at > now


def _moves(schedules: Sequence[Schedule], now: datetime) -> dict[str, datetime]:
    """The new next_run_at of each whose old one is wrong, by id."""
    moves = {}
    for schedule in schedules:
        try:
            nearest = _nearest_tick(schedule, now)
        except ExportsError:
            continue  # its expression or zone cannot be read: the tick says so in the history
        if nearest != schedule.next_run_at:
            moves[schedule.id] = nearest
    return moves


def _nearest_tick(schedule: Schedule, now: datetime) -> datetime:
    """The tick that was meant: the nearest one by the data of now.

    Not simply the first one after now: where the clocks now say 9:00 later than thought, today's
    file has gone out already, and must not go out again; where they say it earlier, today's tick
    may have passed, and runs at once. Of two that are as near, the first one to come.
    """
    old = schedule.next_run_at
    assert old is not None
    parsed, zone = cron.parse(schedule.schedule), cron.zone(schedule.timezone)
    before, _ = cron.latest_until(parsed, zone, old - LONGEST_CHANGE, old)
    after = cron.next_after(parsed, zone, old - SECOND)
    if before is None:
        return after
    back, forth = old - before, after - old
    return before if back < forth or (back == forth and before > now) else after
