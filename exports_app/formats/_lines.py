"""Rows as lines of text, a chunk at a time.

Each column of a chunk becomes a list of texts by the fastest way for its kind, and the lists are
zipped into lines. Numbers go through orjson, all of a column at once, where none is negative or too
large; a text is written once and remembered. What does not fit is written value by value, with the
same outcome.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from exports_app.domain.table import Chunk, Column, Kind, Value

MOST_DIGITS = 17
"""Of a number on the fast way: with one more in front it is still an integer of 64 bits."""
MOST_REMEMBERED = 20_000
"""Texts whose written form is kept."""
MARK = "\n"
"""Stands between numbers where their column is cut into pieces; nothing around a number contains
it."""


def nothing_lost(_value: Any) -> int:
    return 0


@dataclass(frozen=True)
class LineField:
    """How a column's values are written.

    write: any value, absent ones too, as text with whatever the format puts around it. around: what
    that is before and after a number's digits. lost: how many characters of a value the file cannot
    hold.
    """

    column: Column
    write: Callable[[Any], str]
    around: tuple[str, str] = ("", "")
    lost: Callable[[Any], int] = nothing_lost


class Writer:
    """Writes one column."""

    def __init__(self, field: LineField) -> None:
        self._field, self._memory = field, dict[Any, str]()
        self._is_number = field.column.kind in {Kind.INTEGER, Kind.DECIMAL}
        self.lost = 0
        """Characters that the file could not hold so far."""

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
            memory.clear()  # they do not come again, or are too many
        return written

    def _write(self, value: Value) -> str:
        written, lost = self._field.write(value), self._field.lost(value)
        if lost:
            self.lost += lost  # each time: it is not remembered
        else:
            self._memory[value] = written
        return written


class Lines:
    """start, between, end: what a format puts around the fields of a row."""

    def __init__(self, fields: Sequence[LineField], start: str, between: str, end: str) -> None:
        self._start, self._between, self._end = start, between, end
        self._fields, self._writers = fields, [Writer(f) for f in fields]

    @property
    def lost(self) -> int:
        """Characters that the file could not hold so far."""
        return sum(w.lost for w in self._writers)

    def text(self, chunk: Chunk) -> str:
        """The chunk's rows. Raises ValueError where it has not one sequence per field, or they
        differ in length."""
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
    """All of them, with commas between them; None where one has more than 64 bits."""
    try:
        return orjson.dumps(values)[1:-1].decode()
    except orjson.JSONEncodeError:
        return None


def decimals(values: Sequence[Any], scale: int) -> str | None:
    """Scaled integers (scale > 0) with all their places, likewise; None where one is negative or
    very large.

    They are written with zeros in front, so that all are of one length and the point is set in all
    of them by one step.
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
    for _ in range(whole - 1):  # each time one zero in front, never the last digit before the point
        shown = shown.replace(b",0", b",")
    return shown[1:].decode()
