"""What a scheduled export may look like: the rules of its fields, and what to do about a value that
breaks one."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime

from exports_app.domain import bounds
from exports_app.domain.errors import ExportsError, FieldError, Invalid
from exports_app.domain.runs.delivery_mode import DeliveryMode
from exports_app.domain.runs.policies import CatchUp, OnUnknown, Overlap
from exports_app.domain.timing import cron
from exports_app.services.core.extension_points import EXPORT_TYPES, FORMATS
from exports_app.services.core.field_rules import (
    TURNS,
    field_of,
    has_controls,
    is_visible,
    one_of,
    pointer_of,
    xml_can_hold,
)
from exports_app.services.schedules.filters import Filters, check_filters
from exports_app.services.schedules.recipients import merge_recipients

WHEN_EMPTY = ("send", "skip", "fail")
MAX_LINK_DAYS = 365
TIME_LIMITS = (10, 86_400)
"""Seconds."""
NUMBERS: dict[str, tuple[int, int, str]] = {
    "link_days": (1, MAX_LINK_DAYS, "days"),
    "time_limit": (*TIME_LIMITS, "seconds"),
    "catch_up_hours": (1, 8760, "hours"),
    "jitter_seconds": (0, 3600, "seconds"),
    "pause_after": (0, 1000, "failed runs; 0: never"),
    "retry_attempts": (1, 50, "attempts, or null: as the server is set"),
    "retry_base_seconds": (1, 14_400, "seconds, or null: as the server is set"),
}
"""The smallest and the largest value, and its unit."""
CHOICES: dict[str, Sequence[str]] = {
    "delivery": list(DeliveryMode),
    "overlap": list(Overlap),
    "catch_up": list(CatchUp),
    "on_unknown": list(OnUnknown),
}


@dataclass(frozen=True)
class Draft:
    """A scheduled export as somebody wants it."""

    name: str
    export_type: str
    format: str
    schedule: str
    timezone: str
    recipients: tuple[str, ...]
    description: str | None = None
    filters: Filters = field(default_factory=Filters)
    when_empty: str = "send"
    delivery: str = "auto"
    link_days: int = 7
    time_limit: int = 3600
    overlap: str = Overlap.SKIP.value
    catch_up: str = CatchUp.LATEST.value
    catch_up_hours: int = 168
    jitter_seconds: int = 0
    pause_after: int = 5
    on_unknown: str = OnUnknown.RESEND.value
    retry_attempts: int | None = None
    retry_base_seconds: int | None = None
    is_active: bool = True


FIELDS = frozenset(f.name for f in fields(Draft))


def check(
    draft: Draft, now: datetime, minimum_seconds: int, changed: Collection[str] = FIELDS
) -> Draft:
    """The draft with its recipients merged. Raises Invalid with everything that is wrong,
    campaigns' existence aside.

    changed: the fields to judge. What was stored under an older rule hinders no other change: a
    schedule that has become too frequent can still be paused.
    """
    errors = [e for e in _check_words(draft) if field_of(e.pointer) in changed]
    recipients, wrong = merge_recipients(draft.recipients)
    errors += wrong if "recipients" in changed else []
    if {"schedule", "timezone"} & set(changed) or ("is_active" in changed and draft.is_active):
        errors += _check_time(draft, now, minimum_seconds)
    if {"filters", "export_type"} & set(changed) and draft.export_type in EXPORT_TYPES:
        errors += check_filters(draft.filters, draft.export_type)
    if errors:
        raise Invalid(errors)
    return Draft(**{**draft.__dict__, "recipients": recipients})


def _check_words(draft: Draft) -> list[FieldError]:
    found = {
        "/name": _wrong_in_name(draft.name),
        "/description": _wrong_in_description(draft.description),
    }
    errors = [FieldError(pointer, why) for pointer, why in found.items() if why]
    for name, allowed in CHOICES.items():
        if getattr(draft, name) not in allowed:
            errors.append(FieldError(pointer_of(name), one_of(allowed)))
    for name, (least, most, unit) in NUMBERS.items():
        value = getattr(draft, name)
        if value is not None and not least <= value <= most:
            errors.append(FieldError(pointer_of(name), f"must be {least} to {most:,} {unit}"))
    return errors + check_keys(draft.export_type, draft.format, draft.when_empty)


def _wrong_in_name(name: str) -> str | None:
    if len(name) > bounds.NAME or not any(
        is_visible(character) for character in name[: bounds.NAME]
    ):
        return f"give a name of 1 to {bounds.NAME} characters"
    if has_controls(name):
        return "remove the control characters, such as line breaks and tabs"
    return TURNS if bounds.turns_text(name) else None


def _wrong_in_description(description: str | None) -> str | None:
    if description is None:
        return None
    if len(description) > bounds.DESCRIPTION:
        return bounds.at_most(bounds.DESCRIPTION)
    return None if xml_can_hold(description) else "remove the control characters"


def check_keys(
    export_type: str, file_format: str, when_empty: str = WHEN_EMPTY[0]
) -> list[FieldError]:
    return [
        FieldError(pointer, one_of(allowed))
        for pointer, value, allowed in (
            ("/exportType", export_type, EXPORT_TYPES.keys()),
            ("/format", file_format, FORMATS.keys()),
            ("/whenEmpty", when_empty, WHEN_EMPTY),
        )
        if value not in allowed
    ]


def _check_time(draft: Draft, now: datetime, minimum_seconds: int) -> list[FieldError]:
    errors = []
    try:
        zone = cron.zone(draft.timezone)
    except ExportsError as e:
        errors.append(FieldError("/timezone", e.message))
        zone = cron.zone("UTC")
    try:
        cron.check_interval(cron.parse(draft.schedule), zone, now, minimum_seconds)
    except ExportsError as e:
        errors.append(FieldError("/schedule", e.message))
    return errors
