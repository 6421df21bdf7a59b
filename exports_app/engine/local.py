"""The engine within the server process: APScheduler is its clock, and a small pool of threads does
the work.

The clock only wakes it. Which schedules are due and which runs are pending or processing is read
from the database each time, so nothing is lost with the process.
"""

import asyncio
import contextlib
import threading
import time
from collections.abc import AsyncIterator, Callable

from exports_app import log, metrics
from exports_app.domain.errors import Unavailable
from exports_app.domain.runs.states import ISOLATION_DEATHS
from exports_app.engine.destination_delivery import DestinationDelivery
from exports_app.engine.drain import Drain
from exports_app.engine.file_producer import FileProducer
from exports_app.engine.file_writer import FileLimits
from exports_app.engine.housekeeping import Housekeeping
from exports_app.engine.job import Job
from exports_app.engine.message_sender import MessageSender
from exports_app.engine.pulse import Pulse
from exports_app.engine.run_delivery import DeliveryLimits, RunDelivery
from exports_app.engine.webhook_sender import WebhookSender
from exports_app.engine.worker import Worker
from exports_app.services.core.change_events import Change, Topic
from exports_app.services.core.records import Run
from exports_app.services.runs.lease import LeaseLost
from exports_app.wiring import Services

POOL = 4
"""Runs executed at once, besides those that wait for their turn to make a large file, or for a slow
mail server."""
MOST_THREADS = 64
GRACE_SECONDS = 2.0
"""A stop first leaves the runs DRAIN_SECONDS to finish, then so long to give up."""
TIME_LIMIT = 3600.0
"""Seconds to make one file, where its schedule says nothing else."""
RETRY_SECONDS = 1.0
"""Between two attempts to extend the leases while the database is away."""
CANCEL_SECONDS = 1.0
"""Between two looks for runs of this process that were cancelled."""
STALE_SECONDS = 60.0
"""Without a cycle for so long, the engine counts as down."""

_log = log.get(__name__)


def worker(services: Services) -> Worker:
    s = services.settings
    limits = FileLimits(
        s.export_max_rows, s.export_max_mb * 1_000_000, TIME_LIMIT, s.export_memory_mb * 2**20
    )
    delivery = RunDelivery(
        services.leases,
        services.run_execution,
        services.run_deliveries,
        services.files,
        services.download_links,
        DestinationDelivery(services.store, services.destination_secrets, services.guard),
        DeliveryLimits(s.attach_max_mb * 1_000_000, s.unknown_resends),
    )
    return Worker(
        services.leases,
        services.run_execution,
        services.run_endings,
        delivery,
        services.files,
        FileProducer(services.store, s.export_processes),
        limits,
    )


