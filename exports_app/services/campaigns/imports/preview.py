"""The first rows of a file as they would be imported, for people to look at."""

from collections.abc import Iterator
from datetime import date
from itertools import islice
from typing import Any

from exports_app.domain.table import decimal_text
from exports_app.services.campaigns.imports import columns
from exports_app.services.campaigns.imports.cells import Cell, SourceRow, shown, trimmed
from exports_app.services.campaigns.imports.columns import Mapping
from exports_app.services.campaigns.imports.conventions import judge
from exports_app.services.campaigns.imports.lines import Line, LineReader
from exports_app.services.campaigns.imports.reading import read_as
from exports_app.services.campaigns.imports.report import (
    ImportPreview,
    ImportProblem,
    PreviewRow,
    SourceColumn,
)
from exports_app.services.campaigns.imports.source import SourceTable
from exports_app.services.campaigns.imports.spool import Spool
from exports_app.services.campaigns.service import AMOUNTS

ROWS = 20
LONGEST = 60
"""Characters of a sample."""
_MONEY = frozenset({*AMOUNTS, "budget"})


def preview(table: SourceTable, mapping: Mapping) -> ImportPreview:
    """Reads the whole file to judge how its numbers and dates are written. mapping: one field for
    each column, required ones may be missing."""
    conventions = judge(table, mapping, lambda _: None)
    lacking = columns.missing(mapping)
    rows: tuple[PreviewRow, ...] = ()
    if not lacking:
        reader = LineReader(mapping, conventions, table.date_system, table.most_cells)
        with Spool.opened() as spool:
            rows = tuple(_understood(reader, spool, table))
    return ImportPreview(
        read_as(table, conventions),
        table.header_line,
        tuple(
            SourceColumn(header, key, _samples(conventions.samples.get(index, [])))
            for index, (header, key) in enumerate(zip(table.columns, mapping, strict=True))
        ),
        lacking,
        table.sheets,
        rows,
        tuple(ImportProblem(row.line, row.problem) for row in rows if row.problem),
        table.note,
    )


def _understood(reader: LineReader, spool: Spool, table: SourceTable) -> Iterator[PreviewRow]:
    for row in islice(table.rows(), ROWS):
        try:
            line = reader.read(row, table.columns)
            spool.add(line)
        except ValueError as e:
            yield PreviewRow(row.line, _as_given(row, reader), str(e))
        else:
            yield PreviewRow(row.line, _texts(line))


def _texts(line: Line) -> dict[str, str]:
    values: dict[str, Any] = {
        "campaign_name": line.name,
        **line.details,
        "date": line.on,
        **line.measures,
    }
    if line.campaign_id:
        values["campaign_id"] = line.campaign_id
    return {key: _text(key, value) for key, value in values.items()}


def _text(key: str, value: Any) -> str:
    if value is None:
        return ""
    if key in _MONEY:
        return decimal_text(value, 2)
    return value.isoformat() if isinstance(value, date) else str(value)


def _as_given(row: SourceRow, reader: LineReader) -> dict[str, str]:
    """A row that was not understood, as it stands in the file."""
    return {
        key: shown(row.cells[index])[:LONGEST]
        for key, index in reader.places.items()
        if index < len(row.cells)
    }


def _samples(cells: list[Cell]) -> tuple[str, ...]:
    return tuple(trimmed(shown(cell))[:LONGEST] for cell in cells)
