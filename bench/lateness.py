"""`python -m bench.lateness N`: N schedules due in the same second, made into small CSV files by
the server's own engine."""

import asyncio
import json
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import update

from bench.data import open_services, people, seed
from exports_app.db.models import ScheduleRow
from exports_app.db.repositories import table
from exports_app.domain.runs.states import FINISHED, RunStatus
from exports_app.engine.local import LocalEngine
from exports_app.services.core.records import Run
from exports_app.wiring import Services

HEAD_START = timedelta(seconds=3)
PATIENCE = 300.0
"""Seconds."""
COMPANY = 20
"""Campaigns, of 30 days each: small files, so that mainly the engine's own work is measured."""


def prepare(services: Services, count: int) -> list[str]:
    """The schedules' ids."""
    tenant_id, me = people(services)
    seed(services, tenant_id, COMPANY, days=30)
    draft = {
        "export_type": "campaigns",
        "format": "csv",
        "schedule": "@yearly",
        "recipients": ("bench@example.com",),
    }
    return [
        services.schedules.create(me, tenant_id, draft | {"name": f"bench {i}"}).id
        for i in range(count)
    ]


def runs(services: Services, schedules: list[str]) -> list[Run]:
    """The latest run of each; raises IndexError where there is none."""
    with services.store.read() as tx:
        return [tx.runs.of_schedule(schedule_id, 1)[0][0] for schedule_id in schedules]


def wait(services: Services, schedules: list[str]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not all(run.status in FINISHED for run in runs(services, schedules)):
        if time.monotonic() > deadline:
            raise SystemExit(f"not all runs ended within {PATIENCE:.0f} s")
        time.sleep(0.5)  # rarely: asking disturbs what is measured


async def work(services: Services, schedules: list[str]) -> None:
    async with LocalEngine(services).run():
        due = datetime.now(UTC).replace(microsecond=0) + HEAD_START
        with services.database.write() as connection:
            connection.execute(update(table(ScheduleRow)).values(next_run_at=due))
        await asyncio.sleep(HEAD_START.total_seconds() + 0.5)
        await asyncio.to_thread(wait, services, schedules)


def lateness(made: list[Run], name: str) -> dict[str, float]:
    """Milliseconds after the tick."""
    late = sorted(
        (getattr(run, name) - run.scheduled_for).total_seconds() * 1000
        for run in made
        if run.scheduled_for
    )
    return {
        "p50": statistics.median(late),
        "p99": late[round(0.99 * (len(late) - 1))],
        "max": late[-1],
    }


def main(count: int) -> dict[str, dict[str, float]]:
    with tempfile.TemporaryDirectory(prefix="exports-bench-") as folder:
        services = open_services(Path(folder))
        schedules = prepare(services, count)
        asyncio.run(work(services, schedules))
        made = runs(services, schedules)
    if len(made) != count or any(r.status is not RunStatus.COMPLETED for r in made):
        raise SystemExit(
            f"{len(made)} runs for {count} schedules, ended as {sorted({r.status for r in made})}"
        )
    return {what: lateness(made, f"{what}_at") for what in ("created", "started", "completed")}


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]))))
