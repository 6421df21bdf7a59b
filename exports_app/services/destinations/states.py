"""The state of a destination, which follows its deliveries."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from exports_app.domain.runs.states import DeliveryStatus
from exports_app.services.core.interfaces import Transaction
from exports_app.services.core.records import Destination, DestinationState

OK: dict[str, Any] = {"state": DestinationState.OK, "failing_since": None, "reason": None}
GONE = "this destination was deleted: choose another one for the scheduled export"
INACTIVE = "not sent: this destination is switched off"


@dataclass(frozen=True)
class Outcome:
    """Of a delivery. reason: of one that was not accepted. pauses: whether a person has to look."""

    status: DeliveryStatus
    reason: str | None
    pauses: bool = False


def shown(destination: Destination) -> DestinationState:
    """What people and programs see."""
    if destination.state is DestinationState.OK and destination.last_used_at is None:
        return DestinationState.UNUSED
    return destination.state


def refusal(destination: Destination | None) -> tuple[DeliveryStatus, str] | None:
    """The status and the reason of a delivery that must not be made now; None where it may."""
    if destination is None:
        return DeliveryStatus.FAILED, GONE
    if not destination.is_active:
        return DeliveryStatus.SKIPPED, INACTIVE
    if destination.state is DestinationState.PAUSED:
        return DeliveryStatus.FAILED, f"this destination is paused: {destination.reason}"
    return None


def note(tx: Transaction, destination_id: str, outcome: Outcome, now: datetime) -> bool:
    """The state after a delivery. Returns whether it is another one."""
    destination = tx.destinations.get(destination_id, lock=True)
    if destination is None or destination.state is DestinationState.PAUSED:
        return False
    if outcome.status is DeliveryStatus.ACCEPTED:
        tx.destinations.note_state(destination_id, {**OK, "last_used_at": now})
        return destination.state is not DestinationState.OK
    state = DestinationState.PAUSED if outcome.pauses else DestinationState.FAILING
    since = destination.failing_since or now
    values = {"state": state, "failing_since": since, "reason": outcome.reason}
    tx.destinations.note_state(destination_id, values)
    return destination.state is not state
