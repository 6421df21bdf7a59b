"""Typed columns and rows, from an export type to a format.

Rows come in chunks. A chunk has one sequence of values for each column. By kind, a value is

- TEXT: str
- INTEGER: int
- DECIMAL: an int scaled by ``10 ** column.scale`` (money: hundredths, scale 2; ratios: millionths,
  scale 6)
- DATE: str, the day as ISO 8601 (``2026-01-31``), which is how SQLite keeps it and most files want
  it

and None where it is absent. Scaled integers keep money exact, and are fast.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias

Value: TypeAlias = str | int | None
Row: TypeAlias = tuple[Value, ...]
Chunk: TypeAlias = Sequence[Sequence[Value]]
"""One sequence of values per column, all of one length and never empty."""

EXACT = 2**52
"""Below it a float of a quotient, and its rounding, are exact enough (see `quotients`)."""


CHANGE_SCALE = 4
"""Of a relative change, see `change_of`."""


class Kind(StrEnum):
    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    DATE = "date"


@dataclass(frozen=True)
class Ratio:
    """A column computed from two others of the same row: numerator / denominator, empty over
    zero. percent: people read it as per cent; its values are the fraction all the same."""

    numerator: str
    denominator: str
    percent: bool = False


@dataclass(frozen=True)
class Column:
    """key: snake_case, the header in CSV and the name in JSON and XML; label: the header in
    Excel."""

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

    def rows(self) -> Iterator[Row]:
        """Row by row, for a format that need not be fast."""
        for chunk in self.chunks:
            yield from zip(*chunk, strict=True)


def text(key: str, label: str) -> Column:
    return Column(key, label, Kind.TEXT)


def integer(key: str, label: str) -> Column:
    return Column(key, label, Kind.INTEGER)


def money(key: str, label: str) -> Column:
    return Column(key, label, Kind.DECIMAL, scale=2)


def day(key: str, label: str) -> Column:
    return Column(key, label, Kind.DATE)


def ratio(
    key: str, label: str, numerator: str, denominator: str, *, percent: bool = False
) -> Column:
    return Column(key, label, Kind.DECIMAL, scale=6, ratio=Ratio(numerator, denominator, percent))


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


def change_of(now: Value, then: Value) -> int | None:
    """Relative to `then`, scaled by 10**CHANGE_SCALE; None without a value to compare with."""
    if not isinstance(now, int) or not isinstance(then, int):
        return None
    return divide(now - then, then, CHANGE_SCALE)


def stored(columns: Sequence[Column]) -> tuple[Column, ...]:
    """The columns that a query must return, in order; the others are computed from them."""
    return tuple(c for c in columns if c.ratio is None)


def by_column(columns: Sequence[Column], rows: Iterable[Sequence[Any]]) -> Chunk:
    """Rows of a query (at least one) as a chunk, with values of their columns' kinds. Raises
    ValueError for a fraction in a column of whole numbers."""
    return [
        _of_kind(column, values)
        for column, values in zip(columns, zip(*rows, strict=True), strict=True)
    ]


def _of_kind(column: Column, values: Sequence[Any]) -> Sequence[Value]:
    """Converts dates and decimals of drivers, and values of other types that SQLite may return."""
    kind = str if column.kind in {Kind.TEXT, Kind.DATE} else int
    if set(map(type, values)) <= {kind, type(None)}:
        return values
    as_kind = str if kind is str else _whole  # a date's str() is ISO 8601
    return [None if value is None else as_kind(value) for value in values]


def _whole(value: Any) -> int:
    whole = int(value)
    if whole != value:
        raise ValueError("a number that should be whole is not")
    return whole


def completer(columns: Sequence[Column]) -> Callable[[Chunk], Chunk]:
    """A function from a queried chunk (the stored columns) to a full one (all columns)."""
    where = {c.key: i for i, c in enumerate(stored(columns))}
    scale = {c.key: c.scale for c in columns}
    if len(where) == len(columns):
        return lambda chunk: chunk

    def ratio_of(column: Column, spec: Ratio) -> Callable[[Chunk, "_Largest"], Sequence[Value]]:
        top, bottom = where[spec.numerator], where[spec.denominator]
        shift = column.scale + scale[spec.denominator] - scale[spec.numerator]
        return lambda chunk, largest: quotients(
            chunk[top], chunk[bottom], shift, largest.of(top), largest.of(bottom)
        )

    def pick(index: int) -> Callable[[Chunk, "_Largest"], Sequence[Value]]:
        return lambda chunk, _: chunk[index]

    made = [ratio_of(c, c.ratio) if c.ratio else pick(where[c.key]) for c in columns]

    def complete(chunk: Chunk) -> Chunk:
        largest = _Largest(chunk)
        return [column(chunk, largest) for column in made]

    return complete


def completed(columns: Sequence[Column], queried: Sequence[Sequence[Any]]) -> list[Row]:
    """Rows of a query (the stored columns), completed with the computed columns."""
    return (
        list(zip(*completer(columns)(by_column(stored(columns), queried)), strict=True))
        if queried
        else []
    )


class _Largest:
    """The largest absolute values of a chunk's columns; each is computed once."""

    def __init__(self, chunk: Chunk) -> None:
        self._chunk = chunk
        self._known = dict[int, int | None]()

    def of(self, index: int) -> int | None:
        if index not in self._known:
            self._known[index] = largest(self._chunk[index])
        return self._known[index]


