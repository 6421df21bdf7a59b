"""How many passwords are hashed at a time.

bcrypt is slow on purpose: it takes a third of a second of a core. Without a limit a stranger who signs in with many made-up
accounts at once takes every thread that answers requests.
"""

import os
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from exports_app.domain.errors import Busy
from exports_app.services import request_context
from exports_app.services.addresses import network

AT_ONCE = max(1, (os.cpu_count() or 1) - 1)
"""That are hashed; one core is left to everybody else."""
WAITING = 16
"""That are hashed or wait for it in this process: less than half of its threads."""
WAITING_PER_NETWORK = 4
BUSY = "Too many people sign in at this moment: wait a second, then try again"


class Hashing:
    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._cores, self._lock = threading.Semaphore(at_once), threading.Lock()
        self._waiting: Counter[str] = Counter()
        """By network."""

    @contextmanager
    def place(self) -> Iterator[None]:
        """Around hashing one password. Raises Busy; never outside of requests, e.g. on the command line."""
        source = network(request_context.current().address)
        if not source:
            yield
            return
        with self._lock:
            if self._waiting.total() >= WAITING or self._waiting[source] >= WAITING_PER_NETWORK:
                raise Busy(1, BUSY)
            self._waiting[source] += 1
        try:
            with self._cores:
                yield
        finally:
            with self._lock:
                self._waiting[source] -= 1
                self._waiting += Counter()  # drops networks that have none


hashing = Hashing()
