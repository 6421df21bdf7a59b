"""`python -m bench.ticks DATABASE SCHEDULES RUNS`: the engine's own work, with exports that do
nothing.

DATABASE: sqlite, or postgresql (a server of its own, as in the tests). So many schedules of 20
tenants; of them none, 1, 100 and 10,000 are due at once. RUNS of them are then due in the same
second and carried out by the server's own engine, whose worker only closes them. Prints JSON; times
are milliseconds.
"""

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from sqlalchemy import func, insert, select, update

from bench.data import people
from bench.running import percentile
from exports_app import log, wiring
from exports_app.db import migrate
from exports_app.db.models import RunRow, ScheduleRow
from exports_app.db.repositories import table
from exports_app.domain.runs.states import RunStatus
from exports_app.engine.local import LocalEngine
from exports_app.services.core.records import Run, Schedule, new_id
from exports_app.settings import Settings
from exports_app.wiring import Services
from tests.postgres import postgres_server

TENANTS = 20
DUE = (0, 1, 100, 10_000)
ROUNDS = {0: 1000, 1: 100, 100: 10, 10_000: 1}
FAR = timedelta(days=3650)
HEAD_START = timedelta(seconds=2)
PATIENCE = 900.0
"""Seconds."""
SCHEDULES, RUNS = table(ScheduleRow), table(RunRow)


@contextmanager
def services_over(kind: str) -> Iterator[Services]:
    log.configure("error")
    with tempfile.TemporaryDirectory(prefix="exports-bench-") as folder:
        if kind == "sqlite":
            yield _built(Settings(data_dir=Path(folder)))
        else:
            # With autovacuum, as in production: a queue leaves dead rows behind
            with postgres_server(autovacuum="on") as server:
                server.sql("CREATE DATABASE bench")
                yield _built(
                    Settings(
                        data_dir=Path(folder),
                        database_url=SecretStr(server.url("bench")),
                        demo=False,
                    )
                )


def _built(settings: Settings) -> Services:
    services = wiring.build(settings)
    migrate.upgrade(services.database)
    return services


def seed(services: Services, count: int) -> None:
    first, me = people(services)
    tenants = [
        first,
        *(
            services.provisioning.create_tenant(f"bench-{i}", f"Bench {i}").id
            for i in range(1, TENANTS)
        ),
    ]
    now = services.clock()
    with services.database.write() as connection:
        for start in range(0, count, 10_000):
            some = (
                _schedule(tenants[i % TENANTS], me.user_id, i, now)
                for i in range(start, min(start + 10_000, count))
            )
            connection.execute(insert(SCHEDULES), [asdict(schedule) for schedule in some])


def _schedule(tenant_id: str, owner_id: str, number: int, now: datetime) -> Schedule:
    return Schedule(
        id=new_id(),
        tenant_id=tenant_id,
        name=f"Numbers {number}",
        description=None,
        export_type="campaigns",
        format="csv",
        schedule="0 9 * * *",
        timezone="Europe/Berlin",
        recipients=["bench@example.com"],
        filters={},
        when_empty="send",
        is_active=True,
        created_by=owner_id,
        owner_id=owner_id,
        created_at=now,
        updated_at=now,
        next_run_at=now + FAR,
        overlap="allow",
    )


def make_due(services: Services, count: int, at: datetime) -> None:
    """So many are due at the instant, all others in the far future, and no run is left of what was
    before."""
    chosen = select(SCHEDULES.c.id).order_by(SCHEDULES.c.id).limit(count)
    with services.database.write() as connection:
        connection.execute(RUNS.delete())
        connection.execute(
            update(SCHEDULES)
            .where(SCHEDULES.c.next_run_at < at + FAR / 2)
            .values(next_run_at=at + FAR)
        )
        if count:
            connection.execute(
                update(SCHEDULES).where(SCHEDULES.c.id.in_(chosen)).values(next_run_at=at)
            )


