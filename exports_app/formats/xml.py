"""XML 1.0: `<export>` of `<row>`s, one to a line, an element per column. An absent value and an
empty text are empty elements.

Text is always well-formed: markup is escaped, and what XML cannot hold is left out and counted. A
CR is written as a character reference, since a parser would read a bare one as LF (XML 1.0, section
2.11).
"""

from pathlib import Path

from exports_app.domain.table import Column, Kind, Table, Value
from exports_app.formats._cells import NOT_XML, Cell, not_xml, plain
from exports_app.formats._lines import LineField, Lines
from exports_app.services.core.extension_points import FORMATS

_ESCAPES = dict.fromkeys(NOT_XML, "") | {
    ord("&"): "&amp;",
    ord("<"): "&lt;",
    ord(">"): "&gt;",
    ord("\r"): "&#13;",
}


def _text(value: str) -> str:
    return value.translate(_ESCAPES)


def _element(column: Column) -> LineField:
    start = f"<{column.key}>"
    end = f"</{column.key}>"
    empty = f"<{column.key}/>"
    cell: Cell = _text if column.kind in {Kind.TEXT, Kind.DATE} else plain(column)

    def write(value: Value) -> str:
        return empty if value is None or value == "" else start + cell(value) + end

    return LineField(column, write, (start, end), not_xml)


@FORMATS.decorate
class Xml:
    key = "xml"
    label = "XML"
    mime = "application/xml"
    extension = "xml"

    def write(self, table: Table, path: Path) -> int:
        lines = self.lines(table)
        with path.open("wb") as file:
            file.write(b'<?xml version="1.0" encoding="UTF-8"?>\n<export>\n')
            for chunk in table.chunks:
                file.write(lines.text(chunk).encode())
            file.write(b"</export>\n")
        return lines.removed

    def lines(self, table: Table) -> Lines:
        return Lines([_element(c) for c in table.columns], "<row>", "", "</row>\n")
