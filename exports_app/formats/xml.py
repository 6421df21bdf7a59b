"""XML 1.0: `<export>` of `<row>`s, one to a line, an element per column. An absent value and an empty text are empty elements.

Text is always well-formed: markup is escaped, what XML cannot hold becomes U+FFFD. A CR is written as a character
reference, since a parser would read a bare one as LF (XML 1.0, section 2.11).
"""

from itertools import chain
from pathlib import Path

from exports_app.domain.table import Table
from exports_app.formats._cells import NOT_XML, cells
from exports_app.services.plugs import FORMATS

_ESCAPES = NOT_XML | {ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;", ord("\r"): "&#13;"}


def _text(value: str) -> str:
    return value.translate(_ESCAPES)


@FORMATS.decorate
class Xml:
    key = "xml"
    label = "XML"
    mime = "application/xml"
    extension = "xml"

    def write(self, table: Table, path: Path) -> None:
        elements = [
            (f"<{c.key}/>", f"<{c.key}>", f"</{c.key}>", write)
            for c, write in zip(table.columns, cells(table.columns, _text), strict=True)
        ]
        with path.open("w", encoding="utf-8", newline="\n") as file:
            file.write('<?xml version="1.0" encoding="UTF-8"?>\n<export>\n')
            for row in chain.from_iterable(table.chunks):
                parts = [
                    empty if value is None or value == "" else start + write(value) + end
                    for (empty, start, end, write), value in zip(elements, row, strict=True)
                ]
                file.write(f"<row>{''.join(parts)}</row>\n")
            file.write("</export>\n")
