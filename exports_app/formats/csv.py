"""CSV as RFC 4180 has it: UTF-8 without BOM, CRLF, quotes only where needed, one header line of column keys.

An absent value and an empty text are both an empty field.
"""

import csv
from itertools import chain
from pathlib import Path

from exports_app.domain.table import Table
from exports_app.formats._cells import cells, encodable
from exports_app.services.plugs import FORMATS

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet program takes a field beginning with one of these for a formula (OWASP, CSV Injection)."""


def harmless(value: str) -> str:
    """Text that no spreadsheet program runs: a leading ' where it could."""
    return encodable(f"'{value}" if value.startswith(FORMULA) else value)


@FORMATS.decorate
class Csv:
    key = "csv"
    label = "CSV"
    mime = "text/csv"
    extension = "csv"

    def write(self, table: Table, path: Path) -> None:
        cell = cells(table.columns, harmless)
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\r\n", quoting=csv.QUOTE_MINIMAL)
            writer.writerow([c.key for c in table.columns])
            writer.writerows(
                ["" if value is None else write(value) for write, value in zip(cell, row, strict=True)]
                for row in chain.from_iterable(table.chunks)
            )
