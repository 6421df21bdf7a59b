"""Text files with a line per row: CSV in any of its dialects."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from exports_app.services.campaigns.imports.cells import Cell, SourceRow, is_blank, trimmed
from exports_app.services.campaigns.imports.columns import field_of
from exports_app.services.campaigns.imports.encodings import encoding_of

LONGEST_LINE = 20_000
"""Characters of a line of the file: all of its columns, as long as they may be, in quotes."""
SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
FIRST_ROWS = 30
"""Rows among which the header is looked for."""


class TextFile:
    """Rows of text cells. Raises ExportsError where the file cannot be read as a whole."""

    date_system = 0

    def __init__(self, path: Path) -> None:
        self._path = path
        self._size = max(1, path.stat().st_size)
        encoding = encoding_of(path)
        self._codec, self.note = encoding.codec, encoding.note
        self._declared = self._declared_separator()
        self._separator = self._declared or self._likely_separator()
        names = SEPARATORS.get(self._separator, f"{self._separator!r} between cells")
        self.described = f"{encoding.name}, {names}"
        self.part_read = 0.0
        """How much of the file the rows so far are, from 0 to 1."""

    @property
    def may_split_amounts(self) -> bool:
        """Whether an amount such as 12,50 makes two cells where it has no quotes."""
        return self._separator in {",", "."}

    @property
    def is_cut_off(self) -> bool:
        """Whether the last line has no end."""
        with self._path.open("rb") as file:
            file.seek(-min(4, self._size), io.SEEK_END)
            return not file.read().rstrip(b"\0").endswith((b"\n", b"\r", b"\0\n", b"\0\r"))

    def rows(self) -> Iterator[SourceRow]:
        """All rows but blank ones, and but a `sep=` line. After a row that is not CSV nothing is
        read."""
        with self._path.open("rb") as raw:
            for row in self._parsed(raw, self._separator):
                self.part_read = min(1.0, raw.tell() / self._size)
                yield row

    def _parsed(self, raw: Any, separator: str) -> Iterator[SourceRow]:
        with io.TextIOWrapper(raw, self._codec, newline="") as text:
            if self._declared:
                text.readline(LONGEST_LINE)
            skipped = 1 if self._declared else 0
            records = csv.reader(_lines(text), strict=True, delimiter=separator)
            while True:
                line = records.line_num + 1 + skipped
                try:
                    cells: list[Cell] = list(next(records))
                except StopIteration:
                    return
                except csv.Error as e:
                    yield SourceRow(line, [], f"is not CSV: {e}; the lines after it were not read")
                    return
                if not all(map(is_blank, cells)):
                    problem = "has a NUL byte" if "\0" in "".join(map(str, cells)) else ""
                    yield SourceRow(line, cells, problem)

    def _declared_separator(self) -> str:
        """What Excel's first line ``sep=;`` names; empty without such a line."""
        with self._path.open("rb") as raw, io.TextIOWrapper(raw, self._codec, newline="") as text:
            first = trimmed(text.readline(20)).strip('"').rstrip("\r\n")
        if not first.lower().startswith("sep="):
            return ""
        return first[4:5] or "\t"  # trimmed off

    def _likely_separator(self) -> str:
        """The one with which most columns of the header are known; else, which makes most
        columns."""

        def fitness(separator: str) -> tuple[int, int]:
            known = columns = 0
            with self._path.open("rb") as raw:
                for row, _ in zip(self._parsed(raw, separator), range(FIRST_ROWS), strict=False):
                    texts = [cell for cell in row.cells if isinstance(cell, str)]
                    known = max(known, len({field_of(text) for text in texts} - {""}))
                    columns = max(columns, len(texts))
            return known, columns

        return max(SEPARATORS, key=fitness)


def _lines(text: io.TextIOBase) -> Iterator[str]:
    """Reads no more of a line than LONGEST_LINE characters. Raises csv.Error for a longer one."""
    while line := text.readline(LONGEST_LINE + 1):
        if len(line) > LONGEST_LINE:
            raise csv.Error(f"a line is longer than {LONGEST_LINE:,} characters")
        yield line
