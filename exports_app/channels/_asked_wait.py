"""Waiting as long as a server asks that takes no more requests at the moment (Retry-After, RFC 9110
section 10.2.3)."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

from exports_app.domain import humanize
from exports_app.domain.errors import DeliveryError
from exports_app.domain.webhook_retry import retry_after

STEP = 0.2
"""Seconds between two checks."""
UNTOLD = 1.0
"""Seconds where the server does not say how long."""


def wait(asked: str | None, most: float, check: Callable[[], None], who: str) -> None:
    """asked: the header's value. most: seconds that are waited here. Raises DeliveryError for the
    retries of the run where it asks for more, and what `check` raises."""
    found = retry_after(asked, datetime.now(UTC)) if asked else None
    seconds = found.total_seconds() if found is not None else UNTOLD
    if seconds > most:
        raise DeliveryError(
            f"{who} takes no more messages for {humanize.duration(seconds)}", permanent=False
        )
    for _ in range(round(seconds / STEP)):
        check()
        time.sleep(STEP)
    check()
