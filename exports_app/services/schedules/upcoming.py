"""When schedules run next."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from itertools import islice

from exports_app.domain.errors import ExportsError
from exports_app.domain.timing import cron
from exports_app.services.core.records import Schedule


@dataclass(frozen=True)
class NextRun:
    """at: UTC. A run that starts later because of jitter or a policy counts at its tick."""

    schedule: Schedule
    at: datetime


def next_runs(
    schedules: Iterable[Schedule], now: datetime, until: datetime, most: int, of_each: int
) -> list[NextRun]:
    """In (now, until], the first ones, in order, and the first of each. schedules: active ones, in
    any order."""
    fires = (islice(_of(schedule, now, until), of_each) for schedule in schedules)
    return list(islice(merge(*fires, key=lambda run: (run.at, run.schedule.id)), most))


def _of(schedule: Schedule, now: datetime, until: datetime) -> Iterator[NextRun]:
    """An unreadable schedule has none behind its next one."""
    first = schedule.next_run_at
    if first is None or first > until:
        return
    if first > now:  # without cron, which takes its time: many have only this one
        yield NextRun(schedule, first)
    try:
        zone = cron.zone(schedule.timezone)
        fires = cron.occurrences(cron.parse(schedule.schedule), zone, max(first, now))
    except ExportsError:
        return
    for at in fires:
        if at > until:
            return
        yield NextRun(schedule, at)
