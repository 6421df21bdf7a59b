"""The states of a run and of a delivery, and the moves between them."""

from collections.abc import Iterable

from exports_app.domain.errors import IllegalTransition
from exports_app.domain.open_enum import OpenEnum

MAX_DEATHS = 3
"""A run fails after this many deaths of its workers, since something in it kills them."""
ISOLATION_DEATHS = 2
"""From this many deaths on, a run is processed alone. A single death is mostly the end of a
machine, or caused by another run."""


class Trigger(OpenEnum):
    SCHEDULE = "schedule"
    MANUAL = "manual"
    TEST = "test"
    RERUN = "rerun"
    BACKFILL = "backfill"


BY_CLOCK = frozenset({Trigger.SCHEDULE, Trigger.BACKFILL})
"""Runs of ticks: they wait behind those that a person started."""


OWN_RECIPIENTS = frozenset({Trigger.TEST})
"""Runs with their own recipients instead of their schedule's."""


TRIALS = frozenset({Trigger.TEST})
"""Runs that say nothing about how their schedule does: they are neither its last run nor counted in
the figures."""


class RunStatus(OpenEnum):
    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    PARTIAL = "partial"
    FAILED = "failed"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"


class DeliveryStatus(OpenEnum):
    PENDING = "pending"
    SENDING = "sending"
    ACCEPTED = "accepted"
    FAILED = "failed"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"


class AttemptOutcome(OpenEnum):
    """How an attempt at a run ended. RETRY: it failed, and another one follows. DIED: its worker
    died. STOPPED: its server stopped. The others are the run's status."""

    RETRY = "retry"
    DIED = "died"
    STOPPED = "stopped"
    COMPLETED = "completed"
    PARTIAL = "partial"
    FAILED = "failed"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"


# pending, processing -> cancelled: a person cancelled it
# pending -> cancelled: its schedule was deleted
# pending -> partial, failed: a person gave up a waiting retry
# processing -> pending: it is retried, or its worker died
# partial, failed, cancelled -> pending: a person sends the file again to those who did not get it
# partial, failed -> completed: a person confirms that the unknown messages arrived
# skipped -> pending: a backfill runs the skipped tick
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

# sending -> pending: temporarily refused; pending -> failed: also at the last attempt
# unknown -> sending: it is sent again with the same Message-ID
# unknown -> accepted: a person confirms that it arrived
# failed, unknown, skipped -> pending: a person sends the run again
# failed -> skipped: a person replaced the address
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
    DeliveryStatus.FAILED: frozenset({DeliveryStatus.PENDING, DeliveryStatus.SKIPPED}),
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
"""End states, which only a person changes."""
UNFINISHED = frozenset({RunStatus.PENDING, RunStatus.PROCESSING})
"""A state that this version does not know is in neither set: such a run is shown, and nothing
else."""
EXECUTED = FINISHED - {RunStatus.CANCELLED}
"""End states that a schedule's last_status may show."""
FAILING = frozenset({RunStatus.PARTIAL, RunStatus.FAILED})
"""A recipient did not get the file: a person should check."""
RESENT = FAILING | {RunStatus.CANCELLED}
"""States of runs that may be sent again."""
UNDELIVERED = frozenset({DeliveryStatus.FAILED, DeliveryStatus.UNKNOWN, DeliveryStatus.SKIPPED})
"""End states without acceptance: these deliveries are sent again with their run."""


def move_run(current: RunStatus, to: RunStatus) -> RunStatus:
    """Returns `to`. Raises IllegalTransition."""
    if to not in RUN_MOVES.get(current, frozenset()):
        raise IllegalTransition(f"a run cannot go from {current} to {to}")
    return to


def move_delivery(current: DeliveryStatus, to: DeliveryStatus) -> DeliveryStatus:
    """Returns `to`. Raises IllegalTransition."""
    if to not in DELIVERY_MOVES.get(current, frozenset()):
        raise IllegalTransition(f"a delivery cannot go from {current} to {to}")
    return to


def outcome(deliveries: Iterable[DeliveryStatus]) -> RunStatus:
    """The status of a run whose file was made. All deliveries accepted or skipped: completed;
    otherwise as `shortfall`."""
    seen = list(deliveries)
    good = [s for s in seen if s in {DeliveryStatus.ACCEPTED, DeliveryStatus.SKIPPED}]
    if len(good) == len(seen):
        return RunStatus.COMPLETED
    return shortfall(seen)


def shortfall(deliveries: Iterable[DeliveryStatus]) -> RunStatus:
    """The status of an incomplete run: partial where a recipient has the file, or may have it; else
    failed. What is unknown when a run ends is not sent again by itself."""
    arrived = {DeliveryStatus.ACCEPTED, DeliveryStatus.UNKNOWN}
    reached = any(status in arrived or not status.is_known for status in deliveries)
    return RunStatus.PARTIAL if reached else RunStatus.FAILED
