"""CSV as RFC 4180 has it: UTF-8 without BOM, CRLF, quotes only where needed, one header line of
column keys.

An absent value and an empty text are both an empty field.
"""

import re
from pathlib import Path

from exports_app.domain.formula_guard import guard
from exports_app.domain.table import Table, Value
from exports_app.formats._cells import Cell, cells, encodable, not_utf8
from exports_app.formats._lines import LineField, Lines
from exports_app.services.core.extension_points import FORMATS

_SPECIAL = re.compile('[",\r\n]')


def harmless(value: str) -> str:
    """Text that no spreadsheet program runs: a ' where it could."""
    return encodable(guard(value))


def quoted(text: str) -> str:
    """The field, in quotes where it needs them."""
    return '"' + text.replace('"', '""') + '"' if _SPECIAL.search(text) else text


def _writer(cell: Cell) -> Cell:
    def write(value: Value) -> str:
        return "" if value is None else quoted(cell(value))

    return write


@FORMATS.decorate
class Csv:
    key = "csv"
    label = "CSV"
    mime = "text/csv"
    extension = "csv"

    def write(self, table: Table, path: Path) -> int:
        lines = self.lines(table)
        with path.open("wb") as file:
            file.write((",".join(quoted(c.key) for c in table.columns) + "\r\n").encode())
            for chunk in table.chunks:
                file.write(lines.text(chunk).encode())
        return lines.removed

    def lines(self, table: Table) -> Lines:
        writers = [_writer(cell) for cell in cells(table.columns, harmless)]
        if len(writers) == 1:  # an empty line would be no row
            only = writers[0]
            writers = [lambda value: only(value) or '""']
        return Lines(
            [
                LineField(c, write, removed=not_utf8)
                for c, write in zip(table.columns, writers, strict=True)
            ],
            "",
            ",",
            "\r\n",
        )
