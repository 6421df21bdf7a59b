"""The plans: temporary tables that number all schedules and runs, from which the others are
filled."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta

from bench.growth.dialects import TENANT, Dialect, chance
from bench.growth.shape import LARGE, RUNS_EACH, YEARS_SECONDS, Shape, TenantShape
from exports_app.domain.timing import cron

QUIET = timedelta(hours=3)
"""No schedule is due within it: what is measured is not the engine's work."""
LATEST = 120
"""Seconds before now of the newest run: all have ended."""
ZONES = ("Europe/Berlin", "America/New_York", "UTC", "Asia/Kolkata", "Europe/London")
HOURS = (6, 7, 8, 9, 12, 17, 22)
DAYS = ("* * *", "* * 1-5", "* * 1")
STATUSES = ((890, "completed"), (930, "partial"), (965, "failed"), (985, "skipped"))
"""Of 1,000 runs, by their code; the others were cancelled."""
SENT, MADE = 965, 930
"""Codes below: something was sent, or tried; there was a file."""
RECIPIENTS = "(CASE WHEN r.s % 10 < 3 THEN 1 WHEN r.s % 10 < 7 THEN 2 ELSE 3 END)"


@dataclass(frozen=True)
class Plan:
    """now: seconds since 1970."""

    shape: Shape
    dialect: Dialect
    now: int

    def run_at(self, n: str, r: str, runs: str) -> str:
        """When the n-th last of so many runs of a schedule was: spread over the years."""
        part = f"{chance(r, 1_000, 17)} * {YEARS_SECONDS} / 1000"
        return f"({self.now - LATEST} - ({n} * {YEARS_SECONDS} + {part}) / {runs})"

    def tables(self) -> Iterator[str]:
        yield from self._tenants()
        yield from self._numbers()
        yield from self._times()
        yield from self._schedules()
        yield from self._runs()

    def _tenants(self) -> Iterator[str]:
        numbers = [field.name for field in fields(TenantShape)]
        columns = ", ".join(f"{name} BIGINT" for name in numbers)
        yield f"CREATE TEMP TABLE plan_tenants (id VARCHAR(36), slug VARCHAR(60), {columns})"
        for tenant in self.shape.tenants:
            values = ", ".join(str(getattr(tenant, name)) for name in numbers)
            key = self.dialect.id(TENANT, str(tenant.number))
            yield f"INSERT INTO plan_tenants VALUES ({key}, '{tenant.slug}', {values})"

    def _numbers(self) -> Iterator[str]:
        most = max(
            self.shape.busy,
            self.shape.people,
            *(max(t.schedules, t.entries, t.days) for t in self.shape.tenants),
        )
        yield "CREATE TEMP TABLE plan_numbers (n BIGINT)"
        yield f"INSERT INTO plan_numbers SELECT n FROM {self.dialect.series(most)}"
        yield "CREATE UNIQUE INDEX plan_numbers_n ON plan_numbers (n)"

    def _times(self) -> Iterator[str]:
        yield (
            "CREATE TEMP TABLE plan_times (k BIGINT, schedule VARCHAR(200), timezone VARCHAR(64), "
            "next_at BIGINT)"
        )
        for k, (expression, zone, following) in enumerate(self._instants()):
            yield (
                f"INSERT INTO plan_times VALUES ({k}, '{expression}', '{zone}', "
                f"{int(following.timestamp())})"
            )

    def _instants(self) -> list[tuple[str, str, datetime]]:
        now = datetime.fromtimestamp(self.now, UTC)
        expressions = [f"{m} {h} {days}" for days in DAYS for h in HOURS for m in (0, 30)]
        instants = [
            (e, z, cron.next_after(cron.parse(e), cron.zone(z), now))
            for e in expressions
            for z in ZONES
        ]
        return [instant for instant in instants if instant[2] > now + QUIET]

    def _schedules(self) -> Iterator[str]:
        """s: numbered over all tenants; n: within its tenant."""
        large, idle, busy = self.shape.tenants[LARGE].schedules, self.shape.idle, self.shape.busy
        times = len(self._instants())
        s = "(t.first_schedule + c.n)"
        never = f"{s} >= {large - idle} AND {s} < {large}"
        runs = f"CASE WHEN {s} = 0 THEN {busy} WHEN {never} THEN 0 ELSE {RUNS_EACH} END"
        before = busy + RUNS_EACH * (large - 1 - idle)
        first = (
            f"CASE WHEN {s} = 0 THEN 0 WHEN {s} < {large} THEN {busy} + ({s} - 1) * {RUNS_EACH} "
            f"ELSE {before} + ({s} - {large}) * {RUNS_EACH} END"
        )
        owner = "t.first_person + 3 * (c.n % ((t.people + 2) / 3))"
        yield (
            "CREATE TEMP TABLE plan_schedules AS SELECT "
            f"{s} AS s, t.number AS t, t.id AS tenant_id, c.n AS n, {runs} AS runs, "
            f"{first} AS first_run, {owner} AS owner, {chance(s, times, 5)} AS k "
            "FROM plan_tenants t JOIN plan_numbers c ON c.n < t.schedules"
        )
        yield "CREATE UNIQUE INDEX plan_schedules_s ON plan_schedules (s)"

    def _runs(self) -> Iterator[str]:
        """In the order of time, as a live history is: those of a tenant lie apart."""
        r = "(p.first_run + c.n)"
        yield (
            "CREATE TEMP TABLE plan_runs AS SELECT row_number() OVER (ORDER BY q.at, q.r) AS seq, "
            "q.* FROM (SELECT "
            f"{r} AS r, p.s AS s, p.t AS t, p.tenant_id AS tenant_id, p.owner AS owner, "
            f"{self.run_at('c.n', r, 'p.runs')} AS at, {chance(r, 1_000, 3)} AS code "
            "FROM plan_schedules p JOIN plan_numbers c ON c.n < p.runs) q ORDER BY seq"
        )


def status(code: str) -> str:
    cases = " ".join(f"WHEN {code} < {below} THEN '{name}'" for below, name in STATUSES)
    return f"CASE {cases} ELSE 'cancelled' END"
