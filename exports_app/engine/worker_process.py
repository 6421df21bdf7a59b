"""`python -m exports_app worker`: the engine without a web server, beside others of its kind over
one PostgreSQL."""

import asyncio
import signal
import sys
from contextlib import ExitStack

from exports_app import log, startup, wiring
from exports_app.db.process_registry import ProcessKind
from exports_app.domain.errors import ExportsError
from exports_app.engine.local import LocalEngine
from exports_app.engine.queue_listener import consume
from exports_app.settings import Settings
from exports_app.wiring import Services


def work(settings: Settings) -> int:
    """Until SIGTERM or SIGINT; then nothing new is begun, and what runs gets DRAIN_SECONDS. Returns
    the exit code.

    Raises ExportsError, SettingsError: what hinders the start.
    """
    if settings.embedded:
        raise ExportsError(
            "a worker needs a database that many processes can share: set "
            "DATABASE_URL=postgresql://…, or use"
            " 'python -m exports_app serve', which on SQLite does the work itself"
        )
    if not settings.has_key:
        raise ExportsError(
            "all servers and workers need the same SECRET_KEY: links that a worker signs are "
            "opened by a server"
        )
    services = wiring.services()
    try:
        startup.prepare(services)
        asyncio.run(_work(services))
    finally:
        services.close()
    return 0


async def _work(services: Services) -> None:
    stopped, loop = asyncio.Event(), asyncio.get_running_loop()
    for one in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(one, stopped.set)
    engine = LocalEngine(services)
    with ExitStack() as held:
        held.enter_context(services.changes.listen())
        async with engine.run():
            with services.process_registry.held(
                ProcessKind.WORKER
            ):  # not while it drains: the servers may take up runs meanwhile
                queue = asyncio.create_task(consume(services.database, engine.wake, stopped))
                print("exports_app: worker ready", file=sys.stdout, flush=True)  # noqa: T201 (for whoever started it)
                await stopped.wait()
            log.get(__name__).info("the worker stops")
        await queue  # after the engine: a queue that is slow to end must not let it claim any more
