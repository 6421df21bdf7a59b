"""`python -m bench.ticker FOLDER ROWS`: how much a large export slows down the rest of the serving
process.

A task on the event loop sleeps 10 ms, again and again, and notes how late it wakes up: before, and
while a worker in a thread carries out an Excel export of all rows as the product does it (claim,
the child process, the file with fsync, the history row). No email is sent. Prints milliseconds.
"""

import asyncio
import json
import sys
import time
from collections.abc import Awaitable
from pathlib import Path
from typing import Any

from bench.data import open_services, who
from bench.running import percentile
from exports_app.domain.runs.states import RunStatus
from exports_app.engine.local import worker as worker_of
from exports_app.services.core.records import Page, Run
from exports_app.services.schedules.filters import Filters
from exports_app.wiring import Services

TICK = 0.01
IDLE_SECONDS = 20.0


async def ticks(late: list[float]) -> None:
    while True:
        began = time.perf_counter()
        await asyncio.sleep(TICK)
        late.append((time.perf_counter() - began - TICK) * 1000)


async def lateness(during: Awaitable[Any]) -> dict[str, float]:
    late: list[float] = []
    ticking = asyncio.create_task(ticks(late))
    await during
    ticking.cancel()
    return {
        "p50": percentile(late, 0.5),
        "p99": percentile(late, 0.99),
        "max": max(late),
        "ticks": len(late),
    }


def claimed(services: Services) -> Run:
    """A run of the export type `campaign` over all campaigns."""
    tenant_id, me = who(services)
    campaigns: list[str] = []
    while page := services.campaigns.find(
        me, tenant_id, {}, "", Page(len(campaigns) // 200 + 1, 200)
    )[0]:
        campaigns += [c.id for c in page]
    draft = {
        "name": "bench",
        "export_type": "campaign",
        "format": "excel",
        "schedule": "@yearly",
        "recipients": ("bench@example.com",),
        "filters": Filters(campaign_ids=tuple(campaigns)),
    }
    schedule = services.schedules.create(me, tenant_id, draft)
    services.schedules.trigger(me, schedule.id)
    run = services.run_queue.claim()
    assert run is not None
    return run


async def measure(services: Services, run: Run) -> dict[str, Any]:
    worker = worker_of(services)
    idle = await lateness(asyncio.sleep(IDLE_SECONDS))
    began = time.perf_counter()
    busy = await lateness(asyncio.to_thread(worker.execute, run, lambda: None))
    return {"idle": idle, "busy": busy, "seconds": time.perf_counter() - began}


def main(folder: Path, rows: int) -> dict[str, Any]:
    services = open_services(folder)
    run = claimed(services)
    measured = asyncio.run(measure(services, run))
    _, me = who(services)
    done, _ = services.history.get(me, run.scheduled_export_id, run.id)
    if done.status is not RunStatus.COMPLETED or done.record_count != rows:
        raise SystemExit(f"the run ended {done.status} with {done.record_count} rows: {done.error}")
    services.history.file(me, run.scheduled_export_id, run.id).path.unlink()
    return measured


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), int(sys.argv[2]))))
