"""The rows of a sheet as XML (ECMA-376 part 1, 18.3.1.73), a chunk at a time. Each cell has its
reference, such as B7."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from itertools import chain
from typing import Any

from openpyxl.utils import get_column_letter

from exports_app.domain.table import Chunk, Column, Kind, Value
from exports_app.formats._cells import not_xml, plain
from exports_app.formats._exceltext import inline
from exports_app.formats._lines import LineField, Writer

EPOCH = date(1899, 12, 30).toordinal()
FIRST_DAY = "1900-03-01"
"""Before it, serial numbers are off by one: Excel has a 29 February 1900."""


class Rows:
    """styles: the number of each column's cell format in the workbook."""

    def __init__(self, columns: Sequence[Column], styles: Sequence[int]) -> None:
        self._cells = [
            _Cells(c, get_column_letter(i), style)
            for i, (c, style) in enumerate(zip(columns, styles, strict=True), 1)
        ]

    @property
    def removed(self) -> int:
        """Characters that the sheet could not contain so far."""
        return sum(c.writer.removed for c in self._cells)

    def text(self, chunk: Chunk, first: int) -> str:
        """first: the number of the chunk's first row in the sheet."""
        numbers = list(map(str, range(first, first + len(chunk[0]))))
        starts = [f'<row r="{number}">' for number in numbers]
        cells = chain.from_iterable(
            cells.pieces(numbers, values) for cells, values in zip(self._cells, chunk, strict=True)
        )
        return "</row>".join(map("".join, zip(starts, *cells, strict=True))) + "</row>"

    def plain(self, chunk: Chunk, first: int) -> str:
        """The same, one cell after the other."""
        rows = enumerate(zip(*chunk, strict=True), first)
        return "".join(f'<row r="{number}">{self._row(number, row)}</row>' for number, row in rows)

    def _row(self, number: int, row: Iterable[Value]) -> str:
        cells = zip(self._cells, row, strict=True)
        return "".join(column.cell(number, value) for column, value in cells)


class _Cells:
    """The cells of one column. A cell is its reference, its style, and its `tail`: type and
    value."""

    def __init__(self, column: Column, letter: str, style: int) -> None:
        self._start = f'<c r="{letter}'
        self._style = f'" s="{style}"'
        self._tail = tail(column)
        self.writer = Writer(
            LineField(column, self._rest, (f"{self._style}><v>", "</v></c>"), not_xml)
        )

    def pieces(self, numbers: Sequence[str], values: Sequence[Value]) -> list[Sequence[str]]:
        """The parts of the cells, to be joined row by row."""
        rests = self.writer.texts(values)
        if "" in rests:
            return [
                [
                    f"{self._start}{number}{rest}" if rest else ""
                    for number, rest in zip(numbers, rests, strict=True)
                ]
            ]
        return [[self._start] * len(numbers), numbers, rests]

    def cell(self, number: int, value: Value) -> str:
        rest = self._rest(value)
        return f"{self._start}{number}{rest}" if rest else ""

    def _rest(self, value: Value) -> str:
        """The part of a cell after its row number; empty where there is no cell."""
        end = self._tail(value)
        return self._style + end if end else ""


def tail(column: Column) -> Callable[[Any], str]:
    """A function that writes type and value of a cell; an empty text where there is no cell."""
    number = plain(column)

    def write(value: Any) -> str:
        if value is None or value == "":
            return ""
        if column.kind is Kind.DATE and value >= FIRST_DAY:
            return f"><v>{date.fromisoformat(value).toordinal() - EPOCH}</v></c>"
        if column.kind in {Kind.TEXT, Kind.DATE}:
            return f' t="inlineStr">{inline(value)}</c>'
        return f"><v>{number(value)}</v></c>"

    return write