class LocalEngine:
    """executes: whether this process executes runs now, and does not only create them for due
    schedules; asked in each cycle."""

    def __init__(
        self, services: Services, pool: int = POOL, executes: Callable[[], bool] = lambda: True
    ) -> None:
        self._services = services
        self._pool = pool
        self._executes = executes
        self._leases = services.leases
        self._endings = services.run_endings
        self._worker = worker(services)
        self._jobs: set[Job] = set()
        self._changed = threading.Condition()
        self._closing = threading.Event()
        self._closed = threading.Event()
        self._drain = Drain(services.settings.drain_seconds)
        self._housekeeping = Housekeeping(services, self._closing)
        self._message_sender = MessageSender(
            services.account_messages, services.notifications, self._closing
        )
        self._webhook_sender = WebhookSender(services.webhook_sending, self._closing)
        self._cycle_at = 0.0
        self._away = False
        """Whether the database could not be reached at the last heartbeat."""
        self._recover_from = 0.0
        """From when on runs whose lease has ended count as abandoned, by the monotonic clock."""
        self._looked_at = 0.0
        """When it was last asked which runs were cancelled, by the monotonic clock."""
        self._wake: Callable[[], None] = lambda: None

    @property
    def alive(self) -> bool:
        """Whether there was a cycle lately. A database that is away does not make the engine dead:
        it waits for it."""
        return time.monotonic() - self._cycle_at < STALE_SECONDS

    def drain(self) -> None:
        """Begin no more runs; those at work have DRAIN_SECONDS from now on. From any thread."""
        self._drain.begin()

    def hurry(self) -> None:
        """Runs at work have no more time: they give up, and continue at the next start. From any
        thread."""
        self._drain.cut()
        with self._changed:
            self._changed.notify_all()

    def wake(self) -> None:
        """Begin a cycle now. From any thread."""
        # The event loop may be closed already while the last run's thread still ends
        with contextlib.suppress(RuntimeError):
            self._wake()

    @contextlib.asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        """Work until the context is left, then stop within a few seconds."""
        await asyncio.to_thread(self._start)
        loop = asyncio.get_running_loop()
        event = asyncio.Event()

        def wake_from_thread() -> None:
            loop.call_soon_threadsafe(event.set)

        self._wake = wake_from_thread
        unsubscribe = self._services.changes.subscribe(self._on_change)
        threading.Thread(target=self._heartbeats, name="heartbeat", daemon=True).start()
        drive = asyncio.create_task(self._drive(event))
        try:
            async with Pulse(event.set, self._housekeeping.jobs()).run():
                try:
                    yield
                finally:
                    self._closing.set()  # before the pulse ends: it waits for its jobs
        finally:
            self._closing.set()  # where the pulse could not begin
            unsubscribe()
            event.set()
            await drive
            try:
                await asyncio.to_thread(self._stop)
            finally:
                self._closed.set()

    def _start(self) -> None:
        if self._services.settings.embedded:
            # No other server works on this database: all processing runs have lost their worker
            self._endings.recover(everything=True)
            self._services.account_messages.recover()
            self._services.notifications.recover()
            self._services.webhook_sending.recover()
        self._cycle_at = time.monotonic()

    def _on_change(self, change: Change) -> None:
        if change.topic in {Topic.SCHEDULES, Topic.RUNS, Topic.WEBHOOKS}:
            self.wake()

    async def _drive(self, event: asyncio.Event) -> None:
        while not self._closing.is_set():
            await event.wait()
            event.clear()
            await asyncio.to_thread(self._cycle)

    def _cycle(self) -> None:
        """Create the runs of due schedules, and execute pending runs in free threads."""
        try:
            maintenance = self._services.maintenance.look().is_on
            self._services.ticks.tick()
            metrics.TICKS.inc()
            self._message_sender.start()
            self._webhook_sender.start()
            self._stop_cancelled()
            if not maintenance and self._executes():
                self._begin_runs()
        except Unavailable as e:
            _log.warning("the database cannot be reached: trying again", reason=e.why)
        except Exception:  # noqa: BLE001  (the engine must go on; the error is logged)
            _log.exception("the engine's cycle failed: trying again")
        self._cycle_at = time.monotonic()

    def _stop_cancelled(self) -> None:
        """Runs that were cancelled send nothing more. At the next heartbeat it might be too late:
        their mail server may answer."""
        now = time.monotonic()
        jobs = self._all_jobs()
        if jobs and now - self._looked_at >= CANCEL_SECONDS:
            self._looked_at = now
            lost = self._leases.lost([job.run for job in jobs])
            for job in jobs:
                if job.run in lost:
                    job.lease_lost.set()

    def _begin_runs(self) -> None:
        # At most as many as there is room for, then the next cycle begins: where runs end as fast
        # as they are claimed, a long queue must not delay the creation of others. Each run that
        # ends wakes the engine
        for _ in range(self._room()):
            stops = self._closing.is_set() or self._drain.begun
            if stops or len(self._jobs) >= self._room():
                return
            isolated = self._services.run_queue.isolated_run_waits()
            # A run that waits for a mail server has its file: it ends no process any more
            busy = [job for job in self._all_jobs() if not self._worker.waits_for_mail(job.run)]
            if busy and (isolated or any(job.run.deaths >= ISOLATION_DEATHS for job in busy)):
                return  # a run that may end this process is executed alone
            run = self._services.run_queue.claim(isolated=isolated)
            if run is None:
                return
            self._begin(run)

    def _room(self) -> int:
        """How many runs may be executed. Those that wait to make a large file, or for a slow mail
        server, do not count: others must not wait for them."""
        return min(self._pool + self._worker.waiting, MOST_THREADS)

    def _begin(self, run: Run) -> None:
        job = Job(run)
        with self._changed:
            self._jobs.add(job)
        try:
            threading.Thread(
                target=self._work, args=(job,), name=f"run-{run.id[:8]}", daemon=True
            ).start()
        except RuntimeError:  # no thread can be started: the run is pending again
            with self._changed:
                self._jobs.discard(job)
            self._endings.release(run)
            raise

    def _work(self, job: Job) -> None:
        try:
            with metrics.RUN_SECONDS.time():
                self._worker.execute(job.run, job.check)
        finally:
            with self._changed:
                self._jobs.discard(job)
                self._changed.notify_all()
            self.wake()

    def _heartbeats(self) -> None:
        """Three times per lease, in a thread of their own, until the engine has stopped: runs that
        a stop leaves to finish need their leases too."""
        interval = self._leases.duration.total_seconds() / 3
        while not self._closed.wait(min(interval, RETRY_SECONDS) if self._away else interval):
            self._heartbeat()

    def _heartbeat(self) -> None:
        """Extend the leases of the runs of this process, and recover runs whose worker died."""
        jobs = self._all_jobs()
        try:
            lost = self._leases.extend([job.run for job in jobs]) if jobs else []
            for job in jobs:
                if job.run in lost:
                    job.lease_lost.set()
            if self._away:
                # Leases of other workers may have ended while the database was away: these workers
                # get the time to extend them
                self._recover_from = time.monotonic() + self._leases.duration.total_seconds()
                self._away = False
            if time.monotonic() >= self._recover_from:
                self._endings.recover(everything=False)
        except Unavailable as e:
            self._away = True
            _log.warning(
                "the leases could not be prolonged: the database cannot be reached", reason=e.why
            )
        except Exception:  # noqa: BLE001  (without heartbeats all leases would end; the error is logged)
            _log.exception("the heartbeat failed: trying again")

    def _stop(self) -> None:
        """Let the runs finish for a while, then ask them to give up, then release the runs of
        threads that are stuck."""
        if self._drained():
            return
        for job in self._all_jobs():
            job.stopped.set()
        if self._idle_within(GRACE_SECONDS):
            return
        for job in self._all_jobs():
            job.lease_lost.set()
            of_run = {"run": job.run.id, "tenant": job.run.tenant_id}
            try:
                self._endings.release(job.run)
                _log.info("run taken back from a stuck worker", **of_run)
            except (LeaseLost, Unavailable) as e:
                _log.warning("a run could not be taken back", reason=str(e), **of_run)

    def _all_jobs(self) -> list[Job]:
        with self._changed:
            return list(self._jobs)

    def _drained(self) -> bool:
        """Whether all runs have ended in the time that they had."""
        with self._changed:
            self._changed.wait_for(
                lambda: not self._jobs or not self._drain.left(), self._drain.left()
            )
            return not self._jobs

    def _idle_within(self, seconds: float) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: not self._jobs, seconds)
