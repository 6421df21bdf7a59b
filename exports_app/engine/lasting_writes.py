"""Writes that must not be lost while the database is away for a moment."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from exports_app import log
from exports_app.domain.errors import Unavailable

RETRY_SECONDS = 0.5
"""Between two tries to write while the database is away."""

T = TypeVar("T")
_log = log.get(__name__)


def lasting(longest: timedelta, write: Callable[[], T]) -> T:
    """Write what has happened, through a short absence of the database: losing the note of an
    accepted message would send it again. Raises Unavailable when it lasts longer than `longest`,
    which is that of the lease."""
    deadline = time.monotonic() + longest.total_seconds()
    while True:
        try:
            return write()
        except Unavailable:
            if time.monotonic() > deadline:
                raise
            _log.warning("the database cannot be reached: trying again")
            time.sleep(RETRY_SECONDS)
