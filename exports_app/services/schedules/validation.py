"""The rules of a scheduled export's fields. An error says how to fix the value."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from email_validator import EmailNotValidError

from exports_app.domain import bounds
from exports_app.domain.errors import ExportsError, FieldError, Invalid
from exports_app.domain.schedules import slugs, tags
from exports_app.domain.schedules.option_kinds import (
    Choice,
    EmailAddress,
    Flag,
    Option,
    Text,
    WholeNumber,
)
from exports_app.domain.schedules.options import OPTIONS, ScheduleOptions
from exports_app.domain.timing import cron
from exports_app.services.core.email_addresses import valid_address
from exports_app.services.core.extension_points import EXPORT_TYPES, FORMATS
from exports_app.services.core.field_rules import (
    TURNS,
    field_of,
    has_controls,
    is_visible,
    one_of,
    pointer_of,
    wrong_text,
)
from exports_app.services.schedules import chosen_destinations
from exports_app.services.schedules.filters import Filters, check_filters
from exports_app.services.schedules.recipients import merge_recipients


@dataclass(frozen=True)
class Draft(ScheduleOptions):
    """The values of a scheduled export that a person may choose, with its options."""

    name: str
    export_type: str
    format: str
    schedule: str
    timezone: str
    recipients: tuple[str, ...] = ()
    description: str | None = None
    filters: Filters = field(default_factory=Filters)
    is_active: bool = True
    destination_ids: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    slug: str | None = None
    """None: made of the name."""


OPTION_NAMES = frozenset(option.name for option in OPTIONS)
FIELDS = tuple(sorted((f.name for f in fields(Draft)), key=OPTION_NAMES.__contains__))
"""The options last."""


def check(
    draft: Draft, now: datetime, minimum_seconds: int, changed: Collection[str] = FIELDS
) -> Draft:
    """The draft with its recipients and tags merged, and its addresses in their normal form. Raises
    Invalid with all errors. Whether campaigns exist is not checked here.

    changed: the fields to check. A value stored under an older rule prevents no other change: a
    schedule that is too frequent under today's rule can still be paused.
    """
    errors = [e for e in _check_texts(draft) if field_of(e.pointer) in changed]
    recipients, wrong = merge_recipients(draft.recipients)
    if {"recipients", "destination_ids"} & set(changed):
        alone = bool(draft.destination_ids) and not draft.recipients
        errors += [] if alone else wrong
        errors += chosen_destinations.wrong(draft.destination_ids)
    if {"schedule", "timezone"} & set(changed) or ("is_active" in changed and draft.is_active):
        errors += _check_time(draft, now, minimum_seconds)
    if {"filters", "export_type"} & set(changed) and draft.export_type in EXPORT_TYPES:
        errors += check_filters(draft.filters, draft.export_type)
    errors += check_tags(draft.tags) if "tags" in changed else []
    if errors:
        raise Invalid(errors)
    normal = {
        "recipients": recipients,
        "destination_ids": chosen_destinations.merged(draft.destination_ids),
        "tags": tags.merged(draft.tags),
    }
    return Draft(**{**draft.__dict__, **normal, **_normal_addresses(draft, changed)})


def _normal_addresses(draft: Draft, changed: Collection[str]) -> dict[str, str]:
    """The changed options that are email addresses, valid ones, in their normal form."""
    given = {
        option.name: getattr(draft, option.name)
        for option in OPTIONS
        if isinstance(option.kind, EmailAddress) and option.name in changed
    }
    return {name: valid_address(address) for name, address in given.items() if address}


def _check_texts(draft: Draft) -> list[FieldError]:
    faults = {
        "/name": _wrong_in_name(draft.name),
        "/description": wrong_text(draft.description or "", bounds.DESCRIPTION),
        "/slug": None if draft.slug is None or slugs.is_valid(draft.slug) else slugs.RULE,
    }
    errors = [FieldError(pointer, why) for pointer, why in faults.items() if why]
    errors += wrong_options(draft, OPTIONS)
    return errors + check_keys(draft.export_type, draft.format)


def wrong_options(values: Any, options: Sequence[Option]) -> list[FieldError]:
    """The errors of the options' values, by the options' declarations."""
    faults = {option.name: _wrong_value(option, getattr(values, option.name)) for option in options}
    return [FieldError(pointer_of(name), why) for name, why in faults.items() if why]


def _wrong_value(option: Option, value: Any) -> str | None:
    if value is None:
        return None if option.is_optional else "must not be null"
    match option.kind:
        case Choice(values=allowed):
            return None if value in allowed else one_of(allowed)
        case WholeNumber(least=least, most=most):
            return None if least <= value <= most else _range(option, option.kind)
        case Text(most=most):
            return wrong_text(value, most)
        case EmailAddress():
            return _wrong_address(value)
        case Flag():
            return None if isinstance(value, bool) else "must be true or false"


def _wrong_address(value: str) -> str | None:
    try:
        valid_address(value)
    except EmailNotValidError:
        return "is not a valid email address: use the format name@example.com"
    return None


def _range(option: Option, kind: WholeNumber) -> str:
    rest = f"; 0: {kind.zero}" if kind.zero else ""
    if option.is_optional:
        rest += ", or null for the server's default" if option.from_settings else ", or null"
    return f"must be {kind.least} to {kind.most:,} {kind.unit}{rest}"


def _wrong_in_name(name: str) -> str | None:
    if len(name) > bounds.NAME or not any(
        is_visible(character) for character in name[: bounds.NAME]
    ):
        return f"enter a name of 1 to {bounds.NAME} characters"
    if has_controls(name):
        return "remove the control characters, such as line breaks and tabs"
    return TURNS if bounds.turns_text(name) else None


def check_tags(given: Sequence[str]) -> list[FieldError]:
    """The errors of a schedule's tags."""
    too_many = [FieldError("/tags", f"use at most {bounds.TAGS} tags")]
    if len(given) > bounds.SENT_TAGS:
        return too_many
    wrong = (_wrong_in_tag(tag) for tag in given)
    errors = [FieldError(f"/tags/{i}", why) for i, why in enumerate(wrong) if why]
    return errors or (too_many if len(tags.merged(given)) > bounds.TAGS else [])


def _wrong_in_tag(tag: str) -> str | None:
    if len(tag) > bounds.TAG or len(tags.tidy(tag)) > bounds.TAG:
        return bounds.at_most(bounds.TAG)
    if not any(map(is_visible, tag)):
        return f"enter a tag of 1 to {bounds.TAG} characters"
    if has_controls(tag) or "," in tag:
        return "remove commas and control characters, such as line breaks and tabs"
    return TURNS if bounds.turns_text(tag) else None


def check_keys(export_type: str, file_format: str) -> list[FieldError]:
    return [
        FieldError(pointer, one_of(allowed))
        for pointer, value, allowed in (
            ("/exportType", export_type, EXPORT_TYPES.keys()),
            ("/format", file_format, FORMATS.keys()),
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
