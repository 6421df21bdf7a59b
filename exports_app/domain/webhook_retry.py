"""When a webhook is tried again: the schedule of Standard Webhooks 1.0, with a jitter of a tenth,
so that what failed together is not tried again together."""

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

WAITS = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""After the first failed attempt, the second, …; then it has failed."""
LONGEST = timedelta(hours=24)
"""The longest wait that a receiver may ask for (Retry-After)."""
JITTER = 0.1
SHORTEST_REST, LONGEST_REST = timedelta(seconds=5), timedelta(minutes=5)
"""Between two attempts at an endpoint that fails, unless it asks for more."""


def next_attempt(
    failed: int,
    now: datetime,
    asked: timedelta | None = None,
    chance: Callable[[], float] = random.random,  # noqa: S311  (nothing secret)
) -> datetime | None:
    """None: there were enough attempts. failed: how many, with this one. asked: by Retry-After.
    chance: a random number in [0, 1)."""
    if failed > len(WAITS):
        return None
    wait = WAITS[failed - 1] * (1 - JITTER + 2 * JITTER * chance())
    return now + max(wait, min(asked or timedelta(), LONGEST))


def rest(failing_for: timedelta, asked: timedelta | None = None) -> timedelta:
    """How long an endpoint gets nothing after a failed attempt: its other messages would most
    likely fail, too. A tenth of the time for which it fails already, within limits."""
    own = min(max(failing_for / 10, SHORTEST_REST * (1 - JITTER)), LONGEST_REST * (1 - JITTER))
    return max(own, min(asked or timedelta(), LONGEST))


def retry_after(value: str | None, now: datetime) -> timedelta | None:
    """Of the header (RFC 9110, 10.2.3): seconds, or an instant. None for anything else."""
    text = (value or "").strip()
    if text.isascii() and text.isdigit():
        return timedelta(seconds=int(text[:9]))
    try:
        at = parsedate_to_datetime(text)
        return at.replace(tzinfo=at.tzinfo or UTC) - now
    except (TypeError, ValueError, OverflowError):  # the last: numbers of twenty digits
        return None
