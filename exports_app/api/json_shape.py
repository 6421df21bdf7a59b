"""The shape of a JSON body, checked before it is parsed.

A parser and pydantic handle an object in one call that keeps Python's lock: with a million fields
no other request is served for seconds. This check reads one token at a time, so that other threads
run in between, and stops at the first exceeded limit.
"""

import json
import re
from dataclasses import dataclass

from exports_app.domain.errors import FieldError, Invalid
from exports_app.services.core.input_words import pointer

FIELDS = 64
"""Fields of an object: more than any schema has."""
LEVELS = 16
"""Nesting of objects and lists: more than in any schema."""
TEXT = 64 * 1024
"""Bytes of one text, with its escapes: more than any field takes."""

_TOKENS = re.compile(
    rb'[^"{}\[\],]*+(?:("(?:[^"\\]++|\\.){0,%d}+")|(["{}\[\],])|\Z)' % TEXT, re.DOTALL
)
"""A text or a sign, and what is before it. Possessive: no byte is read twice."""

_ONE_MORE = {b"{", b"[", b","}
"""Signs before a value."""


@dataclass(slots=True)
class _Level:
    """An object or a list that is not complete."""

    is_object: bool
    entries: int = 0
    """Complete ones."""
    name: tuple[int, int] | None = None
    """The position of the current field's name, from its opening quote; None: it comes next."""


def check(data: bytes, values: int) -> None:
    """Refuses a body with too many values in all, fields in an object or levels, or with a text
    that is too long. values: how many are allowed.

    Text that is not JSON may pass: the parser refuses it. Raises Invalid with the place.
    """
    levels: list[_Level] = []
    most = 5 * values  # tokens: a value has a name, a text, a comma, or two brackets
    for count, token in enumerate(_TOKENS.finditer(data)):
        if count > most:
            raise _refused(data, [], "has too many values, or is not valid JSON")
        if token.lastindex == 1:
            _read_text(data, levels, token.span(1))
            continue
        sign = token[2]
        if sign == b'"' and len(data) - token.start(2) > TEXT:
            raise _refused(data, levels, _too_long())
        if not _read_sign(sign, levels):
            return
        values -= sign in _ONE_MORE
        if values < 0:
            raise _refused(data, levels[:1], "has too many values: send fewer at a time")
        _check_levels(data, levels)


def _read_sign(sign: bytes | None, levels: list[_Level]) -> bool:
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
            f"has more than {FIELDS} fields: leave out unknown ones",
        )
    if len(levels) > LEVELS:
        raise _refused(data, [], f"has more than {LEVELS} levels of lists and objects")


def _read_text(data: bytes, levels: list[_Level], place: tuple[int, int]) -> None:
    level = levels[-1] if levels else None
    if level and level.is_object and level.name is None:
        level.name = place
    if place[1] - place[0] > TEXT:
        raise _refused(data, levels, _too_long())


def _too_long() -> str:
    return f"has a text of more than {TEXT // 1024} KiB"


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
