"""Tables to write, and a reader for each format by a library that did not write it."""

import csv
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import python_calamine
from lxml import etree

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
    read: Callable[[Path, Sequence[Column]], Sheet]
    text: Callable[[str], str | None]
    """What a text is when it comes back."""
    header: Callable[[Column], str] = lambda c: c.key

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


def read_csv(path: Path, columns: Sequence[Column]) -> Sheet:
    with path.open(encoding="utf-8", newline="") as file:
        header, *lines = csv.reader(file, strict=True)
    return Sheet(
        header,
        [tuple(from_text(c, v) for c, v in zip(columns, line, strict=True)) for line in lines],
    )


def csv_text(value: str) -> str | None:
    return utf8("'" + value if value[:1] in set("=+-@\t\r") else value) or None


def read_json(path: Path, columns: Sequence[Column]) -> Sheet:
    objects = json.loads(path.read_bytes().decode("utf-8"), parse_float=Decimal)
    header = [c.key for c in columns]

    def value(column: Column, held: Any) -> Any:
        if held is None:
            return None
        match column.kind:
            case Kind.DECIMAL:
                assert isinstance(held, Decimal)
                assert -held.as_tuple().exponent == column.scale
                return scaled(held, column.scale)
            case Kind.INTEGER:
                assert type(held) is int
                return held
            case Kind.DATE:
                return date.fromisoformat(held)
            case Kind.TEXT:
                assert isinstance(held, str)
                return held

    assert all(list(o) == header for o in objects)
    return Sheet(header, [tuple(value(c, o[c.key]) for c in columns) for o in objects])


def read_xml(path: Path, columns: Sequence[Column]) -> Sheet:
    root = etree.parse(path).getroot()
    assert root.tag == "export"
    header = [c.key for c in columns]
    rows = []
    for row in root:
        assert row.tag == "row"
        assert [e.tag for e in row] == header
        rows.append(tuple(from_text(c, e.text) for c, e in zip(columns, row, strict=True)))
    return Sheet(header, rows)


def number(column: Column, held: float) -> int:
    """What a spreadsheet program has as a number, exactly."""
    assert isinstance(held, int | float)
    assert not isinstance(held, bool)
    return scaled(Decimal(repr(held)), column.scale)


def book(path: Path) -> openpyxl.Workbook:
    with path.open("rb") as file:
        return openpyxl.load_workbook(file)


def read_openpyxl(path: Path, columns: Sequence[Column]) -> Sheet:
    sheet = book(path).worksheets[0]

    def value(column: Column, cell: Any) -> Any:
        if cell.value is None:
            return None
        match column.kind:
            case Kind.TEXT:
                assert cell.data_type == "s"
                return cell.value
            case Kind.DATE:
                assert cell.is_date
                assert cell.number_format == "yyyy-mm-dd"
                return cell.value.date()
            case _:
                assert cell.data_type == "n"
                return number(column, cell.value)

    header, *rows = sheet.iter_rows()
    return Sheet(
        [c.value for c in header],
        [tuple(value(c, x) for c, x in zip(columns, row, strict=True)) for row in rows],
    )


def read_calamine(path: Path, columns: Sequence[Column]) -> Sheet:
    header, *rows = (
        python_calamine.CalamineWorkbook.from_path(path)
        .get_sheet_by_index(0)
        .to_python(skip_empty_area=False)
    )

    def value(column: Column, held: Any) -> Any:
        if held == "":
            return None
        match column.kind:
            case Kind.TEXT:
                assert isinstance(held, str)
                return held
            case Kind.DATE:
                assert type(held) is date
                return held
            case _:
                return number(column, held)

    return Sheet(
        header, [tuple(value(c, x) for c, x in zip(columns, row, strict=True)) for row in rows]
    )


def excel_text(value: str) -> str | None:
    return xml_chars(re.sub("\r\n?", "\n", value)) or None


def label(column: Column) -> str:
    return column.label


READERS: dict[str, list[Reader]] = {
    "csv": [Reader(read_csv, csv_text)],
    "excel": [Reader(read_openpyxl, excel_text, label), Reader(read_calamine, excel_text, label)],
    "json": [Reader(read_json, utf8)],
    "xml": [Reader(read_xml, lambda value: xml_chars(value, "") or None)],
}
"""By a format's key. A new format brings its reader."""
