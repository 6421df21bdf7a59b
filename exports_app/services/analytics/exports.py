"""Figures of a tenant's scheduled exports: results of the last days, runs due next, and schedules
that need attention."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import takewhile
from zoneinfo import ZoneInfo

from exports_app.domain.access import Permission, Principal
from exports_app.domain.errors import ExportsError
from exports_app.domain.runs import durations
from exports_app.domain.runs.durations import Spread
from exports_app.domain.runs.states import RunStatus
from exports_app.domain.timing import cron
from exports_app.services.analytics.closed_days import ClosedDays, last_days
from exports_app.services.core.change_events import Changes, Topic
from exports_app.services.core.interfaces import Backlog, Clock, Store, Transaction, Upcoming
from exports_app.services.core.records import Schedule, Tenant
from exports_app.services.core.request_coalescing import RequestCoalescing
from exports_app.services.tenants.tenant_settings import tenant_of

HOURS = 25
"""24 hours from now, with the first and the last hour in part."""
LISTED = 10
"""Schedules in each list."""
NAMED = 5
"""Names of each hour."""
KEPT = 5.0
"""Seconds that a reading is shared, unless a change is published."""
KEPT_TIMES = 30.0
ONCE_A_DAY = re.compile(r"\d+ \d+ ")
"""One minute of one hour, as stored expressions have them."""


@dataclass(frozen=True)
class Day:
    """counts: runs by status, without zeros. durations: None where no run was
    delivered."""

    day: date
    counts: Mapping[RunStatus, int]
    durations: Spread | None


@dataclass(frozen=True)
class Hour:
    """Scheduled runs of the hour that begins at `at` (UTC). names: of up to NAMED schedules, in
    alphabetical order."""

    at: datetime
    runs: int
    schedules: int
    names: tuple[str, ...]


@dataclass(frozen=True)
class ListedSchedules:
    """The first schedules of `total`."""

    schedules: tuple[Schedule, ...]
    total: int


@dataclass(frozen=True)
class ExportFigures:
    """days: DAYS of them until today, in the tenant's zone. durations: of all days, the percentile
    with three significant digits. hours:
    HOURS of them from the current one on, in the tenant's zone, with runs due within 24 hours; a
    run that starts later because of jitter or a policy counts at its tick. owners: names by id."""

    timezone: str
    days: tuple[Day, ...]
    durations: Spread | None
    hours: tuple[Hour, ...]
    backlog: Backlog
    failing: ListedSchedules
    paused: ListedSchedules
    ownerless: ListedSchedules
    owners: Mapping[str, str]


@dataclass(frozen=True)
class _Runs:
    days: tuple[Day, ...]
    durations: Spread | None
    backlog: Backlog
    failing: ListedSchedules
    paused: ListedSchedules
    ownerless: ListedSchedules
    owners: Mapping[str, str]


class ExportAnalytics:
    def __init__(
        self, store: Store, changes: Changes, clock: Clock, closed_days: ClosedDays
    ) -> None:
        self._store = store
        self._clock = clock
        self._closed_days = closed_days
        self._runs: RequestCoalescing[_Runs] = RequestCoalescing(
            changes, KEPT, (Topic.RUNS, Topic.SCHEDULES, Topic.TENANTS)
        )
        # A run moves next_run_at, but changes no times of its schedule
        self._times: RequestCoalescing[tuple[Hour, ...]] = RequestCoalescing(
            changes, KEPT_TIMES, (Topic.SCHEDULES, Topic.TENANTS)
        )

    def read(self, who: Principal, tenant_id: str) -> ExportFigures:
        """Raises NotFound, Forbidden."""
        with self._store.read() as tx:
            tenant = tenant_of(tx, who, tenant_id, Permission.READ)
        zone, now = self._closed_days.zone(tenant), self._clock()
        # The zone is part of the key: after it changes, an earlier reading must not be used
        today = (zone.key, now.astimezone(zone).date())
        runs = self._runs.get(tenant_id, today, lambda: self._read_runs(tenant, zone, now))
        first = _hour_of(now, zone)
        # Ticks of this minute are past, and a schedule that a run has paused fires no more
        view = (zone.key, now.replace(second=0, microsecond=0), runs.paused.total)
        hours = self._times.get(tenant_id, view, lambda: self._read_hours(tenant, now, first))
        return ExportFigures(zone.key, hours=hours, **vars(runs))

    def _read_runs(self, tenant: Tenant, zone: ZoneInfo, now: datetime) -> _Runs:
        spans = last_days(zone, now)
        self._closed_days.close(tenant.id, spans)
        with self._store.read() as tx:
            found = tx.analytics.closed_days(tenant.id, spans)
            still_open = [span for span in spans if span not in found]
            found |= zip(still_open, tx.analytics.days(tenant.id, still_open), strict=True)
            failing = _listed(*tx.analytics.failing(tenant.id, LISTED))
            paused = _listed(*tx.analytics.paused(tenant.id, LISTED))
            ownerless = _listed(*tx.analytics.ownerless(tenant.id, LISTED))
            owners = tx.users.names([schedule.owner_id for schedule in ownerless.schedules])
            backlog = tx.analytics.backlog(tenant.id, now)
        days = tuple(
            Day(span.begins.astimezone(zone).date(), found[span].counts, found[span].durations)
            for span in spans
        )
        of_all = durations.together(
            (day.durations, day.lengths) for day in found.values() if day.durations
        )
        return _Runs(days, of_all, backlog, failing, paused, ownerless, owners)

    def _read_hours(self, tenant: Tenant, now: datetime, first: datetime) -> tuple[Hour, ...]:
        until = now + timedelta(hours=24)
        runs = [0] * HOURS
        of = [list[Upcoming]() for _ in range(HOURS)]
        with self._store.read() as tx:
            for alike in tx.analytics.upcoming(tenant.id, until):
                for at, count in _by_hour(alike, now, first, until).items():
                    runs[at] += count * alike.count
                    of[at].append(alike)
            names = _Names(tx, tenant.id)
            return tuple(
                Hour(
                    first + timedelta(hours=at),
                    runs[at],
                    sum(alike.count for alike in of[at]),
                    names.first(of[at]),
                )
                for at in range(HOURS)
            )


class _Names:
    """Reads the first names of some hours: of few schedules, however many there are."""

    def __init__(self, tx: Transaction, tenant_id: str) -> None:
        self._tx = tx
        self._tenant_id = tenant_id
        self._known: dict[Upcoming, list[str]] = {}

    def first(self, of: Sequence[Upcoming]) -> tuple[str, ...]:
        """NAMED of them at most."""
        # Who comes after so many first names is not among the first
        nearest = sorted(of, key=lambda alike: alike.first)[:NAMED]
        return tuple(sorted(name for alike in nearest for name in self._of(alike))[:NAMED])

    def _of(self, alike: Upcoming) -> list[str]:
        if alike.count == 1:
            return [alike.first]
        if alike not in self._known:
            self._known[alike] = self._tx.analytics.names(self._tenant_id, alike, NAMED)
        return self._known[alike]


def _by_hour(alike: Upcoming, now: datetime, first: datetime, until: datetime) -> dict[int, int]:
    """The number of ticks in (now, until], by hours after `first`. An unreadable schedule has
    none."""
    counts: dict[int, int] = {}
    for tick in _ticks(alike, now, until):
        at = int((tick - first) / timedelta(hours=1))
        counts[at] = counts.get(at, 0) + 1
    return counts


def _ticks(alike: Upcoming, now: datetime, until: datetime) -> Iterable[datetime]:
    try:
        zone = cron.zone(alike.timezone)
        once = ONCE_A_DAY.match(alike.schedule) and alike.next_run_at > now
        # The one after it is a day later by the clock: only where the clocks change meanwhile may
        # it come within 24 hours. Most schedules are like this, and cron takes its time
        if once and now.astimezone(zone).utcoffset() == until.astimezone(zone).utcoffset():
            return [alike.next_run_at]
        fires = cron.occurrences(cron.parse(alike.schedule), zone, now)
    except ExportsError:
        return []
    return takewhile(lambda instant: instant <= until, fires)


def _hour_of(now: datetime, zone: ZoneInfo) -> datetime:
    """When the current hour began on the zone's clocks, UTC."""
    local = now.astimezone(zone)
    return now - timedelta(
        minutes=local.minute, seconds=local.second, microseconds=local.microsecond
    )


def _listed(schedules: Sequence[Schedule], total: int) -> ListedSchedules:
    return ListedSchedules(tuple(schedules), total)
