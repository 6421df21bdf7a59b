"""When something that failed is tried again: exponential backoff with full jitter, so that those
who failed together do not come back together (Marc Brooker, "Exponential Backoff And Jitter", AWS
Architecture Blog, 2015)."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from exports_app.domain.errors import ExportsError

ATTEMPTS = 9
BASE_SECONDS = 30.0
FACTOR = 4
LONGEST = timedelta(hours=4)
"""Between two attempts."""
WITHIN = timedelta(hours=24)
"""Of the first one."""
WAIT = timedelta(minutes=1)
"""About so long a run waits for what other runs have reserved, each time."""
PATIENCE = timedelta(hours=1)
"""After the first attempt's begin. Within it such a wait counts as no attempt."""


@dataclass(frozen=True)
class Policy:
    """attempts: in all, the first one too. base_seconds: the longest wait after the first; each
    further one is FACTOR times as long, up to LONGEST."""

    attempts: int = ATTEMPTS
    base_seconds: float = BASE_SECONDS


def wait(
    since: datetime,
    now: datetime,
    chance: Callable[[], float] = random.random,  # noqa: S311  (nothing secret)
) -> datetime | None:
    """When to look again for what other runs have reserved; None: PATIENCE is over. The rest is as
    for `decide`."""
    return now + WAIT * (0.75 + chance() / 2) if now < since + PATIENCE else None


def decide(
    error: ExportsError,
    failed: int,
    policy: Policy,
    since: datetime,
    now: datetime,
    chance: Callable[[], float] = random.random,  # noqa: S311  (nothing secret)
) -> datetime | None:
    """When to try again; None: give up, since it cannot help, or was tried enough.

    failed: attempts that have failed, this one too. since: when the first one began. chance: from
    [0, 1).
    """
    if error.permanent or failed >= policy.attempts:
        return None
    # The exponent is bounded: the wait is at its longest long before a float ends
    longest = min(policy.base_seconds * FACTOR ** min(failed - 1, 20), LONGEST.total_seconds())
    at = now + timedelta(seconds=longest * chance())
    return at if at <= since + WITHIN else None
