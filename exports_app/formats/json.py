"""JSON: an array of objects, one to a line, UTF-8. Money is a number with both its decimals
(``12.50``), a date an ISO string."""

from pathlib import Path

import orjson

from exports_app.domain.table import Column, Kind, Table, Value
from exports_app.formats._cells import Cell, encodable, not_utf8, plain
from exports_app.formats._lines import LineField, Lines
from exports_app.services.core.extension_points import FORMATS


def _quote(text: str) -> str:
    return orjson.dumps(text).decode()


def _text(value: str) -> str:
    return _quote(encodable(value))


def _member(column: Column) -> LineField:
    name = f"{_quote(column.key)}: "
    number = column.kind in {Kind.INTEGER, Kind.DECIMAL}
    cell: Cell = plain(column) if number else _text

    def write(value: Value) -> str:
        return name + ("null" if value is None else cell(value))

    return LineField(column, write, (name, ""), not_utf8)


@FORMATS.decorate
class Json:
    key = "json"
    label = "JSON"
    mime = "application/json"
    extension = "json"

    def write(self, table: Table, path: Path) -> int:
        lines = self.lines(table)
        with path.open("wb") as file:
            file.write(b"[")
            comma = 1  # none before the first row
            for chunk in table.chunks:
                file.write(lines.text(chunk)[comma:].encode())
                comma = 0
            file.write(b"]\n" if comma else b"\n]\n")
        return lines.removed

    def lines(self, table: Table) -> Lines:
        return Lines([_member(c) for c in table.columns], ",\n{", ", ", "}")
