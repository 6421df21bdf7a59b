"""The cells of a file, before anyone knows what they mean."""

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple, NoReturn, TypeAlias

EMPTY_SIGNS = frozenset({"-", "\N{EN DASH}", "\N{EM DASH}", "\N{MINUS SIGN}"})
"""What spreadsheet programs show in place of an empty cell or a zero."""
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200e\u200f\u2060\ufeff\x1a"))
"""Zero-width space, marks of direction, word joiner, byte order mark; and what ends a file of
DOS."""


@dataclass(frozen=True)
class Wrong:
    """A cell that a workbook gives no value for, and why."""

    reason: str

    def refuse(self) -> NoReturn:
        raise ValueError(self.reason)


@dataclass(frozen=True)
class Merged(Wrong):
    """A cell that is merged with the one before it: blank to look at, and no value to read."""

    reason: str = "is merged with the cell before it: write a value into each"


Cell: TypeAlias = str | float | bool | date | Wrong | None
"""Text as it stands in the file; numbers, truth values and days only from workbooks. None: the
line ended before this cell, so it was not given."""


class SourceRow(NamedTuple):
    line: int
    """Where the row begins in the file, from 1."""
    cells: list[Cell]
    problem: str = ""
    """Why the row cannot be read; its cells mean nothing then."""


def trimmed(text: str) -> str:
    """The text without white space around it and without invisible characters."""
    return (
        text.translate(_INVISIBLE).strip() if not text.isascii() or "\x1a" in text else text.strip()
    )


def is_blank(cell: Cell) -> bool:
    """Whether nobody sees anything in the cell."""
    if isinstance(cell, str):
        return not trimmed(cell)
    return cell is None or isinstance(cell, Merged)


def shown(cell: Cell) -> str:
    """The cell as text. A number has its 15 digits, which is what Excel keeps."""
    if cell is None:
        return ""
    if isinstance(cell, Wrong):
        return ""
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, float):
        return decimal_digits(cell)
    return str(cell)


def printable(text: str) -> str:
    """The text in one line, with escapes for what nobody sees, and what could steer a terminal."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def decimal_digits(number: float) -> str:
    """Its 15 significant digits as plain decimal text, without zeros at the end."""
    text = f"{number:.15g}"
    if "e" in text:
        text = f"{number:.0f}" if abs(number) >= 1 else f"{number:.20f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
