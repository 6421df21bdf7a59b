"""The words for schedules and runs that the list, the history, the form and the notices share.
Instants are ISO 8601, or empty."""

from datetime import datetime

from exports_app.domain.errors import ExportsError
from exports_app.domain.humanize import counted, size
from exports_app.domain.open_enum import Words
from exports_app.domain.runs.states import RunStatus
from exports_app.domain.timing import cron
from exports_app.services.core.extension_points import EXPORT_TYPES, FORMATS
from exports_app.services.core.records import Run, Schedule
from exports_app.ui.pages.scheduled_exports import run_errors

SHOWN_ERROR = 110
STATUS_WORDS = Words(
    {
        RunStatus.PENDING: "Pending",
        RunStatus.PROCESSING: "Processing",
        RunStatus.COMPLETED: "Completed",
        RunStatus.PARTIAL: "Partial",
        RunStatus.FAILED: "Failed",
        RunStatus.SKIPPED: "Skipped",
        RunStatus.CANCELLED: "Cancelled",
    }
)


def outcome_words(run: Run, accepted: int, total: int) -> str:
    """The result of a run, in a few words."""
    if run.status is RunStatus.PENDING and run.next_attempt_at:
        return "will retry" if run.attempt else "starts"
    if run.status is RunStatus.PENDING:
        return "queued"
    if run.status is RunStatus.PROCESSING:
        return (
            f"{counted(run.record_count or 0, 'row')} so far"
            if not run.file_size
            else f"{accepted} of {total} sent so far"
        )
    if run.status is RunStatus.PARTIAL:
        return f"{accepted} of {total} delivered"
    if run.status is RunStatus.COMPLETED:
        made = f"{counted(run.record_count or 0, 'row')} · {size(run.file_size or 0)}"
        return made if accepted else f"{made} · not sent"
    text = run_errors.readable(run.error)
    return text if len(text) <= SHOWN_ERROR else text[: SHOWN_ERROR - 1].rstrip() + "…"


def failing_words(schedule: Schedule) -> str:
    """Of one that is failing. Partial runs are not counted as failures in a row, and the count
    begins anew when a schedule is resumed."""
    if schedule.failures > 1:
        return f"{schedule.failures} scheduled runs failed in a row"
    if schedule.failures == 1:
        return "The last scheduled run failed"
    return "The last scheduled run did not reach everyone"


def moment(run: Run) -> datetime:
    """The time that a person would give for a run. Of one that waits for a time, that time."""
    return run.next_attempt_at or run.completed_at or run.started_at or run.created_at


def iso(instant: datetime | None) -> str:
    return instant.isoformat() if instant else ""


def in_words(schedule: str) -> str:
    try:
        return cron.describe(schedule)
    except ExportsError:  # stored under an older rule
        return schedule


def kind_label(key: str) -> str:
    return EXPORT_TYPES[key].label if key in EXPORT_TYPES else key


def format_label(key: str) -> str:
    return FORMATS[key].label if key in FORMATS else key
