"""Excel (ECMA-376): a styled and frozen header row of labels, a filter, dates and numbers as such,
text always as text. Ratios are shown with two places or as per cent. Printed, all columns fit the
width of a page, and each page has the header.

openpyxl makes the workbook; the rows go straight into its sheets. An absent value and an empty text
are no cell. Numbers are written with all their digits, though Excel itself calculates with 15. What
Excel cannot contain is changed as little as possible: a control character becomes U+FFFD, CR and
CRLF become its own line break LF, text over 32,767 characters is cut with an ellipsis, a day before
March 1900 is ISO text.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import chain, islice
from pathlib import Path
from zipfile import ZipFile

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties

from exports_app.domain.table import Chunk, Column, Kind, Table
from exports_app.formats._cells import plain
from exports_app.formats._exceltext import shown_width
from exports_app.formats._sheet import Rows
from exports_app.services.core.extension_points import FORMATS
from exports_app.zipped import Package

SAMPLE = 200
"""Rows from which the widths of the columns are computed."""
WIDTHS = (10, 60)
"""The narrowest and widest column, in characters."""
SHEET = "xl/worksheets/sheet{}.xml"
END = b"</sheetData>"
DIMENSION = re.compile(rb"<dimension [^>]*/>")
MOST_BYTES = 2**31 - 2**26
"""Bytes of a sheet's rows; then the next sheet begins. More needs ZIP64 within the file, which not
every reader can read."""


def _number_format(column: Column) -> str:
    match column.kind:
        case Kind.TEXT:
            return "@"  # so that "=1" stays text also when the cell is edited
        case Kind.DATE:
            return "yyyy-mm-dd"
        case _ if column.ratio:  # the cell has all places: Excel shows them when it is edited
            return "0.00%" if column.ratio.percent else "#,##0.00"
        case _:
            return f"#,##0.{'0' * column.scale}" if column.scale else "#,##0"


def _side(column: Column) -> str:
    """Of its label and its cells. Excel itself puts days on the right, close to the next column's
    text, and labels on the left of their numbers."""
    return "right" if column.kind in {Kind.INTEGER, Kind.DECIMAL} else "left"


def _first(chunks: Iterator[Chunk]) -> list[Chunk]:
    """Chunks with the first SAMPLE rows, or all there are."""
    sample = []
    count = 0
    while count < SAMPLE and (chunk := next(chunks, None)):
        sample.append(chunk)
        count += len(chunk[0])
    return sample


def _widths(columns: Sequence[Column], sample: Sequence[Chunk]) -> list[int]:
    def width(index: int, column: Column) -> int:
        write = plain(column)
        values = islice(chain.from_iterable(chunk[index] for chunk in sample), SAMPLE)
        seen = max((shown_width(write(v)) for v in values if v is not None), default=0)
        if column.kind in {Kind.INTEGER, Kind.DECIMAL}:
            seen += seen // 3  # thousands separators
        low, high = WIDTHS
        button = 2  # of the filter, beside the label
        return min(max(max(seen, shown_width(column.label) + button) + 2, low), high)

    return [width(i, c) for i, c in enumerate(columns)]


@dataclass(frozen=True)
class _Look:
    """Columns and their widths, the same in all sheets."""

    columns: Sequence[Column]
    widths: Sequence[int]

    def book(self, counts: Sequence[int]) -> tuple[Workbook, list[int]]:
        """A workbook with the sheets' headers and no rows, and the number of each column's cell
        format.

        counts: the rows that each sheet gets.
        """
        book = Workbook()
        book.remove(book.active)
        book.properties.creator = "exports_app"
        for number, count in enumerate(counts, 1):
            sheet = book.create_sheet("Export" if number == 1 else f"Export {number}")
            sheet.freeze_panes = "A2"
            sheet.print_title_rows = "1:1"
            sheet.page_setup.orientation = "landscape"
            sheet.page_setup.fitToHeight = 0  # as many pages as the rows need
            sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
            for index, (column, width) in enumerate(zip(self.columns, self.widths, strict=True), 1):
                sheet.column_dimensions[get_column_letter(index)].width = width
                cell = sheet.cell(1, index)
                cell.value, cell.data_type = column.label, "s"
                cell.font = Font(bold=True, color="FFFFFF")
                cell.fill = PatternFill("solid", start_color="1F2937")
                cell.alignment = Alignment(_side(column), "center")
            sheet.auto_filter.ref = self.area(count)
        return book, [self._style(book, c) for c in self.columns]

    def _style(self, book: Workbook, column: Column) -> int:
        cell = WriteOnlyCell(book.worksheets[0])
        cell.number_format = _number_format(column)
        cell.alignment = Alignment(_side(column))
        style: int = cell.style_id
        return style

    def area(self, count: int) -> str:
        return f"A1:{get_column_letter(len(self.columns))}{count + 1}"


class _Source:
    """Chunks, which can be taken in parts."""

    def __init__(self, chunks: Iterator[Chunk]) -> None:
        self._chunks = chunks
        self._next = next(chunks, None)

    @property
    def is_empty(self) -> bool:
        return self._next is None

    def take(self, most: int) -> Chunk | None:
        """The next chunk, with at most so many rows; None at the end, or where `most` is 0."""
        chunk = self._next
        if chunk is None or most <= 0:
            return None
        if len(chunk[0]) > most:
            self._next = [values[most:] for values in chunk]
            return [values[:most] for values in chunk]
        self._next = next(self._chunks, None)
        return chunk


class _Sheets:
    """The sheets of one workbook, written one after the other."""

    def __init__(self, package: Package, look: _Look) -> None:
        self._package = package
        self._look = look
        book, styles = look.book([0, 0])
        self.rows = Rows(look.columns, styles)
        self.counts: list[int] = []
        with ZipFile(_saved(book)) as empty:
            # The first sheet is the active one when the file is opened; all further ones are like
            # the second
            self._frames = [empty.read(SHEET.format(n)).split(END) for n in (1, 2)]

    def add(self, source: "_Source", room: int) -> None:
        """Write one sheet, with as many rows as it has room for."""
        head, rest = self._frames[min(len(self.counts), 1)]
        count = 0
        size = 0
        with self._package.part(SHEET.format(len(self.counts) + 1)) as part:
            # The number of rows is not known yet, and may be left out
            part.write(DIMENSION.sub(b"", head))
            while size < MOST_BYTES and (chunk := source.take(room - count)):
                content = self.rows.text(chunk, count + 2).encode()
                part.write(content)
                count, size = count + len(chunk[0]), size + len(content)
            part.write(
                END + rest.replace(self._look.area(0).encode(), self._look.area(count).encode())
            )
        self.counts.append(count)

    def finish(self) -> None:
        """Everything around the sheets."""
        book, _ = self._look.book(self.counts)
        sheets = {SHEET.format(n) for n in range(1, len(self.counts) + 1)}
        with ZipFile(_saved(book)) as parts:
            for name in parts.namelist():
                if name not in sheets:
                    self._package.add(name, parts.read(name))


def _saved(book: Workbook) -> BytesIO:
    buffer = BytesIO()
    book.save(buffer)
    return buffer


@FORMATS.decorate
class Excel:
    key = "excel"
    label = "Excel"
    mime = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    extension = "xlsx"

    rows_per_sheet = 1_048_576
    """Excel's limit, with the header's row."""

    def write(self, table: Table, path: Path) -> int:
        sample = _first(table.chunks)
        source = _Source(chain(sample, table.chunks))
        with Package(path) as package:
            sheets = _Sheets(package, _Look(table.columns, _widths(table.columns, sample)))
            sheets.add(source, self.rows_per_sheet - 1)
            while not source.is_empty:
                sheets.add(source, self.rows_per_sheet - 1)
            sheets.finish()
        return sheets.rows.removed
