"""Answers that wait until something has happened in a tenant: `?wait=` in seconds.

A request that waits holds no thread, no place in its lane and no connection to the database. It is
woken by the change events that pages use, and looks again. It ends when its time is over, when its
client is gone, and at once when the server is asked to stop.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, TypeVar

from fastapi import Depends, Query, Request
from starlette.concurrency import run_in_threadpool

from exports_app.api.access import check_unchanged
from exports_app.api.middleware.lanes import outside_lane
from exports_app.api.middleware.request_log import WAITED
from exports_app.api.serving import Serving
from exports_app.domain.errors import Busy, Overloaded
from exports_app.services.core.change_events import Change, Changes, Topic

MOST = 256
"""Requests that wait at the same time, of one process."""
MOST_OF_ONE = 32
"""Of one person."""
LONGEST = 60
"""Seconds."""
GAP = 0.1
"""Seconds between two looks of one request, and more where many wait: see `Waiting.gap`."""
EACH = 0.01
"""Seconds that each request that waits adds to the gap: so all together look 100 times a second at
most."""

Seconds = Annotated[
    int,
    Query(
        alias="wait",
        ge=0,
        le=LONGEST,
        description="Seconds to wait; the response is sent as soon as it has happened",
    ),
]
T = TypeVar("T")


class Waiting:
    """Those of one process. Used on its event loop only."""

    def __init__(self, serving: Serving) -> None:
        self._serving = serving
        self._users = Counter[str]()

    @contextmanager
    def seat(self, user_id: str, seconds: int) -> Iterator[None]:
        """Among those that wait, within the block. Raises Busy where the user has too many,
        Overloaded where all have."""
        if not seconds:
            yield
            return
        if self._users[user_id] >= MOST_OF_ONE:
            raise Busy(1, f"At most {MOST_OF_ONE} of your requests may wait at the same time")
        if self._users.total() >= MOST:
            raise Overloaded
        self._users[user_id] += 1
        try:
            yield
        finally:
            self._users[user_id] -= 1
            self._users += Counter()  # without those at 0

    @property
    def gap(self) -> float:
        """Seconds between two looks of one request."""
        return GAP + EACH * self._users.total()

    async def until(
        self,
        request: Request,
        changes: Changes,
        seconds: int,
        tenant_id: str,
        look: Callable[[], T],
        has_happened: Callable[[T], bool],
    ) -> T:
        """What `look` finds once it has happened, or when the time is over. Called in a thread;
        what it and `check_unchanged` raise is raised. Have a seat."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        until = began + seconds
        wake = _Wake(loop)

        def changed(change: Change) -> None:  # in any thread
            if change.topic is Topic.RUNS and change.concerns(frozenset({tenant_id})):
                loop.call_soon_threadsafe(wake.changed.set)

        def look_again() -> T:
            found = look()
            check_unchanged(request)  # afterwards: what it found may be newer than the change
            return found

        forget = changes.subscribe(changed), self._serving.on_drain(wake.over.set)
        gone = asyncio.create_task(_disconnect(request, wake.over))
        try:
            while True:
                wake.changed.clear()
                is_last = wake.over.is_set() or loop.time() >= until
                found = await run_in_threadpool(look_again)
                if is_last or has_happened(found):
                    return found
                try:
                    async with outside_lane(request.scope):
                        await wake.wait(until, self.gap)
                except Overloaded:
                    return found
        finally:
            request.scope[WAITED] = loop.time() - began
            gone.cancel()
            for end in forget:
                end()


class _Wake:
    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.changed = asyncio.Event()
        self.over = asyncio.Event()
        """No more waiting: the client is gone, or the server stops."""

    async def wait(self, until: float, gap: float) -> None:
        """For a change, but no shorter than the gap; until the time or the waiting is over."""
        began = self._loop.time()
        await self._first(until, self.changed.wait())
        await self._first(min(until, began + gap))

    async def _first(self, until: float, *events: Awaitable[object]) -> None:
        tasks = [asyncio.ensure_future(each) for each in (*events, self.over.wait())]
        try:
            await asyncio.wait(
                tasks,
                timeout=max(0.0, until - self._loop.time()),
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            for task in tasks:
                task.cancel()


async def _disconnect(request: Request, over: asyncio.Event) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
    over.set()


async def waiting(request: Request) -> Waiting:
    own: Waiting = request.app.state.waiting
    return own


Waits = Annotated[Waiting, Depends(waiting)]
