"""When a failure is retried: exponential backoff with full jitter, so that what failed together is
not retried together (Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog,
2015)."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from exports_app.domain.errors import ExportsError

ATTEMPTS = 9
BASE_SECONDS = 30.0
FACTOR = 4
LONGEST = timedelta(hours=4)
"""The longest wait between two attempts."""
WITHIN = timedelta(hours=24)
"""All attempts are within this time after the first."""
WAIT = timedelta(minutes=1)
"""About how long a run waits for messages that other runs have reserved, each time."""
PATIENCE = timedelta(hours=1)
"""After the begin of the first attempt. Within this time such a wait is not an attempt."""


@dataclass(frozen=True)
class Policy:
    """attempts: in all, with the first one. base_seconds: the longest wait after the first; each
    further wait is FACTOR times as long, up to LONGEST. resends: how often a message that may have
    arrived is sent again without asking."""

    attempts: int = ATTEMPTS
    base_seconds: float = BASE_SECONDS
    resends: int = 1


def wait(
    since: datetime,
    now: datetime,
    chance: Callable[[], float] = random.random,  # noqa: S311  (nothing secret)
) -> datetime | None:
    """When to check again for messages that other runs have reserved; None: PATIENCE is over.
    Arguments as for `decide`."""
    return now + WAIT * (0.75 + chance() / 2) if now < since + PATIENCE else None


def decide(
    error: ExportsError,
    failed: int,
    policy: Policy,
    since: datetime,
    now: datetime,
    chance: Callable[[], float] = random.random,  # noqa: S311  (nothing secret)
) -> datetime | None:
    """When to retry; None: give up, since a retry cannot help, or there were enough.

    failed: failed attempts, with this one. since: the begin of the first attempt. chance: a random
    number in [0, 1).
    """
    if error.permanent or failed >= policy.attempts:
        return None
    # The exponent is bounded: the wait is at its maximum long before a float overflows
    longest = min(policy.base_seconds * FACTOR ** min(failed - 1, 20), LONGEST.total_seconds())
    at = now + timedelta(seconds=longest * chance())
    return at if at <= since + WITHIN else None
