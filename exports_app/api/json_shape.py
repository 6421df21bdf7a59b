"""The shape of a JSON body, looked at before anything parses it.

A parser and pydantic handle an object in one call that keeps Python's lock: with a million fields
nobody else is served for seconds. This pass takes one token at a time, so that others get their
turn, and stops at the first limit that is passed.
"""

import json
import re
from dataclasses import dataclass

from exports_app.api.problems import pointer
from exports_app.domain.errors import FieldError, Invalid

FIELDS = 64
"""Of an object: more than any schema has."""
LEVELS = 16
"""Of objects and lists in each other: more than any schema has."""
TEXT = 64 * 1024
"""Bytes of one text, with its escapes: more than any field takes."""

_TOKENS = re.compile(
    rb'[^"{}\[\],]*+(?:("(?:[^"\\]++|\\.){0,%d}+")|(["{}\[\],])|\Z)' % TEXT, re.DOTALL
)
"""A text or a sign, and what stands before it. Possessive: no byte is read twice."""

_ONE_MORE = {b"{", b"[", b","}
"""Signs that announce a value."""


@dataclass(slots=True)
class _Level:
    """An object or a list that has begun."""

    is_object: bool
    entries: int = 0
    """Those that are complete."""
    name: tuple[int, int] | None = None
    """Where the name of the current field stands, from its opening quote; None: it comes next."""


def check(data: bytes, values: int) -> None:
    """Refuses a body of more values in all, more fields in an object, more levels, or longer texts
    than any good one has.

    What is not JSON may pass: the parser refuses it. Raises Invalid, which names the place.
    """
    levels: list[_Level] = []
    most = 5 * values  # tokens: a value has a name, a text, a comma, or two brackets
    for count, token in enumerate(_TOKENS.finditer(data)):
        if count > most:
            raise _refused(data, [], "holds too many values, or is not valid JSON")
        if token.lastindex == 1:
            _take_text(data, levels, token.span(1))
            continue
        sign = token[2]
        if sign == b'"' and len(data) - token.start(2) > TEXT:
            raise _refused(data, levels, _too_long())
        if not _take_sign(sign, levels):
            return
        values -= sign in _ONE_MORE
        if values < 0:
            raise _refused(data, levels[:1], "holds too many values: send fewer at a time")
        _check_levels(data, levels)


def _take_sign(sign: bytes | None, levels: list[_Level]) -> bool:
    """Whether JSON may go on after this sign."""
    if sign in {b"{", b"["}:
        levels.append(_Level(is_object=sign == b"{"))
        return True
    if sign in {None, b'"'} or not levels:
        return False
    if sign == b",":
        levels[-1].entries += 1
        levels[-1].name = None
    else:
        levels.pop()
    return True


def _check_levels(data: bytes, levels: list[_Level]) -> None:
    if levels and levels[-1].is_object and levels[-1].entries >= FIELDS:
        raise _refused(
            data,
            levels[:-1],
            f"holds more than {FIELDS} fields: leave out those that are not fields here",
        )
    if len(levels) > LEVELS:
        raise _refused(data, [], f"holds more than {LEVELS} levels of lists and objects")


def _take_text(data: bytes, levels: list[_Level], place: tuple[int, int]) -> None:
    level = levels[-1] if levels else None
    if level and level.is_object and level.name is None:
        level.name = place
    if place[1] - place[0] > TEXT:
        raise _refused(data, levels, _too_long())


def _too_long() -> str:
    return f"holds a text of more than {TEXT // 1024} KiB"


def _refused(data: bytes, levels: list[_Level], detail: str) -> Invalid:
    return Invalid([FieldError(pointer([_entry(data, level) for level in levels]), detail)])


def _entry(data: bytes, level: _Level) -> str | int:
    if not level.is_object:
        return level.entries
    if level.name is None or level.name[1] - level.name[0] > FIELDS * 4:
        return ""
    try:
        return str(json.loads(data[slice(*level.name)]))
    except ValueError:  # not JSON, or not UTF-8
        return ""
