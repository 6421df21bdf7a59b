"""Watches the event loop: how much of its thread's CPU time each callback takes, and which one took
too much.

CPU time and not the clock's: it stays the same on a machine that is busy with something else.
"""

import asyncio
import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

MOST = 0.05
"""Seconds that one callback may take: nobody else is served meanwhile."""


@dataclass
class LoopWatch:
    """slow: what took longer than MOST, in words. about: what is being tried, to be named with
    it."""

    slow: list[str] = field(default_factory=list)
    about: str = ""
    longest: float = 0.0
    """Seconds, of all callbacks so far."""

    def note(self, callback: str, seconds: float) -> None:
        self.longest = max(self.longest, seconds)
        if seconds > MOST:
            self.slow.append(
                f"{seconds * 1000:.0f} ms on the event loop: {callback} (while: "
                f"{self.about or 'nothing named'})"
            )


def _name(handle: asyncio.Handle) -> str:
    """The callback, or where the coroutine of its task stands."""
    callback: Any = handle._callback  # type: ignore[attr-defined]
    task = getattr(callback, "__self__", None)
    if not isinstance(task, asyncio.Task):
        return repr(callback)
    coroutine: Any = task.get_coro()
    names = []
    while coroutine is not None and len(names) < 20:
        code = getattr(coroutine, "cr_code", None)
        names.append(code.co_qualname if code else type(coroutine).__name__)
        coroutine = getattr(coroutine, "cr_await", None)
    return " > ".join(names)


@contextmanager
def watched(*, collecting: bool = False) -> Iterator[LoopWatch]:
    """Watches all event loops of this process for the length of the block.

    Without the garbage collector: it would go over what all tests of this process have left behind,
    whatever the input is. collecting: with it, but for what was there before, as on a server
    (exports_app.py freezes what it starts with).
    """
    watch, run = LoopWatch(), asyncio.Handle._run

    def measured(self: asyncio.Handle) -> None:
        name, began = _name(self), time.thread_time()
        run(self)
        watch.note(name, time.thread_time() - began)

    if collecting:
        gc.collect()
        gc.freeze()
    else:
        gc.disable()
    asyncio.Handle._run = measured  # type: ignore[method-assign]
    try:
        yield watch
    finally:
        gc.enable()
        gc.unfreeze()
        asyncio.Handle._run = run  # type: ignore[method-assign]


@pytest.fixture
def loop_watch(real_hashes: None) -> Iterator[LoopWatch]:
    """Fails the test at its end, with what kept the loop from everyone else."""
    with watched() as watch:
        yield watch
    assert not watch.slow, "\n".join(sorted(set(watch.slow))[:60])
