"""The engine within the server process: APScheduler is its clock, a small pool of threads its
hands.

The clock only wakes it. What is due, what waits and what runs is read from the database each time,
so nothing is lost with the process.
"""

import asyncio
import contextlib
import threading
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from exports_app import log, metrics
from exports_app.db import queue
from exports_app.domain.errors import Unavailable
from exports_app.domain.runs.states import ISOLATION_DEATHS
from exports_app.engine.file_producer import FileProducer
from exports_app.engine.file_writer import FileLimits
from exports_app.engine.worker import Stopped, Worker
from exports_app.services.core.change_events import Change, Topic
from exports_app.services.core.records import Run
from exports_app.services.delivery.notifications import Notifications
from exports_app.services.identity.account_messages import AccountMessages
from exports_app.services.runs.lifecycle import LeaseLost
from exports_app.wiring import Services

POOL = 4
"""Runs executed at once, beside those that wait for their turn to make a large file."""
MOST_THREADS = 64
GRACE_SECONDS = 2.0
"""What a stop leaves running work to notice that it shall give up, after DRAIN_SECONDS to finish by
itself."""
NOTED_SECONDS = 5
"""Between two writings of failed sign-ins and refusals into the audit."""
SWEEP_AFTER = timedelta(minutes=1)
"""Of the start: what is due comes first."""
TIME_LIMIT = 3600.0
"""Seconds that the making of one file may take."""
AGAIN_SECONDS = 1.0
"""Between two tries to prolong the leases while the database is away."""
STALE_SECONDS = 60.0
"""Without a pulse for so long, the engine counts as down."""

_log = log.get(__name__)


