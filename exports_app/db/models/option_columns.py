"""The columns of declared options."""

from typing import Any

from sqlalchemy import Boolean, Column, Integer, String, false, true
from sqlalchemy import Text as LongText

from exports_app.domain import bounds
from exports_app.domain.schedules.option_kinds import (
    Choice,
    EmailAddress,
    Flag,
    Kind,
    Option,
    Text,
    WholeNumber,
)

FIRST = "0001"
"""The migration that made the tables: before it there were no rows to fill."""
CHOICE = 10
"""Characters of a choice's column, where no choice is longer."""


def option_column(option: Option) -> Column[Any]:
    """A required option that was added to a table with rows has its default in the database too."""
    filled = not option.is_optional and option.since > FIRST
    return Column(
        option.name,
        _type(option.kind),
        nullable=option.is_optional,
        default=option.default,
        server_default=_literal(option.default) if filled else None,
    )


def _type(kind: Kind) -> Any:
    match kind:
        case Choice():
            return String(max(CHOICE, *map(len, kind.values)))
        case WholeNumber():
            return Integer()
        case Text():
            return LongText()
        case EmailAddress():
            return String(bounds.ADDRESS)
        case Flag():
            return Boolean()


def _literal(value: Any) -> Any:
    if isinstance(value, bool):
        return true() if value else false()
    return str(value)
