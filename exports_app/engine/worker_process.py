"""`python -m exports_app worker`: the engine without a web server, beside other workers over one
PostgreSQL."""

import asyncio
import signal
import sys

from exports_app import log, startup, tracing, wiring
from exports_app.db.process_registry import ProcessKind
from exports_app.domain.errors import ExportsError
from exports_app.engine import worker_metrics
from exports_app.engine.local import LocalEngine
from exports_app.engine.queue_listener import consume
from exports_app.settings import Settings
from exports_app.stop_signals import StopSignals
from exports_app.wiring import Services


def work(settings: Settings) -> int:
    """Work until SIGTERM or SIGINT. Then no run is begun, and those at work get DRAIN_SECONDS, or
    no more time after a second signal. Returns the exit code.

    Raises ExportsError, SettingsError where it cannot start.
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
        tracing.stop()
    return 0


async def _work(services: Services) -> None:
    stopped, signals = asyncio.Event(), StopSignals()
    loop = asyncio.get_running_loop()
    engine = LocalEngine(services)

    def stop() -> None:
        stopped.set()
        if signals.again():
            engine.hurry()

    for signal_number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signal_number, stop)
    with services.changes.listen(), worker_metrics.serve(services, lambda: engine.alive):
        async with engine.run():
            # Not registered while it drains: the servers may begin runs meanwhile
            with services.process_registry.register(ProcessKind.WORKER):
                queue = asyncio.create_task(consume(services.database, engine.wake, stopped))
                print("exports_app: worker ready", file=sys.stdout, flush=True)  # noqa: T201 (for whoever started it)
                await stopped.wait()
            log.get(__name__).info("the worker stops")
        await queue  # after the engine, so that a queue that is slow to end starts no further claim
