"""The types of events."""

from dataclasses import dataclass
from enum import StrEnum


class EventType(StrEnum):
    RUN_COMPLETED = "export.run.completed"
    RUN_PARTIAL = "export.run.partial"
    RUN_FAILED = "export.run.failed"
    RUN_SKIPPED = "export.run.skipped"
    SCHEDULE_CREATED = "export.schedule.created"
    SCHEDULE_UPDATED = "export.schedule.updated"
    SCHEDULE_DELETED = "export.schedule.deleted"
    SCHEDULE_PAUSED = "export.schedule.paused"
    PING = "ping"


@dataclass(frozen=True)
class Meaning:
    label: str
    when: str
    """One sentence."""


MEANINGS = {
    EventType.RUN_COMPLETED: Meaning("Run completed", "A run ended, and no delivery failed."),
    EventType.RUN_PARTIAL: Meaning("Run partly failed", "A run ended, and some got its file."),
    EventType.RUN_FAILED: Meaning("Run failed", "A run ended, and no one got its file."),
    EventType.RUN_SKIPPED: Meaning(
        "Run skipped",
        "A run did not take place, or there was nothing to send, or nowhere to send it.",
    ),
    EventType.SCHEDULE_CREATED: Meaning(
        "Scheduled export created", "A scheduled export was created or restored."
    ),
    EventType.SCHEDULE_UPDATED: Meaning(
        "Scheduled export changed", "Fields of a scheduled export were changed."
    ),
    EventType.SCHEDULE_DELETED: Meaning(
        "Scheduled export deleted", "A scheduled export was deleted."
    ),
    EventType.SCHEDULE_PAUSED: Meaning(
        "Scheduled export paused", "A scheduled export was paused, by a person or automatically."
    ),
    EventType.PING: Meaning("Test", "Someone sent a test to this endpoint."),
}
CHOICES = tuple(kind for kind in EventType if kind is not EventType.PING)
"""What an endpoint can be for. Tests go to every endpoint."""
