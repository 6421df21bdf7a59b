"""The options of a scheduled export in its form, by their declarations: as text, from a stored
schedule and back."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from exports_app.domain.errors import FieldError, Invalid
from exports_app.domain.schedules.option_kinds import (
    Choice,
    EmailAddress,
    Flag,
    Option,
    WholeNumber,
)
from exports_app.domain.schedules.options import OPTIONS
from exports_app.services.core.field_rules import pointer_of
from exports_app.services.core.records import Schedule

BY_NAME = {option.name: option for option in OPTIONS}
ADDRESSES = tuple(option.name for option in OPTIONS if isinstance(option.kind, EmailAddress))
YES, NO = "yes", "no"
DIGITS = 6
"""Of what is read as a number, where none that is allowed has more."""


def text_of(option: Option, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(option.kind, Flag):
        return YES if value else NO
    if isinstance(option.kind, WholeNumber) and option.kind.entry:
        return f"{value / option.kind.entry.size:g}"
    return str(value)


@dataclass(frozen=True)
class Section:
    """A folded part of the form. rows: the options, one or two beside each other. hint: what there
    is to set."""

    key: str
    title: str
    hint: str
    rows: tuple[tuple[str, ...], ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(name for row in self.rows for name in row)


SECTIONS = (
    Section(
        "delivery",
        "Delivery",
        "Attachment or link, replies, files without data",
        (("delivery", "link_days"), ("reply_to",), ("when_empty", "empty_means")),
    ),
    Section(
        "retries",
        "Retries and limits",
        "Attempts, automatic pausing, time limit",
        (
            ("retry_attempts", "retry_base_seconds"),
            ("on_unknown", "pause_after"),
            ("time_limit",),
        ),
    ),
    Section(
        "missed",
        "Overlapping and missed runs",
        "Long runs, downtime, start delay",
        (("overlap", "jitter_seconds"), ("catch_up", "catch_up_hours")),
    ),
)
EMPTY = {option.name: text_of(option, option.default) for option in OPTIONS}
"""What a new form begins with."""


def texts(schedule: Schedule) -> dict[str, str]:
    return {option.name: text_of(option, getattr(schedule, option.name)) for option in OPTIONS}


def is_used(option: Option, values: Mapping[str, str]) -> bool:
    """False where another option makes it pointless. The form then hides it, and its value stays as
    it was."""
    return option.when is None or option.when.holds(values[option.when.option])


def read(values: Mapping[str, str], errors: list[FieldError]) -> dict[str, Any]:
    """As the service takes them; adds what is wrong to `errors`. Whether a value is allowed is the
    service's rule."""
    values_read = {}
    for option in OPTIONS:
        if is_used(option, values):
            try:
                values_read[option.name] = value_of(option, values[option.name])
            except ValueError as e:
                errors.append(FieldError(pointer_of(option.name), str(e)))
    return values_read


def read_one(name: str, values: Mapping[str, str]) -> Any:
    """Its default while it is not used. Raises Invalid."""
    option = BY_NAME[name]
    if not is_used(option, values):
        return option.default
    try:
        return value_of(option, values[name])
    except ValueError as e:
        raise Invalid([FieldError(pointer_of(name), str(e))]) from None


def value_of(option: Option, text: str) -> Any:
    """Raises ValueError that says what to type."""
    if option.is_optional and not text.strip():
        return None
    match option.kind:
        case Flag():
            return text == YES
        case WholeNumber() as kind:
            return _number(option, kind, text.strip())
        case EmailAddress():
            return text.strip()
        case _:
            return text


def _number(option: Option, kind: WholeNumber, text: str) -> int:
    whole = rf"[0-9]{{1,{max(DIGITS, len(str(kind.most)))}}}"
    if kind.entry and re.fullmatch(rf"{whole}([.,][0-9]{{1,10}})?", text):
        return round(kind.entry.size * float(text.replace(",", ".")))
    if not kind.entry and re.fullmatch(whole, text):
        return int(text)
    example = f", e.g. {kind.example}" if kind.example else ""
    empty = ", or leave it empty" if option.is_optional else ""
    asked = f"number of {kind.entry.unit}" if kind.entry else f"whole number of {kind.unit}"
    raise ValueError(f"enter a {asked}{example}{empty}")


def chosen(section: Section, values: Mapping[str, str]) -> str:
    """Which of the section's options are not as usual, in words; empty where all are."""
    differing = (
        BY_NAME[name]
        for name in section.names
        if values[name].strip() != EMPTY[name] and is_used(BY_NAME[name], values)
    )
    return " · ".join(
        f"{option.label}: {words_of(option, values[option.name])}" for option in differing
    )


def words_of(option: Option, text: str) -> str:
    """The value as the form shows it."""
    match option.kind:
        case Choice() as kind:
            return {str(key): label.text for key, label in kind.labels.items()}.get(text, text)
        case Flag():
            return "Yes" if text == YES else "No"
        case _:
            return text.strip() or "default"


def from_settings(settings: Any) -> dict[str, str]:
    """What the server is set to, of those that may leave it to that."""
    return {
        option.name: f"{getattr(settings, option.name):g}"
        for option in OPTIONS
        if option.from_settings
    }
