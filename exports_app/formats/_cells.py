"""Shared by several formats: values as text, and characters that a file cannot contain."""

import re
from collections.abc import Callable, Sequence
from functools import partial
from itertools import chain
from typing import Any

from exports_app.domain.table import Column, Kind, decimal_text

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

_SURROGATES = range(0xD800, 0xE000)
NOT_UTF8: dict[int, str] = dict.fromkeys(_SURROGATES, REPLACEMENT)
"""A `str.translate` table of what UTF-8 cannot contain: half a surrogate pair."""

NOT_XML: dict[int, str] = dict.fromkeys(
    chain(range(0x09), (0x0B, 0x0C), range(0x0E, 0x20), _SURROGATES, (0xFFFE, 0xFFFF)), REPLACEMENT
)
"""A `str.translate` table of what is not a Char of XML 1.0 (section 2.2)."""

_HALVES = re.compile("[\ud800-\udfff]")
_NO_CHARS = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")

Cell = Callable[[Any], str]
"""From a value that is not None to its text in a file."""


def plain(column: Column) -> Cell:
    """A value of the column as text: numbers with all their decimals, dates in ISO 8601, text with
    half surrogate pairs replaced."""
    match column.kind:
        case Kind.TEXT | Kind.DATE:
            return encodable
        case Kind.INTEGER:
            return str
        case Kind.DECIMAL:
            return partial(decimal_text, scale=column.scale)


def cells(columns: Sequence[Column], text: Cell) -> list[Cell]:
    """One function per column; `text` is how the format writes the text columns."""
    return [text if c.kind is Kind.TEXT else plain(c) for c in columns]


def encodable(value: str) -> str:
    """The text, with what UTF-8 cannot contain replaced."""
    return value if value.isascii() else value.translate(NOT_UTF8)


def not_utf8(value: Any) -> int:
    """How many characters of a text UTF-8 cannot contain."""
    return 0 if not isinstance(value, str) or value.isascii() else len(_HALVES.findall(value))


def not_xml(value: Any) -> int:
    """How many characters of a text XML 1.0 cannot contain."""
    return len(_NO_CHARS.findall(value)) if isinstance(value, str) else 0
