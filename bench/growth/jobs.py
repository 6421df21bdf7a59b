"""What the engine does by itself: the housekeeping's jobs, a cycle, a tick with and without due
schedules."""

import asyncio
import threading
from collections.abc import Iterator
from functools import partial

from sqlalchemy import select, update

from bench.growth.aims import FLAT, SWEEP, Aim
from bench.growth.databases import SCHEDULES
from bench.growth.operations import Operation
from exports_app.db.models import RunRow
from exports_app.db.repositories import table
from exports_app.engine.housekeeping import Housekeeping
from exports_app.engine.local import LocalEngine
from exports_app.wiring import Services

DUE = 10
RUNS = table(RunRow)
LONGEST = 180.0
"""Seconds after which a job is stopped: it goes on the next time."""
HOURLY = 3_600.0
"""Seconds: a job that is done as seldom is done once here, and judged by its own aim."""


def operations(services: Services) -> Iterator[Operation]:
    yield from _jobs(services)
    engine = LocalEngine(services)

    async def cycle() -> None:
        await asyncio.to_thread(engine._cycle)  # noqa: SLF001 (no public way to run one cycle)

    yield Operation("engine: an idle cycle", "", cycle)
    yield Operation("engine: a tick, nothing due", "", partial(_tick, services, 0))
    ticks = _Due(services)
    yield Operation(
        f"engine: a tick, {DUE} due",
        "",
        partial(_tick, services, DUE),
        before=ticks.make_due,
        after=ticks.clear,
    )


def _jobs(services: Services) -> Iterator[Operation]:
    for place, job in enumerate(Housekeeping(services, threading.Event()).jobs()):
        seldom = job.every.total_seconds() >= HOURLY
        yield Operation(
            f"job: {job.name}",
            "",
            partial(_work, services, place),
            Aim(None, SWEEP) if seldom else FLAT,
            **({"calls": 1, "warm": False} if seldom else {}),
        )


async def _work(services: Services, place: int) -> None:
    """Do the job, and stop it where it takes far more than any aim allows."""
    closing = threading.Event()
    job = Housekeeping(services, closing).jobs()[place]
    cut = threading.Timer(LONGEST, closing.set)
    cut.start()
    await job.work()
    cut.cancel()


async def _tick(services: Services, due: int) -> None:
    made = await asyncio.to_thread(services.ticks.tick)
    if made != due:
        raise SystemExit(f"{made} runs for {due} due schedules")


class _Due:
    """Makes schedules due, and cancels the runs that the tick made of them."""

    def __init__(self, services: Services) -> None:
        self._services = services
        query = (
            select(SCHEDULES.c.id).where(SCHEDULES.c.is_active).order_by(SCHEDULES.c.id).limit(DUE)
        )
        with services.database.read() as connection:
            self._ids = list(connection.execute(query).scalars())

    async def make_due(self) -> None:
        await asyncio.to_thread(self._make_due)

    def _make_due(self) -> None:
        now = self._services.clock()
        with self._services.database.write() as connection:
            chosen = SCHEDULES.c.id.in_(self._ids)
            connection.execute(update(SCHEDULES).where(chosen).values(next_run_at=now))

    async def clear(self) -> None:
        await asyncio.to_thread(self._clear)

    def _clear(self) -> None:
        with self._services.database.write() as connection:
            connection.execute(
                update(RUNS)
                .where(RUNS.c.status == "pending", RUNS.c.scheduled_export_id.in_(self._ids))
                .values(status="cancelled", completed_at=self._services.clock())
            )
