"""Which runs wait for a slow mail server, so that other runs need not wait for them."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

SLOW_SECONDS = 5.0
"""A message that takes longer waits for the server: sending a file of some megabytes takes less."""


class SlowWaits:
    """A run waits once its message is on its way for more than SLOW_SECONDS. It sends one at a
    time."""

    def __init__(self) -> None:
        self._began: dict[str, float] = {}
        """time.monotonic() by run."""
        self._lock = threading.Lock()

    @contextmanager
    def sending(self, run_id: str) -> Iterator[None]:
        """Until the context is left, a message of the run is on its way."""
        with self._lock:
            self._began[run_id] = time.monotonic()
        try:
            yield
        finally:
            with self._lock:
                del self._began[run_id]

    def runs(self) -> set[str]:
        """The ids of those that wait."""
        slow = time.monotonic() - SLOW_SECONDS
        with self._lock:
            return {run_id for run_id, began in self._began.items() if began <= slow}
