"""Waits that a stop ends."""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

from exports_app.outbound.errors import Stopped

T = TypeVar("T")
STEP = 0.25
"""Seconds between two checks."""


class Deadline:
    """On the monotonic clock. check: called at each step; what it raises ends the wait."""

    def __init__(self, seconds: float, check: Callable[[], None]) -> None:
        now = time.monotonic()
        self._end = now + seconds
        self._check = check
        self._next = now + STEP

    def left(self) -> float:
        return max(0.0, self._end - time.monotonic())

    def step(self) -> float:
        """Seconds to wait now. Raises TimeoutError where the time is over; Stopped."""
        if not self.left():
            raise TimeoutError
        now = time.monotonic()
        if now >= self._next:
            try:
                self._check()
            except Exception as e:
                raise Stopped from e
            self._next = now + STEP
        return min(self.left(), self._next - now)

    def part(self, share: float) -> "Deadline":
        """One that is over earlier. share: of the time that is left, from 0 to 1."""
        return Deadline(self.left() * share, self._check)


def in_a_thread(work: Callable[[], T], deadline: Deadline) -> T:
    """For what cannot be stopped itself: it may go on after the wait. Raises what it raises, and
    what `Deadline.step` raises."""
    done: list[T] = []
    failed: list[Exception] = []

    def run() -> None:
        try:
            done.append(work())
        except Exception as e:  # noqa: BLE001  (it is raised where it is waited for)
            failed.append(e)

    thread = threading.Thread(target=run, name="lookup", daemon=True)
    thread.start()
    while thread.is_alive():
        thread.join(deadline.step())
    if failed:
        raise failed[0]
    return done[0]
