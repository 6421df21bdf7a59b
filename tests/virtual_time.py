"""Time that passes only while an event loop waits, and then at once: tests of waits and deadlines
that no slow machine can change."""

import asyncio
import selectors
import time
from collections.abc import Coroutine
from typing import Any
from unittest.mock import patch


class _Selector(selectors.SelectSelector):
    """Does not wait: tells the loop how long it would have waited."""

    def __init__(self) -> None:
        super().__init__()
        self.now = time.monotonic()

    def select(self, timeout: float | None = None) -> list[Any]:
        assert timeout is not None, "nothing is left that could ever go on"
        self.now += max(timeout, 0)
        return super().select(0)


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._virtual = _Selector()
        super().__init__(self._virtual)

    def time(self) -> float:
        return self._virtual.now


def run(story: Coroutine[Any, Any, None]) -> None:
    """As asyncio.run. `time.monotonic()` tells the same time. For coroutines that wait for timers
    and for one another only: never for threads or the network."""
    with asyncio.Runner(loop_factory=_Loop) as runner:
        with patch("time.monotonic", runner.get_loop().time):
            runner.run(story)
