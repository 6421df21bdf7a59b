"""Lanes: kinds of work that share the server, each with a number of places of its own, so that none
can starve the others.

Where all places of a lane are taken, a caller waits in its queue. The queue is short and nobody
waits for long: beyond that the caller is refused, and told when to come again. Health and the
engine have threads of their own and need no lane (docs/decisions/0026-lanes.md).
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from exports_app.domain.errors import Overloaded

LONGEST_WAIT = 5.0
"""Seconds."""


class Lane:
    """Used on the event loop only. The first who waits has the first turn; so long answers, which
    leave after each piece, take turns with whoever comes.

    places: callers at work at the same time. queue: callers that may wait. longest_wait: seconds.
    """

    def __init__(
        self, name: str, places: int, queue: int, longest_wait: float = LONGEST_WAIT
    ) -> None:
        self.name = name
        self.places = places
        self._free = places
        self._queue = queue
        self._longest_wait = longest_wait
        self._waiting: deque[asyncio.Future[None]] = deque()

    @asynccontextmanager
    async def place(self, *, patient: bool = False) -> AsyncIterator[None]:
        """Have a place within the block. Raises Overloaded. patient: wait for as long as it takes,
        for work that the server itself begins, a little at a time."""
        if patient:
            await self._take(first=False, seconds=None)
        else:
            await self.enter()
        try:
            yield
        finally:
            self.leave()

    async def enter(self) -> None:
        """Wait for a place. Raises Overloaded where the queue is full, or no turn came in time."""
        if len(self._waiting) >= self._queue and not self._free:
            raise Overloaded
        await self._take(first=False, seconds=self._longest_wait)

    async def come_back(self, *, begun: bool) -> None:
        """Take a place again after leaving it for a while. begun: the answer has begun, and cannot
        be refused any more: it waits for its turn like all others, or a few long answers would
        have the lane for themselves. Else it goes ahead of those who had none yet. Raises
        Overloaded."""
        await self._take(first=not begun, seconds=None if begun else self._longest_wait)

    def leave(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1

    async def _take(self, *, first: bool, seconds: float | None) -> None:
        if self._free:
            self._free -= 1
            return
        turn = asyncio.get_running_loop().create_future()
        (self._waiting.appendleft if first else self._waiting.append)(turn)
        try:
            async with asyncio.timeout(seconds):
                await turn
        except BaseException as e:
            if turn in self._waiting:
                self._waiting.remove(turn)
            elif turn.done() and not turn.cancelled():
                self.leave()  # its turn came at this very moment
            if isinstance(e, TimeoutError):
                raise Overloaded from None
            raise


@dataclass(frozen=True)
class Lanes:
    """Of one process. Each caller at work has a thread and at most one connection to the database:
    together they leave room for the engine in the pool (`db/engine.py`)."""

    api: Lane = field(default_factory=lambda: Lane("api", 8, 64))
    sign_in: Lane = field(default_factory=lambda: Lane("sign-in", 16, 32))
    """Also of pages. Most of its callers wait for their turn to hash a password, which has a queue
    of its own (`identity/password_hashing.py`): the places are as many as that queue has, and
    some."""
    files: Lane = field(default_factory=lambda: Lane("files", 4, 32))
    """Downloads and uploads, while they are at work: not while their client is slow."""
    metrics: Lane = field(default_factory=lambda: Lane("metrics", 1, 8))
    pages: Lane = field(default_factory=lambda: Lane("pages", 8, 256))
    """What open pages ask for."""
    figures: Lane = field(default_factory=lambda: Lane("figures", 4, 128))
    previews: Lane = field(default_factory=lambda: Lane("previews", 2, 64))
    trials: Lane = field(default_factory=lambda: Lane("trials", 6, 16))
    """Tests of destinations, which wait for the other side for up to half a minute."""
    imports: Lane = field(default_factory=lambda: Lane("imports", 2, 32, longest_wait=600))
    """Reading a workbook may take 2 GB, and minutes: others wait for it, and see that they do."""
