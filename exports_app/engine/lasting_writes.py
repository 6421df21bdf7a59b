"""Writes that must not be lost while the database is away for a moment."""

import time
from collections.abc import Callable
from typing import TypeVar

from exports_app import log
from exports_app.domain.errors import Unavailable
from exports_app.services.runs.lifecycle import Runs

RETRY_SECONDS = 0.5
"""Between two tries to write while the database is away."""

T = TypeVar("T")
_log = log.get(__name__)


def lasting(runs: Runs, write: Callable[[], T]) -> T:
    """Write what has happened, through a short absence of the database: losing the note of an
    accepted message would send it again. Raises Unavailable when it lasts as long as the lease."""
    deadline = time.monotonic() + runs.lease.total_seconds()
    while True:
        try:
            return write()
        except Unavailable:
            if time.monotonic() > deadline:
                raise
            _log.warning("the database cannot be reached: trying again")
            time.sleep(RETRY_SECONDS)
