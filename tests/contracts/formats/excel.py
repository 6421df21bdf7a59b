"""Excel by openpyxl and by calamine."""

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import openpyxl
import python_calamine

from exports_app.domain.table import Column, Kind
from tests.contracts.tables import Reader, Sheet, scaled, xml_chars

PROMISED = ("Excel", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx")


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


def cells(path: Path) -> bytes:
    """A zip file holds the time of its making: the same cells are promised."""
    with ZipFile(path) as archive:
        parts = ("worksheets/sheet1", "styles", "workbook")
        return b"".join(archive.read(f"xl/{part}.xml") for part in parts)


_reader = partial(
    Reader,
    text=excel_text,
    header=label,
    holds=lambda character: xml_chars(character) == character,
    every_digit=False,
    content=cells,
)
READERS = [_reader(read_openpyxl), _reader(read_calamine)]
