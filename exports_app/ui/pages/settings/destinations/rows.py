"""A destination, as the page shows it."""

from collections.abc import Sequence
from dataclasses import dataclass

from exports_app.domain.humanize import sentence
from exports_app.domain.open_enum import Words
from exports_app.services.core.extension_points import CHANNELS
from exports_app.services.core.records import Destination, DestinationState
from exports_app.services.destinations import states
from exports_app.services.destinations.names import USERS

STATES = Words(
    {
        DestinationState.UNUSED: "Not used yet",
        DestinationState.OK: "OK",
        DestinationState.FAILING: "Failing",
        DestinationState.PAUSED: "Paused",
    }
)
LOOKS = {
    DestinationState.OK: "completed",
    DestinationState.FAILING: "failed",
    DestinationState.PAUSED: "partial",
}
OFF = "Switched off"
RESUME = "It is used again once a test of it succeeds, or after its settings were changed."


@dataclass
class DestinationRow:
    """place: where it delivers to, in words. users: the scheduled exports that deliver there.
    Instants are ISO 8601, empty: never. advice: what ends a pause."""

    id: str
    name: str
    channel: str
    channel_label: str
    place: str
    active: bool
    look: str
    word: str
    since: str
    reason: str
    advice: str
    used_at: str
    users: str


def row(destination: Destination, place: str, users: Sequence[str]) -> DestinationRow:
    channel = CHANNELS.get(destination.channel)
    active, state = destination.is_active, states.shown(destination)
    told = active and state in {DestinationState.FAILING, DestinationState.PAUSED}
    return DestinationRow(
        destination.id,
        destination.name,
        destination.channel,
        channel.label if channel else destination.channel,
        place,
        active,
        LOOKS.get(state, "skipped") if active else "cancelled",
        STATES[state] if active else OFF,
        destination.failing_since.isoformat() if told and destination.failing_since else "",
        sentence(destination.reason or "") if told else "",
        RESUME if active and state is DestinationState.PAUSED else "",
        destination.last_used_at.isoformat() if destination.last_used_at else "",
        users_words(users),
    )


def users_words(users: Sequence[str]) -> str:
    """Empty where there are none. users: as of `DestinationNames.users`."""
    named = [f"“{name}”" for name in users[:USERS]]
    return ", ".join(named) + (" and more" if len(users) > USERS else "")
