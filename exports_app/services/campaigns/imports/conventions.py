"""How the numbers and dates of a file are written: judged from all of its rows, before the first
one is understood."""

from collections.abc import Callable
from dataclasses import dataclass, field

from exports_app.services.campaigns.imports.cells import Cell, is_blank
from exports_app.services.campaigns.imports.columns import Mapping
from exports_app.services.campaigns.imports.dates import DateColumn
from exports_app.services.campaigns.imports.numbers import NumberColumn
from exports_app.services.campaigns.imports.source import SourceTable
from exports_app.services.campaigns.service import AMOUNTS, COUNTS

NUMBERS = (*COUNTS, *AMOUNTS, "budget")
DATES = ("date", "start_date", "end_date")
EVERY = 5000
"""Rows between two notes of progress."""
_DECIMAL = {".": "decimal point", ",": "decimal comma"}

Progress = Callable[[float], None]
"""Called with the part that is done, from 0 to 1."""


@dataclass
class Conventions:
    """By the field's key."""

    numbers: dict[str, NumberColumn] = field(default_factory=dict)
    dates: dict[str, DateColumn] = field(default_factory=dict)
    samples: dict[int, list[Cell]] = field(default_factory=dict)
    """By the column's index: its first cells that hold something."""

    def decimal(self, key: str) -> str:
        """The decimal sign of a column: its own, or that of the file's other columns where these
        agree. Empty where it is not known."""
        column = self.numbers[key]
        if column.decimal or (column.point_line and column.comma_line):
            return column.decimal
        others = {c.decimal for c in self.numbers.values() if c.point_line or c.comma_line}
        return others.pop() if len(others) == 1 else ""

    @property
    def described(self) -> list[str]:
        """In words, what is not as in an international file."""
        signs = sorted({c.decimal for c in self.numbers.values()} - {""}, reverse=True)
        words = [_DECIMAL[sign] for sign in signs] if signs else []
        if any(c.grouped.issuperset(self.decimal(key) or ".,") for key, c in self.numbers.items()):
            words.append("thousands separators")
        orders = {c.described for c in self.dates.values()} - {""}
        return words + sorted(orders)


SAMPLES = 3
"""Cells of each column that a preview shows."""


def judge(table: SourceTable, mapping: Mapping, progress: Progress) -> Conventions:
    """Reads all rows once."""
    found = Conventions()
    watched: list[tuple[int, NumberColumn | DateColumn]] = []
    for index, key in enumerate(mapping):
        if key in NUMBERS:
            watched.append((index, found.numbers.setdefault(key, NumberColumn())))
        elif key in DATES:
            watched.append((index, found.dates.setdefault(key, DateColumn())))
    sampled = 0
    for count, row in enumerate(table.rows()):
        cells = row.cells
        if sampled < 2 * SAMPLES:
            sampled += 1
            _sample(found, cells, len(mapping))
        for index, column in watched:
            if index < len(cells):
                column.see(cells[index], row.line)
        if count % EVERY == 0:
            progress(table.part_read)
    return found


def _sample(found: Conventions, cells: list[Cell], most: int) -> None:
    for index, cell in enumerate(cells[:most]):
        samples = found.samples.setdefault(index, [])
        if not is_blank(cell) and len(samples) < SAMPLES:
            samples.append(cell)
