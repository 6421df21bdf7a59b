"""Typed columns and rows: what an export type hands to a format.

A row is a tuple with one value per column. By kind the value is

- TEXT: str
- INTEGER: int
- DECIMAL: an int scaled by ``10 ** column.scale`` (money: hundredths, scale 2; ratios: millionths, scale 6)
- DATE: datetime.date

and None, in any column, where it is absent. Scaled integers keep money exact and cost nothing to carry.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TypeAlias

Value: TypeAlias = str | int | date | None
Row: TypeAlias = tuple[Value, ...]
Chunk: TypeAlias = Sequence[Row]


class Kind(StrEnum):
    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    DATE = "date"


@dataclass(frozen=True)
class Ratio:
    """A column computed from two others of the same row: numerator / denominator, empty over zero."""

    numerator: str
    denominator: str


@dataclass(frozen=True)
class Column:
    """key: snake_case, the header in CSV and the name in JSON and XML; label: the header in Excel."""

    key: str
    label: str
    kind: Kind
    scale: int = 0
    ratio: Ratio | None = None


@dataclass(frozen=True)
class Table:
    """Columns and the stream of their rows, in chunks of a few thousand."""

    columns: tuple[Column, ...]
    chunks: Iterator[Chunk]


def text(key: str, label: str) -> Column:
    return Column(key, label, Kind.TEXT)


def integer(key: str, label: str) -> Column:
    return Column(key, label, Kind.INTEGER)


def money(key: str, label: str) -> Column:
    return Column(key, label, Kind.DECIMAL, scale=2)


def day(key: str, label: str) -> Column:
    return Column(key, label, Kind.DATE)


def ratio(key: str, label: str, numerator: str, denominator: str) -> Column:
    return Column(key, label, Kind.DECIMAL, scale=6, ratio=Ratio(numerator, denominator))


def divide(numerator: int, denominator: int, shift: int) -> int | None:
    """numerator * 10**shift / denominator as an integer, rounded half to even; None over zero."""
    if denominator == 0:
        return None
    if shift < 0:
        denominator *= int(10**-shift)
        shift = 0
    quotient, rest = divmod(abs(numerator) * int(10**shift), abs(denominator))
    twice = 2 * rest
    if twice > abs(denominator) or (twice == abs(denominator) and quotient % 2):
        quotient += 1
    return quotient if (numerator < 0) == (denominator < 0) else -quotient


def stored(columns: Sequence[Column]) -> tuple[Column, ...]:
    """The columns a query must deliver, in order; the others are computed from them."""
    return tuple(c for c in columns if c.ratio is None)


def completer(columns: Sequence[Column]) -> Callable[[Row], Row]:
    """A function from a queried row (the stored columns) to a full row (all columns)."""
    where = {c.key: i for i, c in enumerate(stored(columns))}
    scale = {c.key: c.scale for c in columns}
    if len(where) == len(columns):
        return lambda row: row

    def ratio_of(column: Column, spec: Ratio) -> Callable[[Row], Value]:
        top, bottom = where[spec.numerator], where[spec.denominator]
        shift = column.scale + scale[spec.denominator] - scale[spec.numerator]

        def compute(row: Row) -> Value:
            a, b = row[top], row[bottom]
            return divide(a, b, shift) if isinstance(a, int) and isinstance(b, int) else None

        return compute

    def pick(index: int) -> Callable[[Row], Value]:
        return lambda row: row[index]

    cells = [ratio_of(c, c.ratio) if c.ratio else pick(where[c.key]) for c in columns]
    return lambda row: tuple(cell(row) for cell in cells)


def decimal_text(value: int, scale: int) -> str:
    """A scaled integer as plain decimal text with all its places: ``decimal_text(-1250, 2) == '-12.50'``."""
    if scale == 0:
        return str(value)
    sign = "-" if value < 0 else ""
    whole, part = divmod(abs(value), 10**scale)
    return f"{sign}{whole}.{part:0{scale}d}"


def readable(column: Column, value: Value) -> str:
    """A value as people read it in a table: ``1,234``, ``1,234.50``, an ISO date; empty where it is absent.

    Finer decimals than money get two places from 1 on, four below it.
    """
    if value is None:
        return ""
    if not isinstance(value, int):
        return str(value)
    if column.kind is not Kind.DECIMAL:
        return f"{value:,}"
    if column.scale <= 2:
        return _grouped(value, column.scale)
    places = 2 if value == 0 or abs(value) >= 10**column.scale else 4
    rounded = divide(value, 10 ** (column.scale - places), 0)
    assert rounded is not None
    if rounded == 0 and value:
        return "<0.0001" if value > 0 else ">-0.0001"
    return _grouped(rounded, places)


def _grouped(value: int, scale: int) -> str:
    """As `decimal_text`, with thousands separators."""
    whole, dot, part = decimal_text(abs(value), scale).partition(".")
    return f"{'-' if value < 0 else ''}{int(whole):,}{dot}{part}"