def ticks(services: Services, due: int) -> dict[str, float]:
    """ticks: how long one took, an idle one where nothing is due. lag: from the moment when all are
    due until a run is stored."""
    took: list[float] = []
    lags: list[float] = []
    made = 0
    for _ in range(ROUNDS[due]):
        if due or not took:
            make_due(services, due, services.clock())
        began = time.perf_counter()
        while True:
            before = time.perf_counter()
            number = services.ticks.tick()
            now = time.perf_counter()
            if number or not due:
                took.append((now - before) * 1000)
                lags += [(now - began) * 1000] * number
                made += number
            if not number:
                break
    if made != due * ROUNDS[due]:
        raise SystemExit(f"{made} runs for {due} due schedules, {ROUNDS[due]} times")
    seen = {
        "tick_p50": percentile(took, 0.5),
        "tick_p99": percentile(took, 0.99),
        "per_second": 1000 * len(took) / sum(took),
    }
    if due:
        seen |= {
            "lag_p50": percentile(lags, 0.5),
            "lag_p99": percentile(lags, 0.99),
            "lag_max": max(lags),
        }
    return seen


def idle_cycles(services: Services) -> dict[str, float]:
    """A cycle of an idle engine, with the queries of the queue and of the notifications."""
    engine = LocalEngine(services)
    took: list[float] = []
    for _ in range(ROUNDS[0]):
        began = time.perf_counter()
        engine._cycle()  # noqa: SLF001  (no public way to run one cycle)
        took.append((time.perf_counter() - began) * 1000)
    return {"p50": percentile(took, 0.5), "p99": percentile(took, 0.99)}


class NoExport:
    """A worker that only closes runs."""

    waiting = 0

    def __init__(self, services: Services) -> None:
        self._services = services
        self.ended: list[str] = []

    def execute(self, run: Run, _check: Any) -> None:
        self._services.run_endings.close(run, RunStatus.COMPLETED)
        self.ended.append(run.id)


async def work(services: Services, count: int) -> dict[str, float]:
    engine = LocalEngine(services)
    worker = NoExport(services)
    engine._worker = worker  # type: ignore[assignment]  # noqa: SLF001  (a stand-in: nothing is exported here)
    due = (services.clock() + HEAD_START).replace(microsecond=0)
    make_due(services, count, due)
    async with engine.run():
        deadline = time.monotonic() + PATIENCE
        while len(worker.ended) < count:
            if time.monotonic() > deadline:
                raise SystemExit(
                    f"{len(worker.ended)} of {count} runs ended within {PATIENCE:.0f} s"
                )
            await asyncio.sleep(0.2)
    if len(set(worker.ended)) != count or len(worker.ended) != count:
        raise SystemExit(
            f"{len(worker.ended)} runs ended, {len(set(worker.ended))} different ones, of {count}"
        )
    with services.database.read() as connection:
        rows = connection.execute(
            select(RUNS.c.started_at, RUNS.c.completed_at, RUNS.c.attempt)
        ).all()
        stored = connection.execute(select(func.count()).select_from(RUNS)).scalar_one()
    if stored != count or any(row.attempt != 1 for row in rows):
        raise SystemExit(f"{stored} runs are stored of {count}, or one was claimed twice")
    lags = [(row.started_at - due).total_seconds() * 1000 for row in rows]
    seconds = (max(row.completed_at for row in rows) - due).total_seconds()
    lag = {
        "first": min(lags),
        "lag_p50": percentile(lags, 0.5),
        "lag_p99": percentile(lags, 0.99),
        "lag_max": max(lags),
    }
    return lag | {"seconds": seconds, "per_second": count / seconds}


def resident_mb() -> float | None:
    """Now, in units of 1,000,000 bytes; None where the system does not say."""
    status = Path("/proc/self/status")
    if not status.exists():
        return None
    lines = status.read_text().splitlines()
    (line,) = [line for line in lines if line.startswith("VmRSS")]
    return int(line.split()[1]) * 1024 / 1_000_000


def main(kind: str, schedules: int, runs: int) -> dict[str, Any]:
    with services_over(kind) as services:
        services.ticks.tick()
        before = resident_mb()
        seed(services, schedules)
        cycle = idle_cycles(services)
        after = resident_mb()
        seen = {str(due): ticks(services, due) for due in DUE if due <= schedules}
        worked = asyncio.run(work(services, runs))
        services.database.dispose()
    return {
        "cycle": cycle,
        "ticks": seen,
        "runs": worked,
        "memory_mb": [before, after],
        "at": datetime.now(UTC).isoformat(),
    }


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))))
