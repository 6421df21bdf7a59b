"""Work that many may ask for at once and that is done once: in a thread of its own, which nothing
else keeps waiting."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

T = TypeVar("T")
QUICK_SECONDS = 0.2
"""So long a caller waits for new work while there is a result that may still be given."""
FRESH_SECONDS = 2.0
"""A result is given again for so long, where the new one takes longer than QUICK_SECONDS: on a
server that is busy, any thread waits for its turn at every step."""


class SingleFlight(Generic[T]):
    """Used on the event loop only."""

    def __init__(self, name: str) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._running: Future[T] | None = None
        self._last: tuple[float, T] | None = None
        """When the last work ended that did not fail, and what it came to."""

    async def do(self, work: Callable[[], T], patience: float) -> T:
        """What the work comes to: this one's, that which is under way already, or what has ended
        just now. Raises what it raises, and TimeoutError after `patience` seconds; the work then
        goes on."""
        if self._running is None or self._running.done():
            self._running = self._thread.submit(self._noted, work)
        running = asyncio.shield(asyncio.wrap_future(self._running))
        last = self._last
        if last is not None and time.monotonic() - last[0] < FRESH_SECONDS:
            try:
                return await asyncio.wait_for(running, min(patience, QUICK_SECONDS))
            except TimeoutError:
                return last[1]
        return await asyncio.wait_for(running, patience)

    def _noted(self, work: Callable[[], T]) -> T:
        result = work()
        self._last = (time.monotonic(), result)
        return result
