"""What the file of a run came to, and what the run before came to, as kept in the run's row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from exports_app.domain.file_summary import FileSummary
from exports_app.domain.timing import period, tick_day
from exports_app.domain.timing.period import Window
from exports_app.services.core.interfaces import Transaction
from exports_app.services.core.records import Run

LOOKED_AT = 1_000
"""Newest runs of a schedule among which one to compare with is looked for."""
DAYS = {"startDate", "endDate", "period"}
"""The filters that choose the days."""


@dataclass(frozen=True)
class EarlierTotals:
    """Of an earlier run. groups: as in `FileSummary`, of the same columns."""

    window: Window
    groups: Mapping[str, Sequence[int | None]]


@dataclass(frozen=True)
class RunSummary:
    """earlier: None where there is nothing to compare with."""

    file: FileSummary
    earlier: EarlierTotals | None = None


def read(stored: Mapping[str, Any]) -> RunSummary:
    """From a run's row."""
    file, earlier = FileSummary.from_json(stored), stored.get("earlier")
    if not earlier:
        return RunSummary(file)
    window = Window(*map(date.fromisoformat, earlier["window"]))
    return RunSummary(file, EarlierTotals(window, earlier["groups"]))


def without_rows(stored: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """What is kept once the file is removed: the totals, so that a later run can be compared with
    it. Its rows go with the file."""
    if stored is None:
        return None
    return FileSummary.from_json({**stored, "top_keys": [], "top": []}).to_json()


def with_earlier(tx: Transaction, run: Run, collected: Mapping[str, Any]) -> dict[str, Any]:
    """What is kept of a run. collected: `FileSummary.to_json` of its file.

    It is compared with the last successful run of its schedule that covers as many days before
    its own, with the same other filters. Kept with the run, so that all of its messages say the
    same. There is none while the days are not over: part of a week would be compared with a whole
    one.
    """
    values = dict(collected)
    if earlier := _earlier(tx, run, collected):
        assert earlier.window_start
        assert earlier.window_end
        assert earlier.summary
        window = [earlier.window_start.isoformat(), earlier.window_end.isoformat()]
        values["earlier"] = {"window": window, "groups": earlier.summary["groups"]}
    return values


def _earlier(tx: Transaction, run: Run, collected: Mapping[str, Any]) -> Run | None:
    window = Window(run.window_start, run.window_end)
    if window.start is None or window.end is None or not run.spec.filters.get("period"):
        return None
    if window.end >= tick_day.local_day(run.created_at, run.spec.timezone):
        return None
    for other in tx.runs.summarized_before(run, window.start, LOOKED_AT):
        assert other.summary is not None
        same = other.summary["keys"] == collected["keys"] and _choice(other) == _choice(run)
        if same and period.alike(Window(other.window_start, other.window_end), window):
            return other
    return None


def _choice(run: Run) -> tuple[Any, ...]:
    """What it exports, but for the days."""
    filters = {key: value for key, value in run.spec.filters.items() if key not in DAYS}
    return run.spec.export_type, filters
