"""Figures of a tenant's scheduled exports: results of the last days, runs due next, and schedules
that need attention."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import takewhile
from zoneinfo import ZoneInfo

from exports_app.domain.access import Permission, Principal
from exports_app.domain.errors import ExportsError
from exports_app.domain.runs.states import RunStatus
from exports_app.domain.timing import cron
from exports_app.services.core.change_events import Changes, Topic
from exports_app.services.core.interfaces import Backlog, Clock, Spread, Store
from exports_app.services.core.records import Schedule, Tenant
from exports_app.services.core.request_coalescing import RequestCoalescing
from exports_app.services.tenants.tenant_settings import tenant_of

DAYS = 30
HOURS = 25
"""24 hours from now, with the first and the last hour in part."""
LISTED = 10
"""Schedules in each list."""
NAMED = 5
"""Names of each hour."""
KEPT = 5.0
"""Seconds that a reading is shared, unless a change is published."""
KEPT_TIMES = 30.0


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
    """days: DAYS of them until today, in the tenant's zone. durations: of all days. hours:
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
    """timezone: for tenants without their own."""

    def __init__(self, store: Store, changes: Changes, clock: Clock, timezone: str) -> None:
        self._store = store
        self._clock = clock
        self._timezone = timezone
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
        zone, now = cron.zone(tenant.timezone or self._timezone), self._clock()
        # The zone is part of the key: after it changes, an earlier reading must not be used
        today = (zone.key, now.astimezone(zone).date())
        runs = self._runs.get(tenant_id, today, lambda: self._read_runs(tenant, zone, now))
        first = _hour_of(now, zone)
        # Ticks of this minute are past, and a schedule that a run has paused fires no more
        view = (zone.key, now.replace(second=0, microsecond=0), runs.paused.total)
        hours = self._times.get(tenant_id, view, lambda: self._read_hours(tenant, now, first))
        return ExportFigures(zone.key, hours=hours, **vars(runs))

    def _read_runs(self, tenant: Tenant, zone: ZoneInfo, now: datetime) -> _Runs:
        today = now.astimezone(zone).date()
        dates = [today - timedelta(days=back) for back in reversed(range(DAYS))]
        begins = [datetime.combine(day, time.min, zone).astimezone(UTC) for day in dates]
        with self._store.read() as tx:
            counts = tx.analytics.counts(tenant.id, begins)
            durations = tx.analytics.durations(tenant.id, begins)
            failing = _listed(*tx.analytics.failing(tenant.id, LISTED))
            paused = _listed(*tx.analytics.paused(tenant.id, LISTED))
            ownerless = _listed(*tx.analytics.ownerless(tenant.id, LISTED))
            owners = tx.users.names([schedule.owner_id for schedule in ownerless.schedules])
            backlog = tx.analytics.backlog(tenant.id, now)
        days = tuple(
            Day(
                day,
                {status: n for (place, status), n in counts.items() if place == at},
                durations.get(at),
            )
            for at, day in enumerate(dates)
        )
        return _Runs(days, durations.get(None), backlog, failing, paused, ownerless, owners)

    def _read_hours(self, tenant: Tenant, now: datetime, first: datetime) -> tuple[Hour, ...]:
        until = now + timedelta(hours=24)
        with self._store.read() as tx:
            upcoming = tx.analytics.upcoming(tenant.id, until)
        alike: dict[tuple[str, str], list[Schedule]] = {}
        for schedule in upcoming:
            alike.setdefault((schedule.schedule, schedule.timezone), []).append(schedule)
        runs, of = [0] * HOURS, [list[Schedule]() for _ in range(HOURS)]
        for (expression, timezone), schedules in alike.items():
            for at, count in _by_hour(expression, timezone, now, first, until).items():
                runs[at] += count * len(schedules)
                of[at] += schedules
        return tuple(
            Hour(
                first + timedelta(hours=at),
                runs[at],
                len(of[at]),
                tuple(sorted(schedule.name for schedule in of[at])[:NAMED]),
            )
            for at in range(HOURS)
        )


def _by_hour(
    expression: str, timezone: str, now: datetime, first: datetime, until: datetime
) -> dict[int, int]:
    """The number of ticks in (now, until], by hours after `first`. An unreadable schedule has
    none."""
    try:
        fires = cron.occurrences(cron.parse(expression), cron.zone(timezone), now)
    except ExportsError:
        return {}
    counts: dict[int, int] = {}
    for instant in takewhile(lambda instant: instant <= until, fires):
        at = int((instant - first) / timedelta(hours=1))
        counts[at] = counts.get(at, 0) + 1
    return counts


def _hour_of(now: datetime, zone: ZoneInfo) -> datetime:
    """When the current hour began on the zone's clocks, UTC."""
    local = now.astimezone(zone)
    return now - timedelta(
        minutes=local.minute, seconds=local.second, microseconds=local.microsecond
    )


def _listed(schedules: Sequence[Schedule], total: int) -> ListedSchedules:
    return ListedSchedules(tuple(schedules), total)
