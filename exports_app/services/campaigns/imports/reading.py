"""The reading of a whole file: judged, understood line by line, and kept in the spool."""

from collections.abc import Mapping as Fields

from exports_app.domain.errors import ExportsError
from exports_app.domain.humanize import counted
from exports_app.services.campaigns.imports.columns import (
    Mapping,
    by_header,
    check_headers,
    renamed,
)
from exports_app.services.campaigns.imports.conventions import EVERY, Conventions, Progress, judge
from exports_app.services.campaigns.imports.lines import LineReader
from exports_app.services.campaigns.imports.report import ImportReport
from exports_app.services.campaigns.imports.source import SourceTable
from exports_app.services.campaigns.imports.spool import Spool

NAMED = 20
"""Columns or sheets that a note names."""


def fill(
    spool: Spool, table: SourceTable, mapping: Mapping, report: ImportReport, progress: Progress
) -> None:
    """Read the file into the spool, and its bad lines into the report."""
    conventions = judge(table, mapping, lambda part: progress(part / 4))
    report.read_as = read_as(table, conventions)
    reader = LineReader(mapping, conventions, table.date_system, table.most_cells)
    last, short = 0, 0
    for count, row in enumerate(table.rows()):
        try:
            spool.add(reader.read(row, table.columns))
        except ValueError as e:
            report.bad(row.line, str(e))
        else:
            last = row.line if reader.is_short(row) else 0
            short += 1 if last else 0
        if count % EVERY == 0:
            progress(0.25 + table.part_read / 4)
    if last and table.is_cut_off:
        report.bad(last, "ends before the last column, and the file ends here: it was cut off")
    if short:
        report.notes.append(
            f"{counted(short, 'line')} without the last columns: missing values are left unchanged"
        )
    if not report.bad_lines and not spool.days:
        raise ExportsError("the file has a header but no rows: there is nothing to import")


def from_headers(table: SourceTable, chosen: Fields[str, str] | None = None) -> Mapping:
    """The mapping that the headers say, or `chosen` says of some of them. Raises ExportsError
    unless they fill each required field, and each other column is known."""
    headers = renamed(table.columns, chosen or {}, table.header_line)
    check_headers(headers, table.header_line)
    return by_header(headers)


def notes_of(table: SourceTable, mapping: Mapping) -> list[str]:
    left_out = [h for h, key in zip(table.columns, mapping, strict=True) if h and not key]
    notes = [table.note] if table.note else []
    if left_out:
        shown = ", ".join(left_out[:NAMED])
        notes.append(f"columns ignored: {shown}")
    if others := [name for name in table.sheets if name != table.sheet]:
        notes.append(f"sheets not read: {', '.join(others[:NAMED])}")
    return notes


def read_as(table: SourceTable, conventions: Conventions) -> str:
    place = [f"headers in line {table.header_line}"] if table.header_line > 1 else []
    return ", ".join([table.read_as, *place, *conventions.described])
