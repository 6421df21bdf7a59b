"""CSV by Python's own reader."""

import csv
from collections.abc import Sequence
from pathlib import Path

from exports_app.domain.formula_guard import unguard
from exports_app.domain.table import Column
from tests.contracts.tables import Reader, Sheet, from_text, utf8

PROMISED = ("CSV", "text/csv", "csv")


def read_csv(path: Path, columns: Sequence[Column]) -> Sheet:
    with path.open(encoding="utf-8", newline="") as file:
        header, *lines = csv.reader(file, strict=True)
    return Sheet(
        header,
        [
            tuple(from_text(c, unguard(v)) for c, v in zip(columns, line, strict=True))
            for line in lines
        ],
    )


def csv_text(value: str) -> str | None:
    return utf8(value) or None


READERS = [Reader(read_csv, csv_text)]
