"""What a file comes to: the totals of its measures and its top rows.

They are collected while the rows pass by, so that they are of the same data as the file.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from heapq import nlargest
from itertools import compress
from typing import Any, Self

from exports_app.domain.table import Chunk, Column, Kind, Value

TOP = 5
"""Rows."""
MOST_TEXT = 100
"""Characters of a text in a top row."""
MOST_GROUPS = 50
"""Currencies. Of more, the amounts are not added up."""
CURRENCY = "currency"
"""The key of the column that amounts are added up by, unless an export type says otherwise."""


@dataclass(frozen=True)
class SummaryColumns:
    """The columns that lead, by key.

    totals: shown in sum: numbers that can be added up over rows, and ratios of such. top: shown of
    each top row. by: the whole number that the top rows are the largest of; empty: there are no top
    rows. per: the text column that amounts are added up by, since currencies are never mixed.
    """

    totals: tuple[str, ...] = ()
    top: tuple[str, ...] = ()
    by: str = ""
    per: str = ""


@dataclass(frozen=True)
class FileSummary:
    """keys: of the columns that were added up. groups: their sums by the value of `per`, which is
    "" without one; None where a sum cannot be told. top: rows with the columns `top_keys`, the
    largest first."""

    keys: tuple[str, ...]
    groups: Mapping[str, Sequence[int | None]]
    top_keys: tuple[str, ...] = ()
    top: Sequence[Sequence[Value]] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "keys": list(self.keys),
            "groups": {group: list(sums) for group, sums in self.groups.items()},
            "top_keys": list(self.top_keys),
            "top": [list(row) for row in self.top],
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        return cls(
            tuple(stored["keys"]), stored["groups"], tuple(stored["top_keys"]), stored["top"]
        )


def by_default(columns: Sequence[Column]) -> SummaryColumns:
    """For an export type that names none: the parts of its ratios, which can be added up or the
    ratio would mean nothing, and the ratios that are shown as per cent. Amounts only beside a
    column `currency`."""
    by_key = {column.key: column for column in columns}
    per = CURRENCY if CURRENCY in by_key and by_key[CURRENCY].kind is Kind.TEXT else ""
    ratios = [column.ratio for column in columns if column.ratio]
    parts = {key for ratio in ratios for key in (ratio.numerator, ratio.denominator)}
    summed = [c for c in columns if c.key in parts and (per or c.kind is Kind.INTEGER)]
    counts = [c.key for c in summed if c.kind is Kind.INTEGER]
    amounts = [c.key for c in summed if c.kind is not Kind.INTEGER]
    shares = [
        c.key
        for c in columns
        if c.ratio and c.ratio.percent and {c.ratio.numerator, c.ratio.denominator} <= set(counts)
    ]
    names = [
        c.key
        for c in columns
        if c.kind in {Kind.TEXT, Kind.DATE} and c.key != per and not c.key.endswith("_id")
    ]
    top = (*names[:1], *counts[:2], *amounts[:1]) if counts and names else ()
    return SummaryColumns((*counts, *amounts, *shares), top, counts[0] if top else "", per)


class Collector:
    """Adds up chunks with all columns. It keeps one number for each column and group, and TOP
    rows."""

    def __init__(self, columns: Sequence[Column], chosen: SummaryColumns) -> None:
        where = {column.key: at for at, column in enumerate(columns)}
        by_key = {column.key: column for column in columns}
        self._summed = _stored_parts(by_key, chosen.totals)
        self._places = [where[column.key] for column in self._summed]
        self._per = where[chosen.per] if chosen.per else None
        self._groups: dict[str, list[int]] = {}
        self._over = False
        self._by = where[chosen.by] if chosen.by else None
        # With the group of each row, in which its amounts are
        keys = dict.fromkeys((*chosen.top, *([chosen.per] if chosen.per else [])))
        self._top_keys = tuple(keys) if chosen.by else ()
        self._top_places = [where[key] for key in self._top_keys]
        self._top: list[tuple[int, tuple[Value, ...]]] = []

    def add(self, chunk: Chunk) -> None:
        self._add_sums(chunk)
        if self._by is not None:
            self._add_top(chunk, chunk[self._by])

    def _add_sums(self, chunk: Chunk) -> None:
        groups = None if self._per is None or self._over else chunk[self._per]
        distinct = {""} if groups is None else set(groups)
        if groups is not None and len(self._groups.keys() | distinct) > MOST_GROUPS:
            self._fold()
            groups, distinct = None, {""}
        for group in distinct:
            sums = self._groups.setdefault(str(group or ""), [0] * len(self._places))
            of_group = None if len(distinct) == 1 else [value == group for value in groups or ()]
            for i, place in enumerate(self._places):
                values: Any = chunk[place]
                sums[i] += sum(filter(None, compress(values, of_group) if of_group else values))

    def _fold(self) -> None:
        self._over = True
        if self._groups:
            self._groups = {"": [sum(of) for of in zip(*self._groups.values(), strict=True)]}

    def _add_top(self, chunk: Chunk, values: Sequence[Any]) -> None:
        least = self._top[-1][0] if len(self._top) == TOP else 0
        found = [at for at, value in enumerate(values) if value is not None and value > least]
        if not found:
            return
        best = nlargest(TOP, found, key=values.__getitem__)
        rows = [(values[at], tuple(_short(chunk[p][at]) for p in self._top_places)) for at in best]
        self._top = sorted([*self._top, *rows], key=lambda row: row[0], reverse=True)[:TOP]

    def summary(self) -> FileSummary:
        groups = {group: self._told(sums) for group, sums in sorted(self._groups.items())}
        return FileSummary(
            tuple(column.key for column in self._summed),
            groups or {"": [0] * len(self._places)},
            self._top_keys,
            [row for _, row in self._top],
        )

    def _told(self, sums: Sequence[int]) -> list[int | None]:
        if not self._over:
            return list(sums)
        return [
            total if column.kind is Kind.INTEGER else None
            for column, total in zip(self._summed, sums, strict=True)
        ]


def _stored_parts(by_key: Mapping[str, Column], totals: Sequence[str]) -> list[Column]:
    """The stored columns of the totals, and those that their ratios are computed from."""
    keys: dict[str, None] = {}
    for key in totals:
        ratio = by_key[key].ratio
        keys |= dict.fromkeys((ratio.numerator, ratio.denominator) if ratio else (key,))
    return [by_key[key] for key in keys]


def _short(value: Value) -> Value:
    return value[:MOST_TEXT] if isinstance(value, str) else value
