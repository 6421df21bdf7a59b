"""Rules for the worker process: alone on its database, and ended with its supervisor."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from exports_app.launch import lock
from exports_app.settings import Settings

SUPERVISOR = "EXPORTS_APP_SUPERVISOR"
"""Environment variable with the process id of the serving command."""
_POLL = 0.5
_GRACE = 5.0


@contextmanager
def alone(settings: Settings) -> Iterator[None]:
    """Hold the worker's lock, and end this process when the serving command has ended.

    Raises StartError if another process still works on the database.
    """
    stopped = threading.Event()
    supervisor = int(os.environ.get(SUPERVISOR) or os.getppid())
    # A thread, not a task, so that it can also end a worker whose event loop hangs
    patience = _GRACE + settings.drain_seconds
    threading.Thread(
        target=_end_with, args=(supervisor, stopped, patience), name="supervisor-watch", daemon=True
    ).start()
    try:
        with lock.worker(settings):
            yield
    finally:
        stopped.set()


def _end_with(supervisor: int, stopped: threading.Event, patience: float) -> None:
    while not stopped.wait(_POLL):
        if os.getppid() != supervisor:
            # At once: the next server may wait for the port and the lock
            os.kill(os.getpid(), signal.SIGINT)
            if not stopped.wait(patience):
                os._exit(1)
            return
