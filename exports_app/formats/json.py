"""JSON: an array of objects, one to a line, UTF-8. Money is a number with both its decimals (``12.50``), a date an ISO string."""

import json
from itertools import chain
from pathlib import Path

from exports_app.domain.table import Column, Kind, Table
from exports_app.formats._cells import Cell, encodable, plain
from exports_app.services.plugs import FORMATS

_quote = json.JSONEncoder(ensure_ascii=False).encode


def _text(value: str) -> str:
    return _quote(encodable(value))


def _date(value: object) -> str:
    return f'"{value}"'


def _member(column: Column) -> tuple[str, Cell]:
    """The name with its colon, and how the value is written."""
    special: dict[Kind, Cell] = {Kind.TEXT: _text, Kind.DATE: _date}
    return f"{_quote(column.key)}: ", special.get(column.kind) or plain(column)


@FORMATS.decorate
class Json:
    key = "json"
    label = "JSON"
    mime = "application/json"
    extension = "json"

    def write(self, table: Table, path: Path) -> None:
        members = [_member(c) for c in table.columns]
        with path.open("w", encoding="utf-8", newline="\n") as file:
            before = "[\n"
            for row in chain.from_iterable(table.chunks):
                parts = [
                    name + ("null" if value is None else write(value)) for (name, write), value in zip(members, row, strict=True)
                ]
                file.write(f"{before}{{{', '.join(parts)}}}")
                before = ",\n"
            file.write("[]\n" if before == "[\n" else "\n]\n")
