"""What all schemas have in common: JSON's camelCase, dates, amounts."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
)
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from exports_app.api import json_shape
from exports_app.api.schemas import kinds
from exports_app.domain import bounds


def _written(read: Callable[[str], Any], pattern: str, kind: str) -> BeforeValidator:
    """pydantic also reads text of digits alone as seconds since 1970, which is more often a mistake
    than a date."""
    form = re.compile(pattern, re.ASCII)

    def check(value: Any) -> Any:
        if isinstance(value, date):  # our own, on its way out
            return value
        try:
            if isinstance(value, str) and len(value) <= bounds.WRITTEN and form.match(value):
                return read(value)
        except ValueError:
            pass  # 2026-02-30
        raise PydanticCustomError(kind, "is not written as a date")

    return BeforeValidator(check)


Day = Annotated[date, _written(date.fromisoformat, r"\d{4}-\d\d-\d\d$", "date_parsing")]


def _in_utc(at: datetime) -> datetime:
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise ValueError("must lie between the years 1 and 9999 in UTC") from None


Instant = Annotated[
    AwareDatetime,
    _written(datetime.fromisoformat, r"\d{4}-\d\d-\d\d[Tt ]\d", "datetime_parsing"),
    AfterValidator(_in_utc),
]
"""In UTC."""
At = Annotated[datetime, AfterValidator(lambda at: at.replace(microsecond=0))]
"""An instant of an answer, to the second: what is stored has microseconds on one database, and
not everything has them."""
DECIMAL = r"^\d{1,18}(\.\d{1,2})?$"
Money = Annotated[
    Decimal,
    Field(decimal_places=2, max_digits=20, allow_inf_nan=False),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number"},
                {"type": "string", "pattern": DECIMAL, "maxLength": json_shape.TEXT},
            ]
        }
    ),
]


Id = Annotated[bounds.Id, AfterValidator(str.lower)]
"""An ID, or a word in place of one; in any case."""


def hundredths(amount: Decimal) -> int:
    return int(amount * 100)


class Output(BaseModel):
    model_config = ConfigDict(
        alias_generator=to_camel,
        from_attributes=True,
        serialize_by_alias=True,
        populate_by_name=True,
    )


Amount = Annotated[float, BeforeValidator(lambda h: h / 100)]
"""Stored hundredths, answered as a decimal number."""


class PageOut(Output):
    """What the answers of lists have beside their items."""

    total: int = Field(description="Number of items on all pages")
    page: int = Field(description="Page number; 1 when a cursor is used")
    size: int
    next_cursor: str | None = Field(
        default=None, description="Send it as cursor to get the next page; null on the last page"
    )


class TenantNameOut(Output):
    id: kinds.Uuid
    slug: str
    name: str
