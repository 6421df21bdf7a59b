"""Reads one sheet in a process of its own: `python -m …imports.workbook_process FILE SHEET`,
started by `workbook.py`.

It writes lines of JSON to its standard output: what it reads, then each row that holds something as
its line and its cells, then `null`; or the error. A file made to harm can use up this process's
memory and time alone.
"""

import json
import math
import os
import resource
import sys
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import chain, repeat
from pathlib import Path
from typing import Any, NamedTuple

import orjson
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError

from exports_app.domain.errors import ExportsError
from exports_app.services.campaigns.imports.cells import printable
from exports_app.services.campaigns.imports.workbook_scan import AS_TEXT, Extent, Scan, Sheet

MOST_MEMORY = 2 << 30
"""Bytes."""
MOST_SECONDS = 300
"""Of the processor."""
MOST_WRITTEN = 1 << 30
"""Bytes of all rows as JSON: a text that all cells share is stored once in a workbook."""
LONGEST_ROW = 20_000
"""Characters, as in a text file."""
_TOO_LONG = [{"error": f"a line is longer than {LONGEST_ROW:,} characters"}]
NICE = 5
"""A lower priority than the server's: pages come first."""


def main(path: str, wanted: str) -> int:
    os.nice(NICE)
    _limit(resource.RLIMIT_DATA, MOST_MEMORY)
    _limit(resource.RLIMIT_CPU, MOST_SECONDS)
    _limit(resource.RLIMIT_CORE, 0)
    try:
        _write(Path(path), wanted)
    except ExportsError as e:
        _send({"error": e.message})
    except PasswordError:
        _send({"error": "the workbook is password-protected: save it without a password"})
    except (CalamineError, MemoryError):
        _send({"error": f"the workbook is damaged or too large: {AS_TEXT}"})
    return 0


def _limit(what: int, count: int) -> None:
    _, most = resource.getrlimit(what)
    count = count if most == resource.RLIM_INFINITY else min(count, most)
    resource.setrlimit(what, (count, count))


def _write(path: Path, wanted: str) -> None:
    scan = Scan(path)
    sheet, extent = _chosen(scan, wanted)
    _send(
        {
            "sheet": sheet.name,
            "sheets": [s.name for s in scan.sheets],
            "date_system": scan.date_system,
        }
    )
    written = 0
    with CalamineWorkbook.from_path(path) as book:
        for row in _rows(book.get_sheet_by_name(sheet.name), extent):
            written += len(row)
            if written > MOST_WRITTEN:
                raise ExportsError(f"the sheet has too much text: {AS_TEXT}")
            sys.stdout.buffer.write(row)
    _send(None)


def _chosen(scan: Scan, wanted: str) -> tuple[Sheet, Extent]:
    """The sheet of that name; without one, the first visible sheet that holds something."""
    for sheet in scan.sheets:
        if wanted and sheet.name == wanted:
            return sheet, scan.extent(sheet)
        if not wanted and not sheet.is_hidden and (extent := scan.extent(sheet)).rows:
            return sheet, extent
    names = printable(", ".join(sheet.name for sheet in scan.sheets[:20]))
    if wanted:
        raise ExportsError(f"the workbook has no sheet of that name, but {names}")
    raise ExportsError("no visible sheet of the workbook has any content")


def _rows(sheet: CalamineSheet, extent: Extent) -> Iterator[bytes]:
    """Each row that holds something, as a line of JSON."""
    columns = _columns(sheet, extent)
    merged = _merged(sheet, columns)
    above: list[Any] = []
    for index, cells in enumerate(_cells(sheet, extent, columns)):
        is_blank = all(cell == "" for cell in cells)
        for part in merged.get(index, ()):
            _fill(cells, above, part)
        above = cells
        if not is_blank:
            is_long = sum(len(cell) for cell in cells if isinstance(cell, str)) > LONGEST_ROW
            yield orjson.dumps([index + 1, _TOO_LONG if is_long else cells]) + b"\n"


def _columns(sheet: CalamineSheet, extent: Extent) -> range:
    """The columns that hold something. calamine leaves out formulas that were never calculated,
    which stand among the errors."""
    found = [column for _, column in extent.errors]
    if sheet.start and sheet.end:
        found += [sheet.start[1], sheet.end[1]]
    return range(min(found), max(found) + 1) if found else range(0)


def _cells(sheet: CalamineSheet, extent: Extent, columns: range) -> Iterator[list[Any]]:
    """All rows from the sheet's first, with the errors in their cells."""
    errors: dict[int, list[tuple[int, str]]] = {}
    for (row, column), error in extent.errors.items():
        errors.setdefault(row, []).append((column - columns.start, error))
    before = [""] * (sheet.start[1] - columns.start if sheet.start else 0)
    missing = extent.rows - (sheet.end[0] + 1 if sheet.end else 0)
    for index, values in enumerate(chain(sheet.iter_rows(), repeat((), missing))):
        cells = [*before, *map(_plain, values)]
        cells += [""] * (len(columns) - len(cells))
        for column, error in errors.get(index, ()):
            cells[column] = {"error": error}
        yield cells


class _Part(NamedTuple):
    """One row of merged cells. Columns count from the first that holds something."""

    first: int
    last: int
    is_below: bool
    """Whether the cells began in a row above."""


def _merged(sheet: CalamineSheet, columns: range) -> dict[int, list[_Part]]:
    """By the row."""
    parts: dict[int, list[_Part]] = {}
    for (top, first), (bottom, last) in sheet.merged_cell_ranges or []:
        if first in columns:
            places = first - columns.start, min(last, columns[-1]) - columns.start
            for row in range(top, min(bottom, sheet.total_height) + 1):
                parts.setdefault(row, []).append(_Part(*places, row > top))
    return parts


def _fill(cells: list[Any], above: list[Any], part: _Part) -> None:
    """Write into a row what its merged cells mean. The further columns are marked where there is
    a value: an empty cell there would clear what is stored."""
    if part.is_below:
        cells[part.first] = _again(above[part.first])
    if cells[part.first] != "":
        for column in range(part.first + 1, part.last + 1):
            cells[column] = {"merged": True}


def _again(value: Any) -> Any:
    """A merged cell's value in its further rows. A number stands for all of them together."""
    if isinstance(value, float):
        return {"error": "is a number in merged cells: unmerge them"}
    return value


def _plain(value: Any) -> Any:
    """A value that JSON can hold: days and what is no cell of ours as an object."""
    if isinstance(value, datetime):
        if value.time() != time():
            return {"error": "has a time of day: use the date only"}
        return {"day": value.date().isoformat()}
    if isinstance(value, date):
        return {"day": value.isoformat()}
    if isinstance(value, time | timedelta):
        return {"error": "is a time of day, not a date"}
    if isinstance(value, float) and not math.isfinite(value):
        return {"error": "is not a number"}
    return value


def _send(message: Any) -> None:
    sys.stdout.buffer.write(json.dumps(message).encode() + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
