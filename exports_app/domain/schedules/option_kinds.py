"""Declarations of options: kinds, limits and texts. An option is declared once, as a field of a
dataclass (see `options.py`); the table, the API, the form and the checks read the declaration."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from typing import Any, TypeAlias

KEY = "option"
"""Key in a dataclass field's metadata."""


@dataclass(frozen=True)
class Label:
    """A choice in the form. hint: its effect."""

    text: str
    hint: str = ""


@dataclass(frozen=True)
class Choice:
    """One of some values, each with its label."""

    labels: Mapping[str, Label]

    @property
    def values(self) -> list[str]:
        return [str(value) for value in self.labels]


@dataclass(frozen=True)
class Entry:
    """The unit of a number in the form, if it is not the stored one. size: stored units in one."""

    unit: str
    size: int


@dataclass(frozen=True)
class WholeNumber:
    """zero: the meaning of 0. example: shown in the error for text that is no number."""

    least: int
    most: int
    unit: str
    zero: str = ""
    example: str = ""
    entry: Entry | None = None


@dataclass(frozen=True)
class Text:
    """most: characters."""

    most: int


@dataclass(frozen=True)
class EmailAddress:
    """One email address, stored in its normal form."""


@dataclass(frozen=True)
class Flag:
    """Yes or no."""


Kind: TypeAlias = Choice | WholeNumber | Text | EmailAddress | Flag


@dataclass(frozen=True)
class When:
    """A condition: another option has one of these values, as the form's text; with `otherwise`,
    any other value."""

    option: str
    values: tuple[str, ...]
    otherwise: bool = False

    def holds(self, text: str) -> bool:
        return (text in self.values) != self.otherwise


@dataclass(frozen=True)
class Option:
    """name: in SQL and Python; camelCase in JSON. default None: it may be empty, null in JSON.
    label, hint: in the form. description: in the OpenAPI document. since: the migration that added
    its column. when: it has an effect only then."""

    name: str
    kind: Kind
    default: Any
    label: str
    since: str
    hint: str = ""
    description: str = ""
    when: When | None = None
    from_settings: bool = False
    """Whether an empty value stands for the server's setting of the same name."""

    @property
    def is_optional(self) -> bool:
        return self.default is None


def option(
    kind: Kind,
    default: Any,
    *,
    label: str,
    since: str,
    hint: str = "",
    description: str = "",
    when: When | None = None,
    from_settings: bool = False,
) -> Any:
    """A field of a dataclass that is an option: see `Option`."""
    facts = {
        "kind": kind,
        "label": label,
        "since": since,
        "hint": hint,
        "description": description,
        "when": when,
        "from_settings": from_settings,
    }
    return field(default=default, metadata={KEY: facts})


@cache
def options_of(declared: type) -> tuple[Option, ...]:
    """The options of a dataclass, in the order of their declaration."""
    return tuple(
        Option(name=declaration.name, default=declaration.default, **declaration.metadata[KEY])
        for declaration in fields(declared)
        if KEY in declaration.metadata
    )


def option_values(source: Any, declared: type) -> dict[str, Any]:
    """The values of the dataclass's options in `source`, by name."""
    return {option.name: getattr(source, option.name) for option in options_of(declared)}
