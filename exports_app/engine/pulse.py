"""The engine's clock: APScheduler, and a watchdog that plans its jobs anew when the machine's clock
was set.

APScheduler reckons its waits by the wall clock: set back by an hour, it would wait for an hour. The
watchdog goes by the monotonic clock.
"""

import asyncio
import contextlib
import functools
import math
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
END_SECONDS = 2.0
"""So long the jobs at work may go on when the pulse ends."""
_OPTIONS: dict[str, Any] = {"coalesce": True, "misfire_grace_time": None, "max_instances": 1}

_log = log.get(__name__)


@dataclass(frozen=True)
class Job:
    """after: from the start to the first time. What was missed runs once, however late; never
    twice at a time."""

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
        self._due = dict[str, float]()
        """When each job is due, by the monotonic clock: a clock that is set puts off none."""
        self._at_work = dict[str, asyncio.Task[Any]]()

    @contextlib.asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        """When it is left, jobs at work have END_SECONDS to end."""
        self._beat_at = time.monotonic()
        self._due = {job.name: self._beat_at + job.after.total_seconds() for job in self._jobs}
        self._plan()
        self._scheduler.start()
        watchdog = asyncio.create_task(self._watch(), name="watchdog")
        try:
            yield
        finally:
            watchdog.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watchdog
            self._scheduler.pause()
            await self._end_jobs()
            self._scheduler.shutdown(wait=False)

    def _plan(self) -> None:
        # On the whole second: a schedule is due at :00, and the tick should see it then
        first = datetime.now(UTC).replace(microsecond=2000) + timedelta(seconds=1)
        now = time.monotonic()
        self._scheduler.remove_all_jobs()
        for job in self._jobs:
            wait = timedelta(seconds=math.floor(max(0.0, self._due[job.name] - now)))
            every = {"seconds": job.every.total_seconds(), "start_date": first + wait}
            # The name as id: an instance that still runs counts for the job that is planned anew
            work = functools.partial(self._work, job)
            self._scheduler.add_job(
                work, "interval", id=job.name, name=job.name, **every, **_OPTIONS
            )

    async def _work(self, job: Job) -> None:
        self._due[job.name] = time.monotonic() + job.every.total_seconds()
        task = asyncio.current_task()
        assert task is not None
        self._at_work[job.name] = task
        try:
            await job.work()
        except asyncio.CancelledError:  # which APScheduler would log with its traceback
            _log.warning("a job was given up: it did not end when the server stopped", job=job.name)
        finally:
            del self._at_work[job.name]

    async def _end_jobs(self) -> None:
        await asyncio.sleep(0)  # those that were about to begin do so
        if self._at_work:
            await asyncio.wait(self._at_work.values(), timeout=END_SECONDS)

    async def _pulse(self) -> None:
        self._beat_at = time.monotonic()
        self._beat()

    def _pass(self, seconds: float) -> None:
        """A machine that slept finds its clock ahead: what was due meanwhile is due now, or a
        job's `after` from now."""
        now = time.monotonic()
        for job in self._jobs:
            due = self._due[job.name]
            self._due[job.name] = min(due, max(due - seconds, now + job.after.total_seconds()))

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
                self._pass(max(0.0, jump))
            # Where the whole event loop stood still, the pulse goes on by itself
            elif monotonic - self._beat_at > LATE_SECONDS and passed < LOOK_SECONDS + 1:
                late = round(monotonic - self._beat_at, 1)
                _log.warning("no pulse: the jobs are planned anew", seconds=late)
            else:
                continue
            self._beat_at = monotonic
            self._plan()
            self._beat()
