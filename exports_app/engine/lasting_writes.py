"""Writes that must not be lost while the database is away for a moment."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from exports_app import log
from exports_app.domain.errors import Unavailable

RETRY_SECONDS = 0.5
"""Between two attempts to write while the database is away."""

T = TypeVar("T")
_log = log.get(__name__)


def lasting(longest: timedelta, write: Callable[[], T]) -> T:
    """Write, and retry while the database is away for a short time: if it were not noted that a
    message was accepted, it would be sent again. Raises Unavailable after `longest`, which is the
    lease's duration."""
    deadline = time.monotonic() + longest.total_seconds()
    while True:
        try:
            return write()
        except Unavailable as e:
            if time.monotonic() > deadline:
                raise
            _log.warning("the database cannot be reached: trying again", reason=e.why)
            time.sleep(RETRY_SECONDS)
