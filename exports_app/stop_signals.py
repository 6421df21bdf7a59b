"""Signals that ask a process to stop: the first one leaves time, a further one none."""

import signal
import time

AT_ONCE = signal.SIGUSR1
"""From the serving command to its worker, which may get SIGINT and SIGTERM twice by the first one:
from a terminal, which signals all of them, and from the command."""
ECHO_SECONDS = 1.0


class StopSignals:
    """Those that one process got."""

    def __init__(self) -> None:
        self._first: float | None = None

    def again(self) -> bool:
        """Note one. Whether it is a further one, and not the same that came to the process and to
        its group."""
        now = time.monotonic()
        if self._first is None:
            self._first = now
        return now - self._first >= ECHO_SECONDS
