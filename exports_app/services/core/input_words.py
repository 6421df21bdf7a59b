"""What is wrong with an input, in plain words.

pydantic's own messages name types of Python and may quote the input: these say what to change.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, get_args

from pydantic_core.core_schema import ErrorType

from exports_app.domain import bounds

_OBJECT = "must be a JSON object"
_LIST = "must be a list"
_NUMBER = "must be a number"
WHOLE = "must be a whole number"
_ID = "must be an ID (a UUID)"
_DATE = "must be a date (YYYY-MM-DD)"
_INSTANT = "must be a date and time with a UTC offset, e.g. 2026-01-31T09:00:00Z"
_TIME = "must be a time (HH:MM)"
_DURATION = "must be a duration such as PT15M (ISO 8601)"
_ADDRESS = "must be an address such as https://example.com"
_WORDS = {
    "missing": "is required",
    "extra_forbidden": "is unknown or read-only: leave it out",
    "model_type": _OBJECT,
    "model_attributes_type": _OBJECT,
    "dict_type": _OBJECT,
    "list_type": _LIST,
    "string_type": "must be text",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "int_type": WHOLE,
    "int_parsing": WHOLE,
    "int_from_float": WHOLE,
    "int_parsing_size": "is too large",
    "decimal_type": _NUMBER,
    "decimal_parsing": _NUMBER,
    "decimal_max_places": "use at most two decimals",
    "finite_number": "must be a finite number",
    "uuid_type": _ID,
    "uuid_parsing": _ID,
    "date_type": _DATE,
    "date_parsing": _DATE,
    "date_from_datetime_parsing": _DATE,
    "date_from_datetime_inexact": _DATE,
    "datetime_type": _INSTANT,
    "datetime_parsing": _INSTANT,
    "datetime_from_date_parsing": _INSTANT,
    "timezone_aware": _INSTANT,
    "decimal_max_digits": "is too large",
    "decimal_whole_digits": "is too large",
    "string_unicode": "must be valid Unicode text",
    "string_not_ascii": "use ASCII characters alone",
    "none_required": "must be null",
    "date_past": "must be in the past",
    "date_future": "must be in the future",
    "datetime_past": "must be in the past",
    "datetime_future": "must be in the future",
    "timezone_naive": "must have no UTC offset",
    "union_tag_not_found": "must say which kind it is",
    **dict.fromkeys(("float_type", "float_parsing", "fraction_type", "fraction_parsing"), _NUMBER),
    **dict.fromkeys(("tuple_type", "set_type", "frozen_set_type", "iterable_type"), _LIST),
    **dict.fromkeys(("mapping_type", "dataclass_type"), _OBJECT),
    **dict.fromkeys(("time_type", "time_parsing"), _TIME),
    **dict.fromkeys(("time_delta_type", "time_delta_parsing"), _DURATION),
    **dict.fromkeys(("datetime_object_invalid", "timezone_offset"), _INSTANT),
    **dict.fromkeys(("url_type", "url_parsing", "url_syntax_violation", "url_scheme"), _ADDRESS),
    "uuid_version": _ID,
    "bytes_type": "must be text",
    "bytes_invalid_encoding": "must be valid Unicode text",
}
_QUOTED = re.compile(r"'([^']*)'")


def _too_short(of: Mapping[str, Any]) -> str:
    least = of["min_length"]
    return _at_least(least) if _is_text(of) else f"must have at least {least:,} entries"


def _too_long(of: Mapping[str, Any]) -> str:
    if _is_text(of):
        return bounds.at_most(of["max_length"])
    return "has too many entries: send fewer at a time"


def _is_text(of: Mapping[str, Any]) -> bool:
    """Not a list: a secret text, whose length pydantic counts as that of any value."""
    return of.get("field_type") == "Value"


def _at_least(least: int) -> str:
    return "must not be empty" if least == 1 else f"use at least {least:,} characters"


def _one_of(expected: str) -> str:
    """expected: in pydantic's words: ``'a', 'b' or 'c'``."""
    names = _QUOTED.findall(expected)
    if not names:
        return f"must be {expected}"
    return f"must be one of {', '.join(names)}" if len(names) > 1 else f"must be {names[0]}"


_WITH_LIMITS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "string_too_long": lambda of: bounds.at_most(of["max_length"]),
    "url_too_long": lambda of: bounds.at_most(of["max_length"]),
    "bytes_too_long": lambda of: bounds.at_most(of["max_length"]),
    "string_too_short": lambda of: _at_least(of["min_length"]),
    "bytes_too_short": lambda of: _at_least(of["min_length"]),
    "too_short": _too_short,
    "too_long": _too_long,
    "greater_than": lambda of: f"must be more than {of['gt']}",
    "greater_than_equal": lambda of: f"must be at least {of['ge']}",
    "less_than": lambda of: f"must be less than {of['lt']}",
    "less_than_equal": lambda of: f"must be at most {of['le']}",
    "multiple_of": lambda of: f"must be a multiple of {of['multiple_of']}",
    "string_pattern_mismatch": lambda of: f"must match the pattern {of['pattern']}",
    "literal_error": lambda of: _one_of(of["expected"]),
    "enum": lambda of: _one_of(of["expected"]),
    "union_tag_invalid": lambda of: _one_of(of["expected_tags"]),
}
"""With what pydantic tells beside the kind of the error."""
_OWN = frozenset({"value_error", "assertion_error"})
_PYDANTICS = frozenset(get_args(ErrorType)) - _OWN
"""The others have the words of a rule of this program, or of an extension."""
_PLACE = re.compile(r"at line (\d+) column (\d+)")
"""In the parser's words, for invalid JSON."""


def pointer(location: Sequence[str | int]) -> str:
    """A JSON pointer (RFC 6901) to a place in the body, e.g. ``/filters/campaignIds/0``."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in location)


def of(error: Mapping[str, Any]) -> str:
    """error: one of pydantic's. Never with the value."""
    kind, more = str(error["type"]), error.get("ctx") or {}
    if kind == "json_invalid":
        place = _PLACE.search(str(more.get("error", "")))
        return "is not valid JSON" + (f": see line {place[1]}, column {place[2]}" if place else "")
    if words := _WITH_LIMITS.get(kind):
        return words(more)
    if kind in _PYDANTICS:
        return _WORDS.get(kind, "has a value that cannot be used here")
    return str(error["msg"]).removeprefix("Value error, ").removeprefix("Assertion failed, ")
