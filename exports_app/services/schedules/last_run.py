"""Which run is the last one of a schedule: the newest that is no test, and that was not asked for
an earlier date than that of the last run when it was created.

So a backfill or rerun of an older date does not hide that a newer run was not delivered, and a
rerun for the dates of the last run takes its place. The answer is stored with the run
(`Run.of_earlier_date`): the list, its status filter and the API read the same.
"""

from datetime import date

from exports_app.services.core.interfaces import Transaction
from exports_app.services.core.records import Run


def of_schedule(tx: Transaction, schedule_id: str) -> Run | None:
    return next((latest.run for latest in tx.runs.latest([schedule_id])), None)


def repeats_earlier(last: Run | None, old: Run, run: Run) -> bool:
    """Whether `run`, which repeats `old`, is of an earlier date than the last run. Not where it
    covers the same days as the last run."""
    if last is None or _days(run) == _days(last):
        return False
    return old.of_earlier_date or old.date < last.date


def ends_earlier(last: Run | None, end: date | None) -> bool:
    """Whether days that end on `end` end before those of the last run. None: no end."""
    return bool(last and last.window_end and end and end < last.window_end)


def _days(run: Run) -> tuple[date | None, date | None]:
    return run.window_start, run.window_end
