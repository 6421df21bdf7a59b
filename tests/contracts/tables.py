"""Tables to write, and what a reader of a format is. The readers stand in `formats/KEY.py`, beside
a format's own module by name."""

import importlib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from exports_app.domain.table import (
    Chunk,
    Column,
    Kind,
    Table,
    by_column,
    day,
    integer,
    money,
    ratio,
    text,
)

Row = tuple[Any, ...]
"""With days as dates: they are what must come back."""

COLUMNS = (
    text("campaign_id", "Campaign ID"),
    text("campaign_name", "Campaign"),
    day("date", "Date"),
    integer("clicks", "Clicks"),
    money("spend", "Spend"),
    ratio("cpc", "CPC", "spend", "clicks"),
)

NASTY = (
    "plain", "a,b", 'say "hi"', '"', "two\nlines", "two\r\nlines", "old\rmac",
    "ends in newline\n", "tab\tinside", "café Müller naïve", "e\u0301 combining",
    "夏のキャンペーン", "Ελληνικά", "عربى", "🚀 launch 👩‍👩‍👧", "<b>bold</b> & <i>", "&amp;",
    "]]>", "<!--", "=1+1", '=HYPERLINK("http://example.com")', "+49 30 1234", "-5", "- dash",
    "@SUM(A1)", "\t=1", "\r=1", "\n=1", "'=1", "=", "#N/A", "#REF!", "#DIV/0!", "TRUE", "false",
    "null", "None", "nan", "1e5", "007", "1,5", "12.50", "2026-01-31", "12:30", "  spaces  ", " ",
    "\n", "\u00a0", "\u2028", "\ufeffmark", "_x0041_", "_x000D_", "_x005F_x0041_",
    "_x0041_x0042_", "_xyz_", "nul\0", "bell\x07", "\x1b[31m", "del\x7f", "nel\x85", "\ufffe",
    "\uffff", "half \ud83d pair", "\U0001fffe", "semi;colon", "back\\slash", "{}", "x" * 500,
)  # fmt: skip


def rows_of(names: Iterable[str | None]) -> list[Row]:
    return [
        (f"id-{i}", n, date(2026, 1, 1 + i % 28), i, i * 125, i * 333_333)
        for i, n in enumerate(names)
    ]


VALUES: list[Row] = [
    ("all", "everything", date(2026, 2, 28), 12, 1250, 104_166_667),
    ("zero", "zeros", date(2024, 2, 29), 0, 0, 0),
    ("refund", "negative", date(1999, 12, 31), -7, -5, -1),
    ("cent", "smallest", date(9999, 12, 31), 1, 1, 1),
    (
        "large",
        "fifteen digits",
        date(1900, 3, 1),
        999_999_999_999_999,
        -99_999_999_999_999,
        999_999_999_999_999,
    ),
    ("round", "trailing zeros", date(2026, 10, 10), 1000, 100_000, 500_000),
    (None, "no id", date(2026, 1, 1), 1, 1, 1),
    ("no name", None, date(2026, 1, 1), 1, 1, 1),
    ("no date", "", None, 1, 1, 1),
    ("no integer", "x", date(2026, 1, 1), None, 1, 1),
    ("no money", "x", date(2026, 1, 1), 1, None, 1),
    ("no ratio", "x", date(2026, 1, 1), 1, 1, None),
    (None, None, None, None, None, None),
    ("last", "x", date(2026, 1, 1), 1, 1, 1),
]


def table(rows: Iterable[Any], columns: Sequence[Column] = COLUMNS, chunk: int = 5) -> Table:
    def chunks() -> Iterator[Chunk]:
        held: list[Any] = []
        for row in rows:
            held.append(row)
            if len(held) == chunk:
                yield by_column(columns, held)
                held = []
        if held:
            yield by_column(columns, held)

    return Table(tuple(columns), chunks())


@dataclass(frozen=True)
class Sheet:
    """What was read: names of the columns, and rows of the domain's values."""

    header: list[str]
    rows: list[Row]


@dataclass(frozen=True)
class Reader:
    """Reads a file back, by a library that did not write it."""

    read: Callable[[Path, Sequence[Column]], Sheet]
    text: Callable[[str], str | None]
    """What a text is when it comes back."""
    header: Callable[[Column], str] = lambda c: c.key
    holds: Callable[[str], bool] = lambda character: not "\ud800" <= character <= "\udfff"
    """Whether the file can hold a character; it is counted as lost otherwise."""
    every_digit: bool = True
    """Whether integers of 64 bits come back; a spreadsheet program has floats."""
    content: Callable[[Path], bytes] = Path.read_bytes
    """Of a file, what is the same whenever it is made from the same rows."""

    def back(self, rows: Iterable[Row]) -> list[Row]:
        """The rows as they must come back."""
        return [tuple(self.text(v) if isinstance(v, str) else v for v in row) for row in rows]


def scaled(number: Decimal, scale: int) -> int:
    value = number.scaleb(scale)
    assert value == value.to_integral_value()
    return int(value)


def from_text(column: Column, value: str | None) -> Any:
    if not value:
        return None
    match column.kind:
        case Kind.TEXT:
            return value
        case Kind.INTEGER:
            return int(value)
        case Kind.DECIMAL:
            assert re.fullmatch(rf"-?\d+\.\d{{{column.scale}}}", value)
            return scaled(Decimal(value), column.scale)
        case Kind.DATE:
            return date.fromisoformat(value)


def utf8(value: str) -> str:
    return re.sub("[\ud800-\udfff]", "\ufffd", value)


def xml_chars(value: str, instead: str = "\ufffd") -> str:
    return re.sub("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", instead, value)


def readers(key: str) -> list[Reader]:
    """Of the format. Raises AssertionError where there is no file with them."""
    try:
        return module_of(key).READERS
    except ModuleNotFoundError as e:
        raise AssertionError(
            f"add tests/contracts/formats/{key}.py with READERS (see docs/extending.md)"
        ) from e


def module_of(key: str) -> Any:
    return importlib.import_module(f"tests.contracts.formats.{key}")
