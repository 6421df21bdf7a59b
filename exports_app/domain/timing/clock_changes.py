"""The effect of a clock change on a schedule, as a sentence."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from cronsim import CronSim

from exports_app.domain.timing.cron_grammar import WEEKDAYS, Cron
from exports_app.domain.timing.period import Window, words

SECOND = timedelta(seconds=1)
STEP = timedelta(hours=12)
"""No zone changes its clocks twice within half a day."""
HORIZON = timedelta(days=400)
"""How far ahead clock changes are mentioned: a little more than a year."""


@dataclass(frozen=True)
class ClockChange:
    """A zone's offset from UTC changes. at: the first instant (UTC) of the new one."""

    at: datetime
    before: timedelta
    after: timedelta

    @property
    def wall(self) -> datetime:
        """The local time at the change, by the old offset, without a zone."""
        return (self.at + self.before).replace(tzinfo=None)

    @property
    def new_wall(self) -> datetime:
        """The local time at the change, by the new offset."""
        return (self.at + self.after).replace(tzinfo=None)

    @property
    def forward(self) -> bool:
        return self.after > self.before


def changes_between(zone: ZoneInfo, start: datetime, end: datetime) -> list[ClockChange]:
    """The changes of the zone's offset from UTC at aware instants from start to end, both
    inclusive, in order."""
    return list(_changes(zone, start.astimezone(UTC), end.astimezone(UTC)))


def shift_note(cron: Cron, zone: ZoneInfo, runs: Sequence[datetime]) -> str | None:
    """A note on clock changes between the schedule's next runs (aware, consecutive, ascending).

    None where the clocks do not change from the first run to the last, or within 400 days.
    """
    if not runs:
        return None
    first, last = runs[0], runs[-1]
    changes = changes_between(zone, first, last if last - first < HORIZON else first + HORIZON)
    for change in changes:
        if moved := _moved(cron, change, runs):
            return _moved_words(moved, change, _place(zone))
    if not changes:
        return None
    return _words(cron, changes[0], _place(zone))


def _changes(zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[ClockChange]:
    here = start - SECOND
    while here < end:
        there = min(here + STEP, end)
        before, after = _offset(here, zone), _offset(there, zone)
        if before != after:
            yield ClockChange(_first_instant(zone, here, there), before, after)
        here = there


def _first_instant(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """The first whole second of the new offset, between two instants with the old and the new
    offset."""
    old = _offset(before, zone)
    while after - before > SECOND:
        middle = before + (after - before) // SECOND // 2 * SECOND
        if _offset(middle, zone) == old:
            before = middle
        else:
            after = middle
    return after


def _offset(instant: datetime, zone: ZoneInfo) -> timedelta:
    offset = instant.astimezone(zone).utcoffset()
    assert offset is not None
    return offset


def _moved(cron: Cron, change: ClockChange, runs: Sequence[datetime]) -> list[time]:
    """The fixed times of day that do not exist at the change, if a run replaces them."""
    if cron.follows_clock or not change.forward or change.at not in runs:
        return []
    return _affected(cron, change)


def _affected(cron: Cron, change: ClockChange) -> list[time]:
    """The schedule's local times that do not exist, or occur twice, at the change."""
    low, high = sorted((change.wall, change.new_wall))
    days = {low.date(), high.date()}
    walls = (
        datetime.combine(day, _time(seconds))
        for day in sorted(days)
        if _fires_on(cron, day)
        for seconds in cron.times
    )
    return [wall.time() for wall in walls if low <= wall < high]


def _time(seconds: int) -> time:
    return time(seconds // 3600, seconds // 60 % 60)


def _fires_on(cron: Cron, day: date) -> bool:
    midnight = datetime.combine(day, time())
    return next(CronSim(cron.calendar, midnight - SECOND)) == midnight


def _words(cron: Cron, change: ClockChange, place: str) -> str:
    way = "forward" if change.forward else "back"
    day = change.wall.date()
    head = (
        f"Clocks in {place} go {way} {_amount(change)} on {WEEKDAYS[day.isoweekday() % 7][:3]} "
        f"{_date(day)}; "
    )
    affected = _affected(cron, change)
    if not affected or (
        change.forward and not cron.follows_clock
    ):  # `_moved_words` describes moved times
        return f"{head}the schedule keeps its local time."
    if not cron.follows_clock:
        happens = "comes twice and runs" if len(affected) == 1 else "come twice and run"
        return f"{head}{_clocks(affected)} {happens} the first time."
    low, high = sorted((change.wall, change.new_wall))
    between = f"between {low:%H:%M} and {high:%H:%M}"
    if change.forward:
        return f"{head}the times {between} do not exist that day and are left out."
    return f"{head}the times {between} come twice that day and run both times."


def _moved_words(moved: list[time], change: ClockChange, place: str) -> str:
    day, at = _date(change.wall.date()), f"{change.new_wall:%H:%M}"
    if len(moved) == 1:
        return f"On {day} {_clocks(moved)} does not exist in {place}: it runs at {at}."
    return f"On {day} {_clocks(moved)} do not exist in {place}: one run at {at} takes their place."


def _clocks(times: list[time]) -> str:
    names = [f"{at:%H:%M}" for at in times]
    if len(names) > 3:
        return f"{names[0]} to {names[-1]}"
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _amount(change: ClockChange) -> str:
    hours, minutes = divmod(abs(change.after - change.before) // timedelta(minutes=1), 60)
    parts = [
        f"{n} {unit}{'' if n == 1 else 's'}"
        for n, unit in ((hours, "hour"), (minutes, "minute"))
        if n
    ]
    return " ".join(parts) or "a few seconds"


def _date(day: date) -> str:
    return words(Window(day, day))


def _place(zone: ZoneInfo) -> str:
    """The short name: Berlin for Europe/Berlin."""
    return zone.key.rsplit("/", 1)[-1].replace("_", " ")
