"""What is wrong with a value is said in plain words, for every kind of field that a config may
have."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Literal, get_args
from uuid import UUID

import pytest
from pydantic import AnyUrl, AwareDatetime, Field, PastDate, SecretStr, ValidationError
from pydantic_core import PydanticCustomError
from pydantic_core.core_schema import ErrorType

from exports_app.services.core import input_words
from exports_app.services.core.extension_points.channel_config import ChannelConfig
from exports_app.services.destinations import configs

WHOLE, NUMBER, ADDRESS = "must be a whole number", "must be a number", "must be an address such as"
INSTANT = "must be a date and time with a UTC offset"


class Size(StrEnum):
    SMALL = "small"
    LARGE = "large"


class Config(ChannelConfig):
    text: str = Field("", max_length=5)
    some: str = Field("a", min_length=1)
    few: str = Field("abc", min_length=3)
    code: str = Field("A", pattern="[A-Z]+")
    secret: SecretStr | None = Field(None, min_length=1, max_length=5)
    flag: bool = False
    port: int = Field(1, ge=1, le=9)
    share: float = Field(0.5, gt=0, lt=1)
    step: int = Field(2, multiple_of=2)
    price: Decimal = Decimal(1)
    size: Size = Size.SMALL
    kind: Literal["a", "b"] = "a"
    only: Literal["x"] = "x"
    day: date = date(2026, 1, 1)
    birth: PastDate = date(2026, 1, 1)
    at: AwareDatetime = Field(default_factory=datetime.now)
    hour: time = time(9)
    wait: timedelta = timedelta(0)
    key: UUID | None = None
    url: AnyUrl | None = None
    names: Annotated[list[str], Field(min_length=1, max_length=2)] = Field(["a"])
    pair: tuple[int, int] = (1, 2)
    more: dict[str, int] = Field(default_factory=dict)
    either: int | None = None


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("text", 1, "must be text"),
        ("text", "abcdef", "use at most 5 characters"),
        ("some", "", "must not be empty"),
        ("few", "a", "use at least 3 characters"),
        ("code", "1", "must match the pattern [A-Z]+"),
        ("secret", 1, "must be text"),
        ("secret", "abcdef", "use at most 5 characters"),
        ("secret", "", "must not be empty"),
        ("flag", "perhaps", "must be true or false"),
        ("flag", [], "must be true or false"),
        ("port", "x", WHOLE),
        ("port", 1.5, WHOLE),
        ("port", 0, "must be at least 1"),
        ("port", 10, "must be at most 9"),
        ("share", "x", NUMBER),
        ("share", 0, "must be more than 0"),
        ("share", 1, "must be less than 1"),
        ("share", "nan", "must be "),
        ("step", 3, "must be a multiple of 2"),
        ("price", "x", NUMBER),
        ("size", "huge", "must be one of small, large"),
        ("kind", "c", "must be one of a, b"),
        ("only", "y", "must be x"),
        ("day", "x", "must be a date (YYYY-MM-DD)"),
        ("birth", "2999-01-01", "must be in the past"),
        ("at", "x", INSTANT),
        ("at", "2026-01-01T00:00:00", INSTANT),
        ("hour", "x", "must be a time (HH:MM)"),
        ("wait", "x", "must be a duration such as PT15M"),
        ("key", "x", "must be an ID (a UUID)"),
        ("url", "x", ADDRESS),
        ("url", 1, ADDRESS),
        ("names", "x", "must be a list"),
        ("names", [], "must have at least 1 entries"),
        ("names", ["a"] * 3, "has too many entries"),
        ("pair", 1, "must be a list"),
        ("more", [], "must be a JSON object"),
        ("either", "x", WHOLE),
        ("nothing", 1, "is not a field of this channel: remove it"),
    ],
)
def test_each_kind_of_field_has_plain_words(field: str, value: Any, words: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Config.model_validate({field: value})
    told = [configs._error(error) for error in refused.value.errors()]
    assert {one.pointer.split("/")[2] for one in told} == {field}
    assert told[0].detail.startswith(words)


def test_no_error_shows_pydantics_words() -> None:
    sizes = ("max_length", "min_length", "gt", "ge", "lt", "le", "multiple_of", "pattern")
    limits: dict[str, Any] = dict.fromkeys(sizes, 1)
    limits |= {"expected": "'a' or 'b'", "expected_tags": "'a', 'b'"}
    own = {"value_error", "assertion_error"}
    for kind in set(get_args(ErrorType)) - own:
        message = "Input should be a valid frozendict"
        assert "nput should" not in input_words.of({"type": kind, "msg": message, "ctx": limits})


def test_words_of_a_rule_stay() -> None:
    error = PydanticCustomError("too_old", "choose a newer one")
    for kind, message in ((error.type, error.message()), ("value_error", "Value error, choose")):
        assert input_words.of({"type": kind, "msg": message}).startswith("choose")