def largest(values: Sequence[Any]) -> int | None:
    """The largest absolute value; None where a value is absent."""
    try:
        return int(max(abs(max(values)), abs(min(values))))
    except TypeError:
        return None


def quotients(
    numerators: Sequence[Any],
    denominators: Sequence[Any],
    shift: int,
    largest_numerator: int | None,
    largest_denominator: int | None,
) -> Sequence[Value]:
    """`divide` for whole columns.

    Python divides two integers to the nearest float, and rounds a float half to even. A tie below
    2**52 is a float itself, so it is met exactly; any other quotient is farther from a tie than
    that float from the quotient, as long as the scaled numerator is below 2**52.
    """
    pairs = zip(numerators, denominators, strict=True)
    if largest_numerator is not None and largest_denominator is not None and shift >= 0:
        factor = 10**shift
        if largest_numerator * factor < EXACT and largest_denominator < EXACT:
            return [round(n * factor / d) if d else None for n, d in pairs]
    return [None if n is None or d is None else divide(n, d, shift) for n, d in pairs]


def decimal_text(value: int, scale: int) -> str:
    """A scaled integer as plain decimal text with all its places: ``decimal_text(-1250, 2) ==
    '-12.50'``."""
    if scale == 0:
        return str(value)
    sign = "-" if value < 0 else ""
    whole, part = divmod(abs(value), 10**scale)
    return f"{sign}{whole}.{part:0{scale}d}"


def readable(column: Column, value: Value) -> str:
    """A value as text in a table: ``1,234``, ``1,234.50``, ``1.25%``, an ISO date; empty where
    there is none. Decimals finer than money have two places from 1 on, and four below."""
    if value is None:
        return ""
    if not isinstance(value, int):
        return value
    if column.kind is not Kind.DECIMAL:
        return f"{value:,}"
    if column.ratio and column.ratio.percent:
        return _percent(value, column.scale)
    return _decimal(value, column.scale)


def _decimal(value: int, scale: int) -> str:
    if scale <= 2:
        return _grouped(value, scale)
    places = 2 if value == 0 or abs(value) >= 10**scale else 4
    rounded = divide(value, 10 ** (scale - places), 0)
    assert rounded is not None
    if rounded == 0 and value:
        return "<0.0001" if value > 0 else ">-0.0001"
    return _grouped(rounded, places)


def _percent(value: int, scale: int) -> str:
    """With two places: ``1.25%``."""
    hundredths = divide(value, 10 ** (scale - 4), 0)
    assert hundredths is not None
    if hundredths == 0 and value:
        return "<0.01%" if value > 0 else ">-0.01%"
    return f"{_grouped(hundredths, 2)}%"


def _grouped(value: int, scale: int) -> str:
    """As `decimal_text`, with thousands separators."""
    whole, dot, part = decimal_text(abs(value), scale).partition(".")
    return f"{'-' if value < 0 else ''}{int(whole):,}{dot}{part}"
