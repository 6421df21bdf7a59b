"""What a schedule does on bad days: when its runs would overlap, after a downtime, with a message
whose fate is unknown."""

import hashlib
from datetime import timedelta
from enum import StrEnum

ON_TIME = timedelta(seconds=60)
"""A tick that is seen within this time is on time; a later one was missed, and is the catch-up
policy's."""
MOST_CAUGHT_UP = 100
"""Missed ticks that are made up at most, and ticks that one backfill may cover."""


class WhenEmpty(StrEnum):
    """There are no rows in the window: a file without rows is sent, or the run is skipped, or it
    fails."""

    SEND = "send"
    SKIP = "skip"
    FAIL = "fail"


class Overlap(StrEnum):
    """A tick comes while an earlier scheduled run has not ended: it is skipped; or one waits, and
    further ones are skipped; or they run side by side."""

    SKIP = "skip"
    QUEUE_ONE = "queue_one"
    ALLOW = "allow"


class CatchUp(StrEnum):
    """Of the ticks that were missed: the latest one runs, none does, or all do, the newest
    MOST_CAUGHT_UP of them."""

    LATEST = "latest"
    NONE = "none"
    ALL = "all"


class OnUnknown(StrEnum):
    """A message that may have arrived, or not: it is sent again under the same Message-ID, or held
    until a person decides."""

    RESEND = "resend"
    HOLD = "hold"


def jitter(schedule_id: str, seconds: int) -> timedelta:
    """How much later than its tick a schedule starts: 0 to `seconds`, always the same for the same
    schedule."""
    number = int.from_bytes(hashlib.sha256(schedule_id.encode()).digest()[:8])
    return timedelta(seconds=number % (seconds + 1))
