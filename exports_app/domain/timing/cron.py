"""When a schedule fires: the instants of a cron expression in a time zone.

cronsim matches the calendar (Debian cron's rules), on wall dates without a zone. The mapping from
wall times to instants is ours, by the rules of cron(8) about changed clocks:

- A fixed time that does not exist fires at the moment the clocks jump; one that exists twice fires
  the first time.
- A schedule whose minute or hour begins with ``*`` follows the clock: nothing in an hour that does
  not exist, both passes of an hour that repeats.

Inside, an instant is its whole seconds since 1970 UTC: a year of minutes is counted without making
half a million dates.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import islice, pairwise, takewhile
from typing import TypeAlias
from zoneinfo import ZoneInfo, available_timezones

from cronsim import CronSim

from exports_app.domain.errors import ExportsError
from exports_app.domain.timing.cron_description import describe
from exports_app.domain.timing.cron_grammar import Cron, CronError, parse

__all__ = [
    "Cron",
    "CronError",
    "TimezoneError",
    "check_interval",
    "describe",
    "latest_until",
    "next_after",
    "next_runs",
    "occurrences",
    "parse",
    "zone",
    "zones",
]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
INTERVAL_FIRINGS = 1000
INTERVAL_HORIZON = 100 * 366 * 86400
"""Seconds. Schedules with fewer than 1,000 firings in a century are checked for that century."""

_Batch: TypeAlias = tuple[int, Sequence[int]]
"""(base, seconds): the instants base + s for each s in seconds, ascending."""


class TimezoneError(ExportsError):
    """The time zone is not known: use an IANA name such as Europe/Berlin or UTC"""

    code = "invalid_timezone"


@cache
def _zone_names() -> frozenset[str]:
    # These two are this machine's files, not zones.
    return frozenset(available_timezones() - {"localtime", "posixrules"})


@cache
def zones() -> tuple[str, ...]:
    """The names of all time zones, in alphabetical order."""
    return tuple(sorted(_zone_names()))


def zone(name: str) -> ZoneInfo:
    """The IANA time zone with exactly this name. Raises TimezoneError."""
    if name not in _zone_names():
        raise TimezoneError
    return ZoneInfo(name)


def occurrences(cron: Cron, zone: ZoneInfo, after: datetime) -> Iterator[datetime]:
    """The instants (UTC, strictly increasing) at which the schedule fires, strictly after an aware
    instant.

    Ends with the year 9999.
    """
    for instant in _instants(cron, zone, _seconds(after)):
        try:
            yield EPOCH + timedelta(seconds=instant)
        except OverflowError:
            return


def next_after(cron: Cron, zone: ZoneInfo, after: datetime) -> datetime:
    """The first firing (UTC) strictly after an aware instant. Raises CronError where none is left
    before the year 10000."""
    for instant in occurrences(cron, zone, after):
        return instant
    raise CronError("The schedule never runs after this time: choose an earlier one")


def next_runs(cron: Cron, zone: ZoneInfo, after: datetime, count: int) -> list[datetime]:
    """The first `count` firings (UTC) strictly after an aware instant."""
    return list(islice(occurrences(cron, zone, after), count))


def latest_until(
    cron: Cron, zone: ZoneInfo, after: datetime, until: datetime
) -> tuple[datetime | None, int]:
    """The latest firing (UTC) in (after, until], and how many firings lie there; (None, 0) without
    any."""
    end = _seconds(until)
    latest, count = None, 0
    for base, seconds in _batches(cron, zone, _seconds(after)):
        inside = bisect_right(seconds, end - base)
        if inside:
            latest = EPOCH + timedelta(seconds=base + seconds[inside - 1])
            count += inside
        if inside < len(seconds) or base + seconds[-1] >= end:
            break
    return latest, count


def check_interval(cron: Cron, zone: ZoneInfo, after: datetime, minimum_seconds: int) -> None:
    """Raises CronError where two of the next 1,000 firings after an aware instant are closer than
    the minimum."""
    if minimum_seconds <= 60:  # cron's own resolution
        return
    start = _seconds(after)
    soon = takewhile(
        lambda instant: instant <= start + INTERVAL_HORIZON, _instants(cron, zone, start)
    )
    if any(
        later - earlier < minimum_seconds
        for earlier, later in pairwise(islice(soon, INTERVAL_FIRINGS))
    ):
        raise CronError(
            f"minute and hour: runs must be at least {minimum_seconds} seconds apart; choose fewer "
            "times"
        )


def _seconds(instant: datetime) -> int:
    if instant.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return (instant - EPOCH) // SECOND


def _instants(cron: Cron, zone: ZoneInfo, after: int) -> Iterator[int]:
    for base, seconds in _batches(cron, zone, after):
        for second in seconds:
            yield base + second


def _batches(cron: Cron, zone: ZoneInfo, after: int) -> Iterator[_Batch]:
    """All instants after `after`, ascending and without duplicates, in non-empty batches of about a
    day."""
    last = after
    for base, seconds in _raw_batches(cron, zone, after):
        # A time moved out of a gap can fall on a regular one, also on that of the next day.
        fresh = bisect_right(seconds, last - base)
        if fresh < len(seconds):
            yield base, seconds[fresh:] if fresh else seconds
            last = base + seconds[-1]


def _raw_batches(cron: Cron, zone: ZoneInfo, after: int) -> Iterator[_Batch]:
    """Ascending batches whose first instants may repeat the one before or lie before `after`."""
    # Second passes wait until every earlier first pass is out: a repeated hour, or day, can span
    # midnight.
    waiting: list[int] = []
    for day in _days(cron, after):
        base = _plain_start(day, zone)
        if base is not None:
            if waiting:
                yield 0, waiting
                waiting = []
            yield base, cron.times
            continue
        first, second = _map_times(cron, zone, day)
        ready = bisect_left(waiting, first[0]) if first else 0
        if ready:
            yield 0, waiting[:ready]
        waiting = sorted({*waiting[ready:], *first, *second})
    if waiting:
        yield 0, waiting


def _days(cron: Cron, after: int) -> Iterator[date]:
    """The matching dates from three days before that of `after` in UTC: a zone is behind by at most
    a day, and no change of its clocks repeats more than another."""
    first = (EPOCH + timedelta(seconds=after)).toordinal() - 3
    start = datetime.combine(date.fromordinal(max(first - 1, 1)), time(23, 59, 59))
    try:
        for midnight in CronSim(cron.calendar, start):
            yield midnight.date()
    except OverflowError:  # the year 9999 is over
        return


def _plain_start(day: date, zone: ZoneInfo) -> int | None:
    """The instant of midnight, where no change of the offset touches the day; else None."""
    try:
        midnights = (datetime.combine(day, time()), datetime.combine(day + DAY, time()))
    except OverflowError:  # 9999-12-31 has no next day
        return None
    offsets = {_offset(midnight, zone, fold) for midnight in midnights for fold in (0, 1)}
    return _wall_seconds(midnights[0]) - offsets.pop() if len(offsets) == 1 else None


def _map_times(cron: Cron, zone: ZoneInfo, day: date) -> tuple[list[int], list[int]]:
    """The day's instants, time by time: the first (or only) passes, ascending, and the second
    passes."""
    first, second = [], []
    for seconds in cron.times:
        wall = datetime.combine(day, time(seconds // 3600, seconds // 60 % 60))
        # PEP 495: the offset before a change is that of fold 0, the one after it that of fold 1.
        before, after = _offset(wall, zone, 0), _offset(wall, zone, 1)
        instant = _wall_seconds(wall) - before
        if before >= after:
            first.append(instant)
            if before > after and cron.follows_clock:
                second.append(_wall_seconds(wall) - after)
        elif not cron.follows_clock:
            first.append(_jump(zone, _wall_seconds(wall) - after, instant))
    return first, second


def _jump(zone: ZoneInfo, before: int, after: int) -> int:
    """The instant at which the offset changes, after the one and at or before the other instant."""
    old = _offset_at(before, zone)
    while after - before > 1:
        middle = (before + after) // 2
        if _offset_at(middle, zone) == old:
            before = middle
        else:
            after = middle
    return after


def _wall_seconds(wall: datetime) -> int:
    return (wall.replace(tzinfo=UTC) - EPOCH) // SECOND


def _offset(wall: datetime, zone: ZoneInfo, fold: int) -> int:
    return _whole(wall.replace(tzinfo=zone, fold=fold))


def _offset_at(instant: int, zone: ZoneInfo) -> int:
    return _whole((EPOCH + timedelta(seconds=instant)).astimezone(zone))


def _whole(local: datetime) -> int:
    offset = local.utcoffset()
    assert offset is not None
    return offset // SECOND
