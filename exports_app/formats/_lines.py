"""Rows as lines of text, a chunk at a time.

Each column of a chunk becomes a list of texts in the fastest way for its kind, and the lists are
zipped into lines. orjson converts all numbers of a column at once, where none is negative or too
large; the written form of a text is remembered. All other values are written one by one, with the
same result.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from exports_app.domain.table import Chunk, Column, Kind, Value

MOST_DIGITS = 17
"""Digits of a number that orjson converts: with one more in front it still has 64 bits."""
MOST_REMEMBERED = 20_000
"""Texts whose written form is remembered."""
MARK = "\n"
"""Separates numbers where their column is split; nothing around a number contains it."""


def none_removed(_value: Any) -> int:
    return 0


@dataclass(frozen=True)
class LineField:
    """How a column's values are written.

    write: any value, absent ones too, as text with what the format puts around it. around: what
    that is before and after a number's digits. removed: how many characters of a value the file
    cannot contain.
    """

    column: Column
    write: Callable[[Any], str]
    around: tuple[str, str] = ("", "")
    removed: Callable[[Any], int] = none_removed


class Writer:
    """Writes one column."""

    def __init__(self, field: LineField) -> None:
        self._field = field
        self._memory: dict[Any, str] = {}
        self._is_number = field.column.kind in {Kind.INTEGER, Kind.DECIMAL}
        self.removed = 0
        """Characters that the file could not contain so far."""

    def texts(self, values: Sequence[Value]) -> list[str]:
        if not self._is_number:
            return self._remembered(values)
        scale = self._field.column.scale
        absent = [i for i, value in enumerate(values) if value is None] if None in values else []
        there = [0 if value is None else value for value in values] if absent else values
        digits = decimals(there, scale) if scale else integers(there)
        if digits is None:
            return list(map(self._field.write, values))
        before, after = self._field.around
        texts = (before + digits.replace(",", after + MARK + before) + after).split(MARK)
        for i in absent:
            texts[i] = self._field.write(None)
        return texts

    def _remembered(self, values: Sequence[Value]) -> list[str]:
        memory = self._memory
        known = len(memory)
        try:
            return [memory[value] for value in values]
        except KeyError:
            written = [memory[value] if value in memory else self._write(value) for value in values]
        if len(memory) - known > len(values) // 2 or len(memory) > MOST_REMEMBERED:
            memory.clear()  # the texts do not repeat, or are too many
        return written

    def _write(self, value: Value) -> str:
        written = self._field.write(value)
        if removed := self._field.removed(value):
            self.removed += removed  # counted each time, since the text is not remembered
        else:
            self._memory[value] = written
        return written


class Lines:
    """start, between, end: what a format puts around the fields of a row."""

    def __init__(self, fields: Sequence[LineField], start: str, between: str, end: str) -> None:
        self._start = start
        self._between = between
        self._end = end
        self._fields = fields
        self._writers = [Writer(f) for f in fields]

    @property
    def removed(self) -> int:
        """Characters that the file could not contain so far."""
        return sum(w.removed for w in self._writers)

    def text(self, chunk: Chunk) -> str:
        """The chunk's rows. Raises ValueError where it does not have one sequence per field, or
        these differ in length."""
        columns = [
            writer.texts(values) for writer, values in zip(self._writers, chunk, strict=True)
        ]
        rows = map(self._between.join, zip(*columns, strict=True))
        return self._start + (self._end + self._start).join(rows) + self._end

    def plain(self, chunk: Chunk) -> str:
        """The same, one value after the other."""
        return "".join(
            self._start
            + self._between.join(f.write(value) for f, value in zip(self._fields, row, strict=True))
            + self._end
            for row in zip(*chunk, strict=True)
        )


def integers(values: Sequence[Any]) -> str | None:
    """All integers, separated by commas; None where one has more than 64 bits."""
    try:
        return orjson.dumps(values)[1:-1].decode()
    except orjson.JSONEncodeError:
        return None


def decimals(values: Sequence[Any], scale: int) -> str | None:
    """Scaled integers (scale > 0) with all their decimals, separated by commas; None where one is
    negative or very large.

    They are written with zeros in front, so that all have the same length and one slice sets the
    point in all of them.
    """
    low, high = min(values), max(values)
    if low < 0:
        return None
    whole = len(str(high // 10**scale))
    digits = whole + scale
    if digits > MOST_DIGITS:
        return None
    top = 10**digits
    # 1ddddd,1ddddd, becomes ddd.dd,ddd.dd, : the digits before the point move one place to the left
    numbers = orjson.dumps([value + top for value in values])[1:-1] + b","
    width = digits + 2
    text = bytearray(numbers)
    for place in range(whole):
        text[place::width] = numbers[place + 1 :: width]
    text[whole::width] = b"." * len(values)
    shown = b"," + bytes(text[:-1])
    for _ in range(whole - 1):  # removes a zero in front, but never the last digit before the point
        shown = shown.replace(b",0", b",")
    return shown[1:].decode()
