"""Which runs wait for a slow mail server, so that other runs need not wait for them."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

SLOW_SECONDS = 5.0
"""A message that takes longer waits for the server: sending a file of some megabytes takes less."""


class SlowWaits:
    """Counts the messages that are on their way for more than SLOW_SECONDS. A run sends one at a
    time."""

    def __init__(self) -> None:
        self._began: dict[object, float] = {}
        """time.monotonic() by message."""
        self._lock = threading.Lock()

    @contextmanager
    def sending(self) -> Iterator[None]:
        """Until the context is left, a message is on its way."""
        message = object()
        with self._lock:
            self._began[message] = time.monotonic()
        try:
            yield
        finally:
            with self._lock:
                del self._began[message]

    @property
    def number(self) -> int:
        slow = time.monotonic() - SLOW_SECONDS
        with self._lock:
            return sum(began <= slow for began in self._began.values())
