"""Watches Python's lock: how long one call, of any thread, keeps all others from running.

tests/loopwatch.py sees what the event loop's own thread does. A thread beside it that parses a
large body in one call of C holds up everyone as well.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

PAUSE = 0.001
"""Seconds between two looks."""


@dataclass
class GilWatch:
    longest: float = 0.0
    """Seconds of this process's CPU between two looks: what ran meanwhile did not let the watching
    thread in. CPU time and not the clock's, so that a machine busy with something else does not
    count."""


@contextmanager
def watched() -> Iterator[GilWatch]:
    watch = GilWatch()
    ended = threading.Event()
    ready = threading.Event()

    def look() -> None:
        last = time.process_time()
        ready.set()
        while not ended.is_set():
            time.sleep(PAUSE)
            now = time.process_time()
            watch.longest = max(watch.longest, now - last)
            last = now

    thread = threading.Thread(target=look, name="gil-watch")
    thread.start()
    ready.wait()
    try:
        yield watch
    finally:
        ended.set()
        thread.join()
