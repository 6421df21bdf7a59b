"""The filters of the list of all runs, as they stand in the address."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta

from exports_app.domain import bounds
from exports_app.domain.errors import FieldError, Invalid
from exports_app.domain.runs.states import RunStatus, Trigger
from exports_app.domain.timing import cron
from exports_app.services.core.interfaces import RunFilter

NONE = dict.fromkeys(("status", "schedule", "trigger", "since", "until", "recipient", "reason"), "")
"""schedule: its id. since, until: days in the tenant's zone, both included."""
LONGEST = {
    "schedule": bounds.ID,
    "since": bounds.WRITTEN,
    "until": bounds.WRITTEN,
    "recipient": bounds.SEARCH,
    "reason": bounds.SEARCH,
}


def fits(name: str, value: str) -> bool:
    known: dict[str, list[str]] = {"status": list(RunStatus), "trigger": list(Trigger)}
    if name in known:
        return value in {"", *known[name]}
    return name in LONGEST and len(value) <= LONGEST[name]


def read(asked: Mapping[str, str]) -> dict[str, str]:
    """Of an address's parameters; what they name wrongly is left out."""
    return NONE | {k: asked[k] for k in NONE if k in asked and fits(k, asked[k])}


def where(view: Mapping[str, str], timezone: str) -> RunFilter:
    """What the service takes. Raises Invalid where a day is none, or the last is before the
    first."""
    since, until = _day(view["since"], "/since"), _day(view["until"], "/until")
    if since and until and until < since:
        raise Invalid([FieldError("/until", "the last day must not be before the first")])
    return RunFilter(
        schedule_id=view["schedule"],
        status=view["status"],
        trigger=view["trigger"],
        since=_midnight(since, timezone) if since else None,
        before=_midnight(until + timedelta(days=1), timezone) if until else None,
        recipient=view["recipient"],
        reason=view["reason"],
    )


def _day(text: str, pointer: str) -> date | None:
    try:
        day = date.fromisoformat(text) if text else None
        if day is None or 1 < day.year < 9999:  # where a day later, and another zone, are dates
            return day
    except ValueError:
        pass
    raise Invalid([FieldError(pointer, "this is not a date: use the format 2026-01-31")])


def _midnight(day: date, timezone: str) -> datetime:
    return datetime.combine(day, time.min, cron.zone(timezone)).astimezone(UTC)
