"""The figures of the exports, ready to be shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from exports_app.domain.humanize import counted, duration
from exports_app.domain.runs.states import RunStatus
from exports_app.domain.timing.period import MONTHS
from exports_app.services.analytics.exports import Day, ExportFigures, Hour
from exports_app.services.core.records import Schedule
from exports_app.ui.components.charts import LABEL
from exports_app.ui.pages.scheduled_exports import run_errors
from exports_app.ui.pages.scheduled_exports.address import RUNS, with_parts
from exports_app.ui.pages.scheduled_exports.labels import failing_words, iso

UNDER_WAY = "under_way"
PARTS: dict[str, tuple[str, Sequence[RunStatus]]] = {
    "completed": ("Completed", [RunStatus.COMPLETED]),
    "partial": ("Partial", [RunStatus.PARTIAL]),
    "skipped": ("Skipped", [RunStatus.SKIPPED]),
    "cancelled": ("Cancelled", [RunStatus.CANCELLED]),
    UNDER_WAY: ("In progress", [RunStatus.PENDING, RunStatus.PROCESSING]),
    "failed": ("Failed", [RunStatus.FAILED]),
}
"""Of a day's bar, from the bottom up."""
NONE = "\N{EN DASH}"
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MEAN, P95 = "Average", "95th percentile"


@dataclass
class ProblemRow:
    """at: ISO 8601, or empty."""

    id: str
    name: str
    reason: str
    at: str


def bar(day: Day) -> dict[str, Any]:
    counts = {
        key: sum(day.counts.get(status, 0) for status in of) for key, (_, of) in PARTS.items()
    }
    return {LABEL: _day(day.day)} | counts


def bar_row(day: Day) -> list[str]:
    return [_day(day.day), *(str(value or "") for key, value in bar(day).items() if key != LABEL)]


def time_point(day: Day) -> dict[str, Any]:
    return {LABEL: _day(day.day)} | (
        {MEAN: round(day.durations.mean, 2), P95: round(day.durations.p95, 2)}
        if day.durations
        else {}
    )


def time_row(day: Day) -> list[str]:
    if day.durations is None:
        return [_day(day.day), "", "", ""]
    return [
        _day(day.day),
        str(day.durations.count),
        duration(day.durations.mean),
        duration(day.durations.p95),
    ]


def hour_points(hours: Sequence[Hour], zone: ZoneInfo) -> list[dict[str, Any]]:
    """Tomorrow's hours with their weekday; one that a changed clock repeats with its distance to
    UTC."""
    today = hours[0].at.astimezone(zone).date()
    names: list[str] = []
    for hour in hours:
        local = hour.at.astimezone(zone)
        name = (
            f"{local:%H:%M}" if local.date() == today else f"{DAYS[local.weekday()]} {local:%H:%M}"
        )
        names.append(f"{name} ({local:%z})" if name in names else name)
    return [{LABEL: name, "runs": hour.runs} for name, hour in zip(names, hours, strict=True)]


def hour_row(hour: Hour, zone: ZoneInfo) -> list[str]:
    local = hour.at.astimezone(zone)
    return [f"{_day(local.date())}, {local:%H:%M %Z}", str(hour.runs or ""), _names(hour)]


def crowd(hours: Sequence[Hour], zone: ZoneInfo) -> str:
    """The fullest of the hours, in words."""
    total = sum(hour.runs for hour in hours)
    if not total:
        return "No runs scheduled in the next 24 hours"
    most = max(hours, key=lambda hour: hour.runs)
    local = most.at.astimezone(zone)
    return (
        f"{counted(total, 'run')}, up to {most.runs:,} in an hour, from {local:%H:%M}: "
        f"{_names(most)}"
    )


def _names(hour: Hour) -> str:
    more = hour.schedules - len(hour.names)
    return ", ".join(hour.names) + (f" and {more:,} more" if more else "")


def ended(figures: ExportFigures) -> str:
    """How the runs of all days ended, in words."""
    sums = {key: sum(bar(day)[key] for day in figures.days) for key in PARTS}
    total = sum(sums.values())
    if not total:
        return "No runs in the last 30 days"
    parts = [f"{count:,} {PARTS[key][0].lower()}" for key, count in sums.items() if count]
    return f"{counted(total, 'run')} in the last 30 days: {', '.join(parts)}"


def runs_of(figures: ExportFigures, status: RunStatus | None = None) -> str:
    """The address of the list of all days' runs."""
    return _runs_between(figures.days[0].day, figures.days[-1].day, status)


def runs_by_day(figures: ExportFigures) -> dict[str, str]:
    """The addresses of the lists of each day's runs, by the day's label in the chart."""
    return {_day(day.day): _runs_between(day.day, day.day) for day in figures.days}


def _runs_between(first: date, last: date, status: RunStatus | None = None) -> str:
    return with_parts(RUNS, {"status": str(status or ""), "since": f"{first}", "until": f"{last}"})


def failing(schedule: Schedule) -> ProblemRow:
    words = failing_words(schedule)
    return ProblemRow(schedule.id, schedule.name, words, iso(schedule.failing_since))


def paused(schedule: Schedule) -> ProblemRow:
    return ProblemRow(
        schedule.id,
        schedule.name,
        run_errors.readable(schedule.paused_reason) if schedule.paused_at else "paused manually",
        iso(schedule.paused_at),
    )


def ownerless(schedule: Schedule, owners: Mapping[str, str]) -> ProblemRow:
    owner = owners.get(schedule.owner_id, "Its owner")
    return ProblemRow(
        schedule.id, schedule.name, f"{owner} can no longer export here, so its runs fail", ""
    )


def _day(day: date) -> str:
    return f"{day.day} {MONTHS[day.month - 1]}"
