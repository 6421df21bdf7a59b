"""Words for runs that the header and the pages share."""

from exports_app.domain.timing import instants
from exports_app.services.core.records import Run


def nominal(run: Run) -> str:
    """Of a backfill, also to the caller only, the scheduled time that it makes up for, in its
    schedule's zone; empty for any other run."""
    if run.makes_up_for is None:
        return ""
    return f"for {instants.in_words(run.makes_up_for, run.spec.timezone)}"
