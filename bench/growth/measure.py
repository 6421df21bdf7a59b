"""`python -m bench.growth.measure FOLDER URL CLOCK MATCH`: what the operations cost over one
database.

CLOCK: wall or cpu. MATCH: parts of names with commas between, for the operations that have one of
them; empty: all. Through the API in this process, through the pages' States, and through the
engine's own jobs: nothing waits for a network. Prints JSON: the milliseconds of each operation
(median), by name and caller.
"""

import asyncio
import json
import statistics
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from bench.growth import jobs
from bench.growth.callers import sign_in
from bench.growth.clocks import Clock, clock
from bench.growth.databases import make_quiet, opened, settle
from bench.growth.operations import Operation
from bench.growth.pages import Pages
from bench.growth.requests import Api
from bench.running import say
from exports_app import startup
from exports_app.api.app import create
from exports_app.db import migrate
from exports_app.wiring import Services

BUDGET = 30.0
"""Seconds after which an operation is not done again."""


async def timed(operation: Operation, watch: Clock) -> float:
    """Milliseconds, the median."""
    if operation.warm:
        await _once(operation, watch)
    took: list[float] = []
    began = time.monotonic()
    while len(took) < operation.calls and (not took or time.monotonic() - began < BUDGET):
        took.append(await _once(operation, watch))
    return statistics.median(took)


async def _once(operation: Operation, watch: Clock) -> float:
    await operation.before()
    watch.begin()
    own = await operation.do()
    took = watch.ms() if own is None else own
    await operation.after()
    return took


async def _operations(services: Services, watch: Clock) -> AsyncIterator[Operation]:
    app = create(services, lambda: True)
    callers = await sign_in(services, app)
    api = Api(app, callers, watch)
    for operation in await api.operations():
        yield operation
    for operation in Pages(services, callers).operations():
        yield operation
    for operation in jobs.operations(services):
        yield operation
    for operation in api.files():
        yield operation
    await api.close()


async def measure(services: Services, watch: Clock, match: str) -> dict[str, Any]:
    seen: dict[str, Any] = {}
    async for operation in _operations(services, watch):
        if not any(part in operation.name for part in match.split(",")):
            continue
        took = await timed(operation, watch)
        seen[operation.key] = {"ms": took, "aim": [operation.aim.ratio, operation.aim.ms]}
        say(f"{operation.name}, {operation.caller or 'the app'}: {took:,.1f} ms")
    return seen


def main(folder: Path, url: str, kind: str = "wall", match: str = "") -> dict[str, Any]:
    with opened(folder, url) as services:
        if not migrate.is_current(services.database):  # it was made by an earlier version
            migrate.upgrade(services.database)
            settle(services)
        startup.prepare(services)
        make_quiet(services)
        services.retention.usage()  # of all files, which health asks for only now and then
        return asyncio.run(measure(services, clock(kind, url), match))


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), *sys.argv[2:])))
