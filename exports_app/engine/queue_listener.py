"""Procrastinate's worker: each of its jobs wakes the engine of this process, which claims the next
run.

A job does not own a run: only the run's row and its lease count, whatever happens to the job.
"""

import asyncio
import logging
from collections.abc import Callable

import procrastinate
import psycopg
from procrastinate.exceptions import ProcrastinateException

from exports_app import log
from exports_app.db.engine import APART, Database
from exports_app.db.job_queue import QUEUE, TASK

RETRY_SECONDS = 1.0
"""Between two attempts while the database is away."""
AT_ONCE = 20
"""Jobs. Each only wakes the engine."""

_log = log.get(__name__)


async def consume(database: Database, wake: Callable[[], None], stopped: asyncio.Event) -> None:
    """Wake the engine for each job, until `stopped`. Procrastinate's worker ends without an error
    when PostgreSQL goes away: then it is started again."""
    # Its errors are logged below, once each
    logging.getLogger("procrastinate").setLevel(logging.CRITICAL)
    while not stopped.is_set():
        try:
            await _until(database, wake, stopped)
        except (ProcrastinateException, psycopg.Error, OSError) as e:
            _log.warning(
                "the queue cannot be reached: trying again",
                reason=str(e).strip() or type(e).__name__,
            )
        except Exception:  # noqa: BLE001  (retried; meanwhile the engine checks the database each second)
            _log.exception("the queue failed: trying again")
        if not stopped.is_set():
            _, pending = await asyncio.wait(
                {asyncio.ensure_future(stopped.wait())}, timeout=RETRY_SECONDS
            )
            for task in pending:
                task.cancel()


async def _until(database: Database, wake: Callable[[], None], stopped: asyncio.Event) -> None:
    connector = procrastinate.PsycopgConnector(
        conninfo=lambda: database.libpq_url,  # asked for each new connection
        kwargs=APART,
        min_size=1,
        max_size=4,
        timeout=APART["connect_timeout"],
    )
    app = procrastinate.App(connector=connector)

    @app.task(name=TASK, queue=QUEUE)
    async def run_waits(run: str) -> None:  # noqa: ARG001  (the claim decides which run begins)
        wake()

    async with app.open_async():
        worker = asyncio.create_task(
            app.run_worker_async(
                queues=[QUEUE],
                concurrency=AT_ONCE,
                delete_jobs="always",
                install_signal_handlers=False,
            )
        )
        stop = asyncio.create_task(stopped.wait())
        await asyncio.wait({worker, stop}, return_when=asyncio.FIRST_COMPLETED)
        for task in (worker, stop):
            task.cancel()
        ended = await asyncio.gather(worker, return_exceptions=True)
        if isinstance(ended[0], Exception):
            raise ended[0]
