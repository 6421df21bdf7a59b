"""A run at work in a thread of this process."""

import threading

from exports_app.engine.worker import Stopped
from exports_app.services.core.records import Run
from exports_app.services.runs.lease import LeaseLost


class Job:
    def __init__(self, run: Run) -> None:
        self.run = run
        self.stopped = threading.Event()
        """The server stops: give the run back."""
        self.lease_lost = threading.Event()

    def check(self) -> None:
        if self.lease_lost.is_set():
            raise LeaseLost
        if self.stopped.is_set():
            raise Stopped
