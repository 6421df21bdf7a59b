"""So many at once, and who waits gets on by tenants in turn."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from exports_app.domain.runs.rotation import Rotation

WAIT_SECONDS = 0.2
"""Between two looks whether to go on."""


class FairSemaphore:
    """So many callers at once; of those that wait, the tenants take turns."""

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
        """Wait for a turn, and have it. check: called several times a second meanwhile; what it
        raises ends the waiting."""
        self._wait((tenant_id, object()), check)
        try:
            yield
        finally:
            with self._changed:
                self._free += 1
                self._changed.notify_all()

    def _wait(self, me: tuple[str, object], check: Callable[[], None]) -> None:
        with self._changed:
            self._queue.append(me)
        try:
            while not self._begin(me):
                check()
        finally:
            with self._changed:
                self._queue.remove(me)
                self._changed.notify_all()

    def _begin(self, me: tuple[str, object]) -> bool:
        """Whether it is my turn, now or in a moment."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._free and self._first() is me, WAIT_SECONDS):
                return False
            self._free -= 1
            self._rotation.had(me[0])
            return True

    def _first(self) -> tuple[str, object]:
        return self._rotation.first(self._queue, lambda one: one[0])