class _Job:
    """One run in a thread of this process."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.stopped, self.lost = threading.Event(), threading.Event()

    def check(self) -> None:
        if self.lost.is_set():
            raise LeaseLost
        if self.stopped.is_set():
            raise Stopped


def worker(services: Services) -> Worker:
    s = services.settings
    limits = FileLimits(
        s.export_max_rows, s.export_max_mb * 1_000_000, TIME_LIMIT, s.export_memory_mb * 2**20
    )
    maker = FileProducer(services.store, s.export_processes)
    return Worker(
        services.runs,
        services.files,
        services.download_links,
        maker,
        limits,
        s.attach_max_mb * 1_000_000,
    )


class LocalEngine:
    """executes: whether this process shall take up runs now, beside making them of what is due;
    asked at each pulse."""

    def __init__(
        self, services: Services, pool: int = POOL, executes: Callable[[], bool] = lambda: True
    ) -> None:
        self._services, self._pool, self._executes = services, pool, executes
        self._runs = services.runs
        self._worker = worker(services)
        self._jobs: set[_Job] = set()
        self._changed = threading.Condition()
        self._closing, self._closed = threading.Event(), threading.Event()
        self._telling = threading.Lock()
        self._pulse_at = 0.0
        self._away, self._recover_from = False, 0.0
        """Whether the database could not be reached at the last beat; from when on others' runs may
        be taken for left."""
        self._wake: Callable[[], None] = lambda: None

    @property
    def alive(self) -> bool:
        """Whether the engine's loop turned lately. A database that is away does not make it dead:
        it waits for it."""
        return time.monotonic() - self._pulse_at < STALE_SECONDS

    def wake(self) -> None:
        """Look at what is due and what waits, now. From any thread."""
        # The loop may be gone already while the last run's thread still reports
        with contextlib.suppress(RuntimeError):
            self._wake()

    @contextlib.asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        """Work until the context is left, then stop within a few seconds."""
        await asyncio.to_thread(self._start)
        loop, event = asyncio.get_running_loop(), asyncio.Event()

        def wake_from_thread() -> None:
            loop.call_soon_threadsafe(event.set)

        self._wake = wake_from_thread
        unsubscribe = self._services.changes.subscribe(self._on_change)
        clock = AsyncIOScheduler(timezone=UTC)

        async def wake() -> None:
            event.set()

        # On the whole second: a schedule is due at :00, and the tick should see it then
        first = datetime.now(UTC).replace(microsecond=2000) + timedelta(seconds=1)
        options = {"coalesce": True, "misfire_grace_time": None, "max_instances": 1}
        clock.add_job(wake, "interval", seconds=1, start_date=first, **options)
        clock.add_job(self._sweep, "interval", hours=1, start_date=first + SWEEP_AFTER, **options)
        clock.add_job(
            self._note_repeated, "interval", seconds=NOTED_SECONDS, start_date=first, **options
        )
        clock.add_job(self._note_expired, "interval", minutes=1, start_date=first, **options)
        clock.add_job(self._keep_audit, "interval", minutes=1, start_date=first, **options)
        if not self._services.database.embedded:
            clock.add_job(self._sweep_queue, "interval", minutes=1, start_date=first, **options)
        clock.start()
        heart = threading.Thread(target=self._heartbeat, name="heartbeat", daemon=True)
        heart.start()
        drive = asyncio.create_task(self._drive(event))
        try:
            yield
        finally:
            clock.shutdown(wait=False)
            self._closing.set()
            unsubscribe()
            event.set()
            await drive
            try:
                await asyncio.to_thread(self._stop)
            finally:
                self._closed.set()

    def _start(self) -> None:
        if self._services.settings.embedded:
            # The only server on this database is this one: what is processing has lost its worker
            self._runs.recover(everything=True)
        self._pulse_at = time.monotonic()

    def _on_change(self, change: Change) -> None:
        if change.topic in {Topic.SCHEDULES, Topic.RUNS}:
            self.wake()

    async def _drive(self, event: asyncio.Event) -> None:
        while not self._closing.is_set():
            await event.wait()
            event.clear()
            await asyncio.to_thread(self._pulse)

    async def _sweep(self) -> None:
        try:
            await asyncio.to_thread(self._services.retention.sweep, self._closing.is_set)
            await asyncio.to_thread(self._services.quotas.forget)
        except Unavailable:
            _log.warning("files could not be swept: the database cannot be reached")
        except Exception:  # noqa: BLE001  (the next hour tries again)
            _log.exception("files could not be swept")

    async def _note_repeated(self) -> None:
        try:
            await asyncio.to_thread(self._services.repeated_entries.flush)
        except Unavailable:
            _log.warning(
                "failed sign-ins and refusals could not be noted yet: the database cannot be reached"
            )
        except Exception:  # noqa: BLE001  (the next time tries again)
            _log.exception("failed sign-ins and refusals could not be noted")

    async def _note_expired(self) -> None:
        try:
            await asyncio.to_thread(self._services.session_expiry.note, self._closing.is_set)
        except Unavailable:
            _log.warning("expired sessions could not be noted yet: the database cannot be reached")
        except Exception:  # noqa: BLE001  (the next minute tries again)
            _log.exception("expired sessions could not be noted")

    async def _keep_audit(self) -> None:
        try:
            await asyncio.to_thread(self._services.audit_seals.seal, self._closing.is_set)
            await asyncio.to_thread(self._services.audit_seals.sweep, self._closing.is_set)
        except Unavailable:
            _log.warning("the audit could not be sealed: the database cannot be reached")
        except Exception:  # noqa: BLE001  (the next minute tries again)
            _log.exception("the audit could not be sealed")

    async def _sweep_queue(self) -> None:
        try:
            removed, made = await asyncio.to_thread(queue.sweep, self._services.database)
        except Unavailable:
            _log.warning("the queue could not be swept: the database cannot be reached")
        except Exception:  # noqa: BLE001  (likewise)
            _log.exception("the queue could not be swept")
        else:
            if removed or made:
                _log.info("queue swept", removed=removed, made=made)

    def _pulse(self) -> None:
        """Make runs of what is due and hand them to free threads."""
        try:
            self._services.ticks.tick()
            metrics.TICKS.inc()
            self._tell()
            if self._executes():
                self._take_up()
        except Unavailable:
            _log.warning("the database cannot be reached: trying again")
        except Exception:  # noqa: BLE001  (the engine outlives whatever happens; it is logged)
            _log.exception("the engine's pulse failed: trying again")
        self._pulse_at = time.monotonic()

    def _take_up(self) -> None:
        # So many at most, then comes the next look at what is due: where runs end as fast as they
        # are claimed, a long queue must not hold up the making of others. Each run that ends wakes
        # the engine
        for _ in range(self._room()):
            if self._closing.is_set() or len(self._jobs) >= self._room():
                return
            isolated = self._services.run_queue.isolated_run_waits()
            if self._jobs and (
                isolated or any(job.run.deaths >= ISOLATION_DEATHS for job in self._all_jobs())
            ):
                return  # what may take this process down has it for itself
            run = self._services.run_queue.claim(isolated=isolated)
            if run is None:
                return
            self._begin(run)

    def _tell(self) -> None:
        """Send the app's own messages that are due, in a thread of their own: a mail server may
        take its time."""
        due = any(messages.due() for messages in self._messages())
        if self._closing.is_set() or not due or not self._telling.acquire(blocking=False):
            return
        try:
            threading.Thread(target=self._tell_now, name="notices", daemon=True).start()
        except RuntimeError:  # no thread is to be had
            self._telling.release()
            raise

    def _messages(self) -> tuple[AccountMessages | Notifications, ...]:
        """A person waits for the first."""
        return self._services.account_messages, self._services.notifications

    def _tell_now(self) -> None:
        try:
            for messages in self._messages():
                while not self._closing.is_set() and messages.send_due():
                    pass
        except Unavailable:
            _log.warning("notices could not be sent: the database cannot be reached")
        except Exception:  # noqa: BLE001  (likewise)
            _log.exception("notices could not be sent")
        finally:
            self._telling.release()

    def _room(self) -> int:
        """Small runs must not wait behind large ones that wait for each other."""
        return min(self._pool + self._worker.waiting, MOST_THREADS)

    def _begin(self, run: Run) -> None:
        job = _Job(run)
        with self._changed:
            self._jobs.add(job)
        try:
            threading.Thread(
                target=self._work, args=(job,), name=f"run-{run.id[:8]}", daemon=True
            ).start()
        except RuntimeError:  # no thread is to be had: another attempt, when there is
            with self._changed:
                self._jobs.discard(job)
            self._runs.release(run)
            raise

    def _work(self, job: _Job) -> None:
        try:
            with metrics.RUN_SECONDS.time():
                self._worker.execute(job.run, job.check)
        finally:
            with self._changed:
                self._jobs.discard(job)
                self._changed.notify_all()
            self.wake()

    def _heartbeat(self) -> None:
        """Prolong the leases of what runs here, and look for runs whose worker is gone; independent
        of the work. To the very end: what a stop leaves to finish needs its lease as well."""
        apart = self._runs.lease.total_seconds() / 3
        while not self._closed.wait(min(apart, AGAIN_SECONDS) if self._away else apart):
            self._beat()

    def _beat(self) -> None:
        jobs = self._all_jobs()
        try:
            lost = self._runs.extend([job.run for job in jobs]) if jobs else []
            for job in jobs:
                if job.run in lost:
                    job.lost.set()
            if self._away:
                # The others' leases may have ended while the database was away, and not their
                # workers: they have their time too
                self._recover_from, self._away = (
                    time.monotonic() + self._runs.lease.total_seconds(),
                    False,
                )
            if time.monotonic() >= self._recover_from:
                self._runs.recover(everything=False)
        except Unavailable:
            self._away = True
            _log.warning("the leases could not be prolonged: the database cannot be reached")
        except Exception:  # noqa: BLE001  (likewise)
            _log.exception("the heartbeat failed: trying again")

    def _stop(self) -> None:
        """Let what runs finish for a while, then ask it to give up, then take the runs back from
        threads that are stuck."""
        if self._idle_within(self._services.settings.drain_seconds):
            return
        for job in self._all_jobs():
            job.stopped.set()
        if self._idle_within(GRACE_SECONDS):
            return
        for job in self._all_jobs():
            job.lost.set()
            try:
                self._runs.release(job.run)
                _log.info("run taken back from a stuck worker", run=job.run.id)
            except (LeaseLost, Unavailable) as e:
                _log.warning("a run could not be taken back", run=job.run.id, reason=str(e))

    def _all_jobs(self) -> list[_Job]:
        with self._changed:
            return list(self._jobs)

    def _idle_within(self, seconds: float) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: not self._jobs, seconds)
