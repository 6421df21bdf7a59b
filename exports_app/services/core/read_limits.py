"""How long one reading of the database may take, for callers who wait for it.

Requests and pages have a limit (READ_SECONDS), and the database itself stops what takes longer
(`db/time_limits.py`). The engine, the command line and whatever reads a whole export have none.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_seconds: ContextVar[float | None] = ContextVar("read_seconds", default=None)


def seconds() -> float | None:
    """For each reading that begins now; None: no limit."""
    return _seconds.get()


def begin(seconds: float | None) -> None:
    """Set the limit for the rest of this task. For events of pages, which have a task each."""
    _seconds.set(seconds)


@contextmanager
def use(seconds: float | None) -> Iterator[None]:
    """Set the limit within the block."""
    token = _seconds.set(seconds)
    try:
        yield
    finally:
        _seconds.reset(token)


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Set the limit within the block, unless the caller's is shorter."""
    own = _seconds.get()
    with use(seconds if own is None else min(own, seconds)):
        yield
