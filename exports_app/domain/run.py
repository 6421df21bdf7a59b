"""The states of a run and of a delivery, and the moves between them."""

from collections.abc import Iterable
from enum import StrEnum

from exports_app.domain.errors import IllegalTransition

MAX_DEATHS = 3
"""A run whose worker died this often is failed: something in it kills workers."""


class Trigger(StrEnum):
    SCHEDULE = "schedule"
    MANUAL = "manual"
    TEST = "test"
    RERUN = "rerun"


class RunStatus(StrEnum):
    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    PARTIAL = "partial"
    FAILED = "failed"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"


class DeliveryStatus(StrEnum):
    PENDING = "pending"
    SENDING = "sending"
    ACCEPTED = "accepted"
    FAILED = "failed"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"


# pending, processing -> cancelled: somebody called it off, or its schedule was deleted before it began
# partial, failed, cancelled -> pending: somebody has the file sent again to those who did not get it. Nothing does so by itself
RUN_MOVES: dict[RunStatus, frozenset[RunStatus]] = {
    RunStatus.PENDING: frozenset({RunStatus.PROCESSING, RunStatus.SKIPPED, RunStatus.CANCELLED}),
    RunStatus.PROCESSING: frozenset(
        {
            *(RunStatus.COMPLETED, RunStatus.PARTIAL, RunStatus.FAILED, RunStatus.SKIPPED),
            *(RunStatus.PENDING, RunStatus.CANCELLED),
        }
    ),
    RunStatus.COMPLETED: frozenset(),
    RunStatus.PARTIAL: frozenset({RunStatus.PENDING}),
    RunStatus.FAILED: frozenset({RunStatus.PENDING}),
    RunStatus.SKIPPED: frozenset(),
    RunStatus.CANCELLED: frozenset({RunStatus.PENDING}),
}

# unknown -> sending: a message whose fate a crash hid is sent again, with the same Message-ID
# failed, unknown, skipped -> pending: as above, their run is sent again
DELIVERY_MOVES: dict[DeliveryStatus, frozenset[DeliveryStatus]] = {
    DeliveryStatus.PENDING: frozenset({DeliveryStatus.SENDING, DeliveryStatus.SKIPPED}),
    DeliveryStatus.SENDING: frozenset({DeliveryStatus.ACCEPTED, DeliveryStatus.FAILED, DeliveryStatus.UNKNOWN}),
    DeliveryStatus.UNKNOWN: frozenset({DeliveryStatus.SENDING, DeliveryStatus.PENDING}),
    DeliveryStatus.ACCEPTED: frozenset(),
    DeliveryStatus.FAILED: frozenset({DeliveryStatus.PENDING}),
    DeliveryStatus.SKIPPED: frozenset({DeliveryStatus.PENDING}),
}

FINISHED = frozenset({RunStatus.COMPLETED, RunStatus.PARTIAL, RunStatus.FAILED, RunStatus.SKIPPED, RunStatus.CANCELLED})
"""Where a run stays until somebody asks for more."""
EXECUTED = FINISHED - {RunStatus.CANCELLED}
"""What last_status of a schedule may show: runs that a worker carried to an end."""
FAILING = frozenset({RunStatus.PARTIAL, RunStatus.FAILED})
"""Somebody did not get the file: a person should look."""
RESENT = FAILING | {RunStatus.CANCELLED}
"""Such a run may be sent again."""
UNDELIVERED = frozenset({DeliveryStatus.FAILED, DeliveryStatus.UNKNOWN, DeliveryStatus.SKIPPED})
"""Ended without the message being accepted: what sending again is about."""


def move_run(current: RunStatus, to: RunStatus) -> RunStatus:
    """`to`, or IllegalTransition."""
    if to not in RUN_MOVES[current]:
        raise IllegalTransition(f"a run cannot go from {current} to {to}")
    return to


def move_delivery(current: DeliveryStatus, to: DeliveryStatus) -> DeliveryStatus:
    """`to`, or IllegalTransition."""
    if to not in DELIVERY_MOVES[current]:
        raise IllegalTransition(f"a delivery cannot go from {current} to {to}")
    return to


def outcome(deliveries: Iterable[DeliveryStatus]) -> RunStatus:
    """How a run ends whose file was made: all accepted or skipped: completed; some: partial; none: failed."""
    seen = list(deliveries)
    good = [s for s in seen if s in {DeliveryStatus.ACCEPTED, DeliveryStatus.SKIPPED}]
    if len(good) == len(seen):
        return RunStatus.COMPLETED
    return RunStatus.PARTIAL if DeliveryStatus.ACCEPTED in good else RunStatus.FAILED
