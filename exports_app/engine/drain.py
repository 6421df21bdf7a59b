"""The time that runs get to finish when their process is stopped."""

import time


class Drain:
    """seconds: DRAIN_SECONDS."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._until: float | None = None
        """By the monotonic clock; None: it has not begun."""

    @property
    def begun(self) -> bool:
        return self._until is not None

    def begin(self) -> None:
        """From any thread. Once begun, it is not prolonged."""
        if self._until is None:
            self._until = time.monotonic() + self._seconds

    def cut(self) -> None:
        """No more time, from any thread."""
        self._until = time.monotonic()

    def left(self) -> float:
        """Seconds; 0 once the time is over. Begins it where that was not done."""
        self.begin()
        assert self._until is not None
        return max(0.0, self._until - time.monotonic())
