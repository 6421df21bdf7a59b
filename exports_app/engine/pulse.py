"""The engine's clock: APScheduler, and a watchdog that plans its jobs anew when the machine's clock
was set.

APScheduler reckons its waits by the wall clock: set back by an hour, it would wait for an hour. The
watchdog goes by the monotonic clock.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from exports_app import log

LOOK_SECONDS = 1.0
JUMP_SECONDS = 2.0
"""The clock was set, where it and the monotonic clock part by more between two looks."""
LATE_SECONDS = 5.0
"""Without a pulse for so long, the jobs are planned anew."""
_OPTIONS: dict[str, Any] = {"coalesce": True, "misfire_grace_time": None, "max_instances": 1}

_log = log.get(__name__)


@dataclass(frozen=True)
class Job:
    """after: from the start, or from a setting of the clock, to the first time. What was missed
    runs once, however late; never twice at a time."""

    name: str
    work: Callable[[], Awaitable[None]]
    every: timedelta
    after: timedelta = timedelta(0)


class Pulse:
    """beat: called each second, on the event loop."""

    def __init__(self, beat: Callable[[], None], jobs: Iterable[Job] = ()) -> None:
        self._beat = beat
        self._jobs = [Job("pulse", self._pulse, timedelta(seconds=1)), *jobs]
        self._scheduler = AsyncIOScheduler(timezone=UTC)
        self._beat_at = 0.0
        """By the monotonic clock."""

    @contextlib.asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        self._beat_at = time.monotonic()
        self._plan()
        self._scheduler.start()
        watchdog = asyncio.create_task(self._watch(), name="watchdog")
        try:
            yield
        finally:
            watchdog.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watchdog
            self._scheduler.shutdown(wait=False)

    def _plan(self) -> None:
        # On the whole second: a schedule is due at :00, and the tick should see it then
        first = datetime.now(UTC).replace(microsecond=2000) + timedelta(seconds=1)
        self._scheduler.remove_all_jobs()
        for job in self._jobs:
            every = {"seconds": job.every.total_seconds(), "start_date": first + job.after}
            # The name as id: an instance that still runs counts for the job that is planned anew
            self._scheduler.add_job(job.work, "interval", id=job.name, **every, **_OPTIONS)

    async def _pulse(self) -> None:
        self._beat_at = time.monotonic()
        self._beat()

    async def _watch(self) -> None:
        wall, monotonic = time.time(), time.monotonic()
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            passed = time.monotonic() - monotonic
            jump = time.time() - wall - passed
            wall, monotonic = time.time(), time.monotonic()
            if abs(jump) > JUMP_SECONDS:
                by = round(jump, 1)
                _log.warning("the machine's clock was set: the jobs are planned anew", seconds=by)
            # Where the whole event loop stood still, the pulse goes on by itself
            elif monotonic - self._beat_at > LATE_SECONDS and passed < LOOK_SECONDS + 1:
                late = round(monotonic - self._beat_at, 1)
                _log.warning("no pulse: the jobs are planned anew", seconds=late)
            else:
                continue
            self._beat_at = monotonic
            self._plan()
            self._beat()
