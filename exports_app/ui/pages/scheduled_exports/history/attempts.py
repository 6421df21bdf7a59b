"""Attempts of a run, and notifications about its schedule, as the history shows them."""

from dataclasses import dataclass

from exports_app.domain.humanize import duration
from exports_app.domain.open_enum import Words
from exports_app.domain.runs.states import AttemptOutcome, DeliveryStatus
from exports_app.services.core.records import Attempt, Notification, NotificationKind
from exports_app.ui.pages.scheduled_exports import run_errors
from exports_app.ui.pages.scheduled_exports.labels import iso

ATTEMPTS: dict[AttemptOutcome | None, tuple[str, str]] = {
    None: ("processing", "In progress"),
    AttemptOutcome.RETRY: ("partial", "Temporary failure"),
    AttemptOutcome.DIED: ("failed", "Process crashed"),
    AttemptOutcome.STOPPED: ("pending", "Server stopped"),
    AttemptOutcome.COMPLETED: ("completed", "Completed"),
    AttemptOutcome.PARTIAL: ("partial", "Partial"),
    AttemptOutcome.FAILED: ("failed", "Failed"),
    AttemptOutcome.SKIPPED: ("skipped", "Skipped"),
    AttemptOutcome.CANCELLED: ("cancelled", "Cancelled"),
}
"""The look of a chip, and its word."""
NOTICES = Words(
    {
        NotificationKind.FAILING: "Run failed",
        NotificationKind.GAVE_UP: "Stopped retrying",
        NotificationKind.PAUSED: "Paused automatically",
        NotificationKind.RECOVERED: "Working again",
    }
)
DELIVERY_WORDS = Words(
    {
        DeliveryStatus.PENDING: "Pending",
        DeliveryStatus.SENDING: "Sending",
        DeliveryStatus.ACCEPTED: "Accepted",
        DeliveryStatus.FAILED: "Failed",
        DeliveryStatus.UNKNOWN: "Unknown",
        DeliveryStatus.SKIPPED: "Not sent",
    }
)


@dataclass
class AttemptItem:
    number: str
    at: str
    took: str
    look: str
    word: str
    error: str


@dataclass
class NotificationItem:
    what: str
    target: str
    at: str
    look: str
    word: str
    error: str


def attempt_row(attempt: Attempt) -> AttemptItem:
    look, word = ATTEMPTS.get(attempt.outcome, ("skipped", str(attempt.outcome)))
    took = (
        duration((attempt.ended_at - attempt.started_at).total_seconds())
        if attempt.ended_at and attempt.number
        else ""
    )
    # A tick that was skipped and later run by a backfill is listed before its first attempt
    number = f"Attempt {attempt.number}" if attempt.number else "Before"
    return AttemptItem(
        number, iso(attempt.started_at), took, look, word, run_errors.readable(attempt.error)
    )


def notice_row(notice: Notification) -> NotificationItem:
    word = DELIVERY_WORDS[notice.status]
    at = iso(notice.sent_at or notice.created_at)
    return NotificationItem(
        NOTICES[notice.kind],
        notice.target,
        at,
        str(notice.status),
        word,
        run_errors.readable(notice.error),
    )
