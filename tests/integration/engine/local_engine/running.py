"""An engine that runs in this process."""

import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from exports_app.domain.runs.states import DeliveryStatus, RunStatus
from exports_app.engine.local import LocalEngine
from exports_app.services.core.records import Run, Schedule
from exports_app.wiring import Services
from tests.world import (
    deliveries_of,
    runs_of,
)

ANN, BOB = "ann@example.com", "bob@example.com"


def outcomes(services: Services, run: Run) -> dict[str, DeliveryStatus]:
    return {d.target: d.status for d in deliveries_of(services, run)}


@asynccontextmanager
async def running(services: Services) -> AsyncIterator[LocalEngine]:
    engine = LocalEngine(services)
    async with engine.run():
        yield engine


def has_status(services: Services, schedule: Schedule, *statuses: RunStatus) -> Callable[[], bool]:
    """Whether the schedule's runs, newest first, have these states."""
    return lambda: [r.status for r in runs_of(services, schedule)] == list(statuses)


def run_threads() -> list[threading.Thread]:
    return [t for t in threading.enumerate() if t.name.startswith("run-")]
