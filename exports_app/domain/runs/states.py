"""The states of a run and of a delivery, and the moves between them."""

from collections.abc import Iterable
from enum import StrEnum

from exports_app.domain.errors import IllegalTransition

MAX_DEATHS = 3
"""A run whose worker died this often is failed: something in it kills workers."""
ISOLATION_DEATHS = 2
"""From so many on it is taken up alone: one death alone is most often the end of a whole machine,
or of somebody else's run."""


class Trigger(StrEnum):
    SCHEDULE = "schedule"
    MANUAL = "manual"
    TEST = "test"
    RERUN = "rerun"
    BACKFILL = "backfill"


BY_CLOCK = frozenset({Trigger.SCHEDULE, Trigger.BACKFILL})
"""Runs of a tick: they wait behind what somebody asked for."""


OWN_RECIPIENTS = frozenset({Trigger.TEST})
"""Runs that go to people of their own, not to the recipients of their schedule."""


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


class AttemptOutcome(StrEnum):
    """How one attempt at a run ended: as the run did, or otherwise. RETRY: it failed, and another
    one follows. DIED: its worker did. STOPPED: its server stopped."""

    RETRY = "retry"
    DIED = "died"
    STOPPED = "stopped"
    COMPLETED = "completed"
    PARTIAL = "partial"
    FAILED = "failed"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"


# pending, processing -> cancelled: somebody called it off, or its schedule was deleted before it
# began pending -> partial, failed: it waited for another attempt, and somebody gave it up
# processing -> pending: it is tried again, or its worker is gone partial, failed, cancelled ->
# pending: somebody has the file sent again to those who did not get it. Nothing does so by itself
# partial, failed -> completed: somebody says that the messages whose fate was unknown have arrived
# skipped -> pending: somebody has a skipped tick made up
RUN_MOVES: dict[RunStatus, frozenset[RunStatus]] = {
    RunStatus.PENDING: frozenset(
        {
            *(RunStatus.PROCESSING, RunStatus.SKIPPED, RunStatus.CANCELLED),
            *(RunStatus.PARTIAL, RunStatus.FAILED),
        }
    ),
    RunStatus.PROCESSING: frozenset(
        {
            *(RunStatus.COMPLETED, RunStatus.PARTIAL, RunStatus.FAILED, RunStatus.SKIPPED),
            *(RunStatus.PENDING, RunStatus.CANCELLED),
        }
    ),
    RunStatus.COMPLETED: frozenset(),
    RunStatus.PARTIAL: frozenset({RunStatus.PENDING, RunStatus.COMPLETED}),
    RunStatus.FAILED: frozenset({RunStatus.PENDING, RunStatus.COMPLETED, RunStatus.PARTIAL}),
    RunStatus.SKIPPED: frozenset({RunStatus.PENDING}),
    RunStatus.CANCELLED: frozenset({RunStatus.PENDING}),
}

# sending -> pending: not accepted for now; pending -> failed: nor at the last attempt
# unknown -> sending: a message whose fate a crash hid is sent again, with the same Message-ID
# unknown -> accepted: somebody says that it has arrived
# failed, unknown, skipped -> pending: as above, their run is sent again
DELIVERY_MOVES: dict[DeliveryStatus, frozenset[DeliveryStatus]] = {
    DeliveryStatus.PENDING: frozenset(
        {DeliveryStatus.SENDING, DeliveryStatus.SKIPPED, DeliveryStatus.FAILED}
    ),
    DeliveryStatus.SENDING: frozenset(
        {
            DeliveryStatus.ACCEPTED,
            DeliveryStatus.FAILED,
            DeliveryStatus.UNKNOWN,
            DeliveryStatus.PENDING,
        }
    ),
    DeliveryStatus.UNKNOWN: frozenset(
        {DeliveryStatus.SENDING, DeliveryStatus.PENDING, DeliveryStatus.ACCEPTED}
    ),
    DeliveryStatus.ACCEPTED: frozenset(),
    DeliveryStatus.FAILED: frozenset({DeliveryStatus.PENDING}),
    DeliveryStatus.SKIPPED: frozenset({DeliveryStatus.PENDING}),
}

FINISHED = frozenset(
    {
        RunStatus.COMPLETED,
        RunStatus.PARTIAL,
        RunStatus.FAILED,
        RunStatus.SKIPPED,
        RunStatus.CANCELLED,
    }
)
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


def outcome(deliveries: Iterable[DeliveryStatus], *, hold: bool = False) -> RunStatus:
    """How a run ends whose file was made: all accepted or skipped: completed; some: partial; none:
    failed.

    hold: a message whose fate is unknown waits for a person's decision, so that the run is partial.
    """
    seen = list(deliveries)
    good = [s for s in seen if s in {DeliveryStatus.ACCEPTED, DeliveryStatus.SKIPPED}]
    if len(good) == len(seen):
        return RunStatus.COMPLETED
    return shortfall(seen, hold=hold)


def shortfall(deliveries: Iterable[DeliveryStatus], *, hold: bool = False) -> RunStatus:
    """How a run ends that could not do all: partial where somebody has the file. hold: as of
    `outcome`."""
    good = {DeliveryStatus.ACCEPTED, DeliveryStatus.UNKNOWN} if hold else {DeliveryStatus.ACCEPTED}
    return RunStatus.FAILED if good.isdisjoint(deliveries) else RunStatus.PARTIAL
