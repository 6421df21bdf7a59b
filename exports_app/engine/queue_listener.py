"""Procrastinate's worker: each of its jobs wakes the engine of this process, which claims what is
next.

So a job is never a run's owner. Whatever becomes of it, the run's row and its lease say what is so.
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

AGAIN_SECONDS = 1.0
"""Between two tries while the database is away."""
AT_ONCE = 20
"""Jobs: each is but a word."""

_log = log.get(__name__)


async def consume(database: Database, wake: Callable[[], None], stopped: asyncio.Event) -> None:
    """Until `stopped`. Procrastinate's worker ends as if all were well when PostgreSQL goes away:
    so it is begun again."""
    logging.getLogger("procrastinate").setLevel(
        logging.CRITICAL
    )  # its troubles are told here, once each
    while not stopped.is_set():
        try:
            await _until(database, wake, stopped)
        except (ProcrastinateException, psycopg.Error, OSError) as e:
            _log.warning(
                "the queue cannot be reached: trying again",
                reason=str(e).strip() or type(e).__name__,
            )
        except Exception:  # noqa: BLE001  (the engine looks at the database each second, with or without it)
            _log.exception("the queue failed: trying again")
        if not stopped.is_set():
            _, pending = await asyncio.wait(
                {asyncio.ensure_future(stopped.wait())}, timeout=AGAIN_SECONDS
            )
            for one in pending:
                one.cancel()


async def _until(database: Database, wake: Callable[[], None], stopped: asyncio.Event) -> None:
    connector = procrastinate.PsycopgConnector(
        conninfo=database.libpq_url,
        kwargs=APART,
        min_size=1,
        max_size=4,
        timeout=APART["connect_timeout"],
    )
    app = procrastinate.App(connector=connector)

    @app.task(name=TASK, queue=QUEUE)
    async def run_waits(run: str) -> None:  # noqa: ARG001  (which one is claimed is the claim's to say)
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
        for one in (worker, stop):
            one.cancel()
        ended = await asyncio.gather(worker, return_exceptions=True)
        if isinstance(ended[0], Exception):
            raise ended[0]
