"""What the server does without being asked: a start, each second's tick, heartbeats, messages, and
the jobs of housekeeping. None reads in proportion to what has piled up."""

import asyncio
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from exports_app import startup
from exports_app.engine import housekeeping
from exports_app.engine.housekeeping import Housekeeping
from exports_app.engine.local import LocalEngine
from exports_app.wiring import Services
from tests.integration.database.query_plans.filling import fill
from tests.integration.database.query_plans.plan_steps import Explaining
from tests.world import Cast, sql

AT_REST = 900
"""Rows that one of these may read where there is nothing to do: 30 days for each of 22 tenants, and
not the thousands that are there."""

OF_THE_FEW = "ix_users_with_demo_password"
"""An index that holds the few rows that are asked for, and is read whole."""


class Rows:
    """Counts the rows that connections fetch, by their drivers' own hook."""

    def __init__(self) -> None:
        self.count = 0

    def watch(self, connection: Any, _record: Any) -> None:
        if type(connection).__module__.startswith("sqlite3"):
            connection.row_factory = lambda _, row: self._counted(row)
        else:
            # Small tables are always read whole. What is left of that has no index to take
            connection.execute("SET enable_seqscan = off")
            connection.commit()
            connection.row_factory = lambda _: lambda values: self._counted(tuple(values))

    def _counted(self, row: tuple[Any, ...]) -> tuple[Any, ...]:
        self.count += 1
        return row


@contextmanager
def watched(engine: Engine) -> Iterator[Rows]:
    rows = Rows()
    engine.dispose()
    event.listen(engine, "connect", rows.watch)
    try:
        yield rows
    finally:
        event.remove(engine, "connect", rows.watch)
        engine.dispose()


@pytest.fixture
def works(services: Services, monkeypatch: pytest.MonkeyPatch) -> Mapping[str, Callable[[], Any]]:
    """By name. An error of a job is raised."""

    async def unguarded(job: Callable[[], None], *_: Any, **__: Any) -> None:
        await asyncio.to_thread(job)

    monkeypatch.setattr(housekeeping, "_guarded", unguarded)
    engine = LocalEngine(services, executes=lambda: True)
    jobs = Housekeeping(services, threading.Event()).jobs()

    def done(job: housekeeping.Job) -> Callable[[], None]:
        return lambda: asyncio.run(job.work())  # type: ignore[arg-type]

    def start() -> None:
        startup.prepare(services)
        engine._start()

    return {
        "the start": start,
        "a tick": services.ticks.tick,
        "the look for a run": lambda: services.run_queue.claim(isolated=False),
        "the look for an isolated run": services.run_queue.isolated_run_waits,
        "the look for account messages": services.account_messages.due,
        "the look for notifications": services.notifications.due,
        "a heartbeat": engine._heartbeat,
        "health": services.health.troubles,
        "figures": services.health.figures,
        **{f"the job {job.name}": done(job) for job in jobs},
    }


@pytest.mark.long
def test_nothing_that_is_done_often_or_at_a_start_costs_in_proportion(
    services: Services, cast: Cast, works: Mapping[str, Callable[[], Any]]
) -> None:
    fill(services, cast)
    sql(services, "DELETE FROM audit_unsealed")  # of entries that were made up
    for work in [*works.values()] * 2:  # what there is to do is done, and what came of that
        work()
    engine = services.database.engine
    faults: list[str] = []
    with watched(engine) as rows:
        for name, work in works.items():
            rows.count = 0
            work()
            if rows.count > AT_REST:
                faults.append(f"{name} reads {rows.count:,} rows")
            with Explaining(engine) as explaining:
                work()
            for found in explaining.found:
                faults += [
                    f"{name}: {fault}: {found.statement}"
                    for fault in found.faults
                    if OF_THE_FEW not in fault
                ]
    assert not faults, "\n".join(faults)
