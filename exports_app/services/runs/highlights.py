"""The highlights of a run's message, from what its file came to."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from exports_app.domain.file_summary import FileSummary, SummaryColumns
from exports_app.domain.humanize import change, counted
from exports_app.domain.table import Column, Kind, Ratio, Value, change_of, divide, readable
from exports_app.domain.timing import period
from exports_app.services.core.extension_points import EXPORT_TYPES, leading_columns
from exports_app.services.core.highlights import Figure, Highlights, TopRows
from exports_app.services.runs.run_summary import RunSummary

MOST_CURRENCIES = 2
"""With figures of their own: a message has room for so many."""
MOST_FIGURES = 8
LONGEST = 60
"""Characters of a text in a top row."""

Sums = Mapping[str, int | None]
"""By the key of a column."""


@dataclass(frozen=True)
class _Told:
    """The columns of an export type, by key, and the sums of a run in all groups."""

    columns: Mapping[str, Column]
    leading: SummaryColumns
    keys: Sequence[str]
    groups: Mapping[str, Sequence[int | None]]
    earlier: Mapping[str, Sequence[int | None]]

    def of(self, group: str) -> tuple[Sums, Sums]:
        """Now and earlier; empty where there was none of it."""
        now, then = self.groups.get(group, ()), self.earlier.get(group, ())
        return dict(zip(self.keys, now, strict=False)), dict(zip(self.keys, then, strict=False))

    def has_amounts(self, sums: Sums) -> bool:
        return any(sums[key] and self.columns[key].kind is Kind.DECIMAL for key in sums)

    def of_all(self) -> tuple[Sums, Sums]:
        return self._added(self.groups), self._added(self.earlier)

    def _added(self, groups: Mapping[str, Sequence[int | None]]) -> Sums:
        if not groups:
            return {}
        columns = zip(*groups.values(), strict=True)
        sums = [None if None in of else sum(filter(None, of)) for of in columns]
        return dict(zip(self.keys, sums, strict=True))


def highlights(export_type: str, summary: RunSummary, rows: int) -> Highlights | None:
    """rows: of the file. None where there is nothing to tell: no rows, or no measures."""
    kind = EXPORT_TYPES[export_type]
    columns = {column.key: column for column in kind.columns()}
    file, earlier = summary.file, summary.earlier
    known = set(file.keys) | set(file.top_keys) <= columns.keys()
    if not rows or not known:  # the columns have changed since
        return None
    told = _Told(
        columns, leading_columns(kind), file.keys, file.groups, earlier.groups if earlier else {}
    )
    currencies = _currencies(told)
    figures = list(_figures(told, currencies[:MOST_CURRENCIES]))[:MOST_FIGURES]
    if not figures:
        return None
    compared = earlier is not None and any(figure.change for figure in figures)
    return Highlights(
        figures=figures,
        compared=period.words(earlier.window) if earlier and compared else "",
        omitted=sum(group in file.groups for group in currencies[MOST_CURRENCIES:]),
        top=_top(told, file, rows),
    )


def _currencies(told: _Told) -> list[str]:
    """Those with an amount, now or earlier; all where none has one. By their first amounts as they
    are shown, the largest first: no exchange rates are known here."""
    groups = sorted(told.groups.keys() | told.earlier.keys())
    used = [group for group in groups if any(told.has_amounts(sums) for sums in told.of(group))]
    keys = [key for key in told.keys if told.columns[key].kind is Kind.DECIMAL]
    return sorted(
        used or groups,
        key=lambda group: [-(sums.get(key) or 0) for sums in told.of(group) for key in keys],
    )


def _figures(told: _Told, currencies: Sequence[str]) -> Iterator[Figure]:
    for key in told.leading.totals:
        column = told.columns[key]
        parts = _parts(told, column)
        amounts = [part for part in parts if part.kind is Kind.DECIMAL]
        if not amounts:
            figure = _figure(told, column, *told.of_all())
            if figure:
                yield figure
            continue
        has_unit = len(amounts) < len(parts) or column.ratio is None
        for currency in currencies:
            figure = _figure(told, column, *told.of(currency), currency if has_unit else "")
            if figure:
                yield figure


def _parts(told: _Told, column: Column) -> list[Column]:
    if column.ratio is None:
        return [column]
    return [told.columns[key] for key in (column.ratio.numerator, column.ratio.denominator)]


def _figure(told: _Told, column: Column, now: Sums, then: Sums, unit: str = "") -> Figure | None:
    """None where the value cannot be told."""
    value = _value(told, column, now)
    if value is None:
        return None
    words, _ = change(change_of(value, _value(told, column, then)))
    return Figure(column.label, readable(column, value), unit, words)


def _value(told: _Told, column: Column, sums: Sums) -> int | None:
    ratio = column.ratio
    if ratio is None:
        return sums.get(column.key)
    return _quotient(told, column, ratio, sums)


def _quotient(told: _Told, column: Column, ratio: Ratio, sums: Sums) -> int | None:
    top, bottom = sums.get(ratio.numerator), sums.get(ratio.denominator)
    if top is None or not bottom:
        return None
    scales = [told.columns[key].scale for key in (ratio.numerator, ratio.denominator)]
    return divide(top, bottom, column.scale + scales[1] - scales[0])


def _top(told: _Told, file: FileSummary, rows: int) -> TopRows | None:
    if not file.top:
        return None
    leading, keys = told.leading, file.top_keys
    shown = [key for key in leading.top if key in keys]
    columns = [told.columns[key] for key in shown]
    by = told.columns[leading.by].label.lower() if leading.by in told.columns else ""
    return TopRows(
        title=f"Top {len(file.top)} of {counted(rows, 'row')} by {by}",
        heads=[column.label for column in columns],
        numbers=[column.kind in {Kind.INTEGER, Kind.DECIMAL} for column in columns],
        rows=[_row(leading, columns, dict(zip(keys, row, strict=True))) for row in file.top],
    )


def _row(
    leading: SummaryColumns, columns: Sequence[Column], values: Mapping[str, Value]
) -> list[str]:
    cells = []
    for column in columns:
        value = values[column.key]
        text = readable(column, value)
        if column.kind is Kind.DATE and text:
            text = period.day_words(date.fromisoformat(text))
        elif column.kind is Kind.TEXT and len(text) > LONGEST:
            text = f"{text[: LONGEST - 1]}\N{HORIZONTAL ELLIPSIS}"
        elif column.kind is Kind.DECIMAL and column.ratio is None and text and leading.per:
            text = f"{text} {values[leading.per] or ''}".rstrip()
        cells.append(text)
    return cells
