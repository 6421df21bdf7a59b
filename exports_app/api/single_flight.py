"""Work that many may ask for at once and that is done once: in a thread of its own, which nothing
else keeps waiting."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

T = TypeVar("T")


class SingleFlight(Generic[T]):
    """Used on the event loop only."""

    def __init__(self, name: str) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._running: Future[T] | None = None

    async def do(self, work: Callable[[], T], patience: float) -> T:
        """What the work comes to: this one's, or that which is under way already. Raises what it
        raises, and TimeoutError after `patience` seconds; the work then goes on."""
        if self._running is None or self._running.done():
            self._running = self._thread.submit(work)
        return await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(self._running)), patience)
