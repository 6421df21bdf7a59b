"""Excel (ECMA-376): a styled and frozen header row of labels, a filter, dates and numbers as such, text always as text.

An absent value and an empty text are no cell. Numbers are written with all their digits, though Excel itself calculates
with 15. What Excel cannot hold is changed as little as it can be: a control character becomes U+FFFD, CR and CRLF
become its own line break LF, text over 32,767 characters is cut with an ellipsis, a day before March 1900 is ISO text.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import date
from itertools import chain, islice
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.writer.excel import ExcelWriter

from exports_app.domain.table import Column, Kind, Row, Table, Value
from exports_app.formats._cells import plain
from exports_app.formats._exceltext import as_text, shown_width
from exports_app.services.plugs import FORMATS

EPOCH = date(1899, 12, 30).toordinal()
FIRST_DAY = date(1900, 3, 1)
"""Before it, serial numbers are off by one: Excel believes in a 29 February 1900."""

SAMPLE = 200
"""Rows that decide the width of the columns."""
WIDTHS = (10, 60)
"""The narrowest and widest column, in characters."""


def _number_format(column: Column) -> str:
    match column.kind:
        case Kind.TEXT:
            return "@"  # so that "=1" stays text also when somebody edits the cell
        case Kind.DATE:
            return "yyyy-mm-dd"
        case _:
            whole = "0" if column.ratio else "#,##0"
            return f"{whole}.{'0' * column.scale}" if column.scale else whole


class _Pen:
    """Writes one column: a styled cell that takes one value after the other, which is what keeps the writing fast."""

    def __init__(self, sheet: Any, column: Column) -> None:
        self._cell = WriteOnlyCell(sheet)
        self._cell.number_format = _number_format(column)
        self._kind, self._plain = column.kind, plain(column)

    def __call__(self, value: Value) -> Any:
        """The cell, valid until the next call; None where there is nothing to write."""
        if value is None or value == "":
            return None
        content, data_type = self._content(value)
        self._cell.value = content
        self._cell.data_type = data_type  # the setter guessed from the text: a formula, an error
        return self._cell

    def _content(self, value: Value) -> tuple[object, str]:
        if self._kind is Kind.TEXT:
            return as_text(str(value)), "s"
        if isinstance(value, date):
            return (value.toordinal() - EPOCH, "n") if value >= FIRST_DAY else (value.isoformat(), "s")
        return self._plain(value), "n"  # as text, which openpyxl writes as it is; floats it would round


def _widths(columns: Sequence[Column], rows: Sequence[Row]) -> list[int]:
    def width(column: Column, values: Sequence[Value]) -> int:
        write = plain(column)
        seen = max((shown_width(write(v)) for v in values if v is not None), default=0)
        if column.kind in {Kind.INTEGER, Kind.DECIMAL}:
            seen += seen // 3  # thousands separators
        low, high = WIDTHS
        button = 2  # of the filter, beside the label
        return min(max(max(seen, shown_width(column.label) + button) + 2, low), high)

    values = list(zip(*rows, strict=True)) or [()] * len(columns)
    return [width(c, v) for c, v in zip(columns, values, strict=True)]


class _Sheets:
    """The sheets of one workbook, one at a time."""

    def __init__(self, book: Workbook, columns: Sequence[Column], widths: Sequence[int]) -> None:
        self._book, self._columns, self._widths = book, columns, widths

    def add(self, rows: Iterator[Row]) -> int:
        """Write one sheet, and return how many rows it got."""
        number = len(self._book.worksheets) + 1
        sheet = self._book.create_sheet("Export" if number == 1 else f"Export {number}")
        # above the rows in the file, so set before the first of them
        sheet.freeze_panes = "A2"
        for index, width in enumerate(self._widths, 1):
            sheet.column_dimensions[get_column_letter(index)].width = width
        sheet.append([self._header(sheet, c) for c in self._columns])
        pens = [_Pen(sheet, c) for c in self._columns]
        count = 0
        for count, row in enumerate(rows, 1):  # noqa: B007 - the number of rows is wanted afterwards
            sheet.append([pen(value) for pen, value in zip(pens, row, strict=True)])
        sheet.auto_filter.ref = f"A1:{get_column_letter(len(self._columns))}{count + 1}"
        sheet.close()
        return count

    def _header(self, sheet: Any, column: Column) -> Any:
        cell = WriteOnlyCell(sheet, as_text(column.label))
        cell.data_type = "s"
        cell.font = Font(bold=True, color="FFFFFF")
        cell.fill = PatternFill("solid", start_color="1F2937")
        cell.alignment = Alignment(vertical="center")
        return cell


def _discard(book: Workbook) -> None:
    """Close and remove the temporary files of a workbook that will not be saved."""
    for sheet in book.worksheets:
        writer = sheet._writer  # noqa: SLF001 - openpyxl removes these files only when it saves, or at exit
        if writer is None or not Path(writer.out).exists():
            continue
        if not sheet.closed:
            with suppress(Exception):  # an unfinished sheet may refuse to end; the error on its way tells why
                sheet.close()
        writer.cleanup()


@FORMATS.decorate
class Excel:
    key = "excel"
    label = "Excel"
    mime = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    extension = "xlsx"

    rows_per_sheet = 1_048_576
    """What Excel can hold, the header's row included."""

    def write(self, table: Table, path: Path) -> None:
        rows: Iterator[Row] = chain.from_iterable(table.chunks)
        sample = list(islice(rows, SAMPLE))
        rows = chain(sample, rows)
        room = self.rows_per_sheet - 1
        book = Workbook(write_only=True)
        try:
            sheets = _Sheets(book, table.columns, _widths(table.columns, sample))
            sheets.add(islice(rows, room))
            for row in rows:
                sheets.add(islice(chain((row,), rows), room))
            with ZipFile(path, "w", ZIP_DEFLATED) as archive:
                ExcelWriter(book, archive).save()
        finally:
            _discard(book)
