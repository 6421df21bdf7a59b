"""A semaphore for which the tenants of those who wait take turns."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from exports_app.domain.runs.rotation import Rotation

WAIT_SECONDS = 0.2
"""Between two checks whether to go on."""


class FairSemaphore:
    """At most `at_once` callers; the tenants of those that wait take turns."""

    def __init__(self, at_once: int) -> None:
        self._free = at_once
        self._changed = threading.Condition()
        self._queue: list[tuple[str, object]] = []
        self._rotation = Rotation()

    @property
    def waiting(self) -> int:
        return len(self._queue)

    @contextmanager
    def take(self, tenant_id: str, check: Callable[[], None]) -> Iterator[None]:
        """Wait for a turn, and have it until the context is left. check: called several times a
        second meanwhile; what it raises ends the waiting."""
        self._wait((tenant_id, object()), check)
        try:
            yield
        finally:
            with self._changed:
                self._free += 1
                self._changed.notify_all()

    def _wait(self, caller: tuple[str, object], check: Callable[[], None]) -> None:
        with self._changed:
            self._queue.append(caller)
        try:
            while not self._begin(caller):
                check()
        finally:
            with self._changed:
                self._queue.remove(caller)
                self._changed.notify_all()

    def _begin(self, caller: tuple[str, object]) -> bool:
        """Whether it is the caller's turn, now or within WAIT_SECONDS."""
        with self._changed:
            if not self._changed.wait_for(
                lambda: self._free and self._first() is caller, WAIT_SECONDS
            ):
                return False
            self._free -= 1
            self._rotation.had(caller[0])
            return True

    def _first(self) -> tuple[str, object]:
        return self._rotation.first(self._queue, lambda caller: caller[0])
