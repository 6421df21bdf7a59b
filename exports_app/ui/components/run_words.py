"""Words for runs that the header and the pages share."""

from exports_app.domain.runs.states import Trigger
from exports_app.domain.timing import instants
from exports_app.services.core.records import Run


def nominal(run: Run) -> str:
    """Of a backfill, the scheduled time that it makes up for, in its schedule's zone; empty for any
    other run."""
    if run.trigger is not Trigger.BACKFILL or run.scheduled_for is None:
        return ""
    return f"for {instants.in_words(run.scheduled_for, run.spec.timezone)}"
