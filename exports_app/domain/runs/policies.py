"""Policies of a schedule: empty windows, overlapping runs, missed ticks, unknown messages."""

import hashlib
from datetime import timedelta
from enum import StrEnum

ON_TIME = timedelta(seconds=60)
"""A tick that is processed within this time is on time. A later one was missed, and the catch-up
policy applies."""
MOST_CAUGHT_UP = 100
"""The most missed ticks that are run later, and the most ticks of a backfill."""


class WhenEmpty(StrEnum):
    """For a window without data: send a file nevertheless, skip the run, or fail it."""

    SEND = "send"
    SKIP = "skip"
    FAIL = "fail"


class EmptyMeans(StrEnum):
    """What is no data: none of the chosen campaigns has metrics in the window (a file may still
    have a row of zeros for each), or the file would have no rows."""

    NO_METRICS = "no_metrics"
    NO_ROWS = "no_rows"


class Overlap(StrEnum):
    """For a tick while an earlier scheduled run has not ended: skip it; let one wait and skip
    further ones; or run both at the same time."""

    SKIP = "skip"
    QUEUE_ONE = "queue_one"
    ALLOW = "allow"


class CatchUp(StrEnum):
    """For missed ticks: run the latest, none, or all (at most the newest MOST_CAUGHT_UP)."""

    LATEST = "latest"
    NONE = "none"
    ALL = "all"


class OnUnknown(StrEnum):
    """For a message that may have arrived or not: send it again under the same Message-ID, or hold
    it until a person decides."""

    RESEND = "resend"
    HOLD = "hold"


def jitter(schedule_id: str, seconds: int) -> timedelta:
    """The delay of a schedule's runs after their ticks: 0 to `seconds`, constant for a
    schedule."""
    number = int.from_bytes(hashlib.sha256(schedule_id.encode()).digest()[:8])
    return timedelta(seconds=number % (seconds + 1))
