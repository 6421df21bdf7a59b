"""A file that someone wants to import, as a table: columns with headers, and rows of cells."""

import contextlib
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from exports_app.domain.errors import ExportsError
from exports_app.domain.humanize import size
from exports_app.services.campaigns.imports.cells import SourceRow, is_blank, shown, trimmed
from exports_app.services.campaigns.imports.columns import REQUIRED, field_of
from exports_app.services.campaigns.imports.text_file import FIRST_ROWS, TextFile
from exports_app.services.campaigns.imports.workbook import Workbook

MOST_PIPED = 2_000_000_000
"""Bytes that are read from a pipe; a file may have any size."""

_HOW = "save the sheet as .xlsx or as 'CSV UTF-8'"
_NO_TABLES = (
    (b"\x89PNG", "this is a PNG image"),
    (b"\xff\xd8\xff", "this is a JPEG image"),
    (b"%PDF", "this is a PDF document"),
    (b"\x1f\x8b", "this is compressed (gzip)"),
    (b"BZh", "this is compressed (bzip2)"),
    (b"\xfd7zXZ", "this is compressed (xz)"),
    (b"Rar!", "this is compressed (RAR)"),
    (b"7z\xbc\xaf", "this is compressed (7-Zip)"),
    (b"SQLite format 3", "this is a database"),
)
_OLD_EXCEL = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""Of a compound file: a workbook of Excel 97 to 2003, or a new one with a password."""
_ZIP = b"PK\x03\x04"
_MARKUP = (b"<html", b"<!doctype", b"<table", b"<?xml", b"<meta", b"<head")


@dataclass
class SourceTable:
    """columns: the header texts, one for each column, empty where there is none. read_as: how the
    file was read, such as ``windows-1252, semicolons``. header_line: where the headers stand.
    most_cells: how many cells a row may have if those after the last column are blank."""

    columns: tuple[str, ...]
    header_line: int
    read_as: str
    most_cells: int
    _content: TextFile | Workbook

    @property
    def sheets(self) -> tuple[str, ...]:
        """The names of a workbook's sheets."""
        return self._content.sheets if isinstance(self._content, Workbook) else ()

    @property
    def sheet(self) -> str:
        """The name of the workbook's sheet that is read; empty for text."""
        return self._content.sheet if isinstance(self._content, Workbook) else ""

    @property
    def note(self) -> str:
        """What someone should check about how the file was read; empty for nothing."""
        return self._content.note if isinstance(self._content, TextFile) else ""

    @property
    def date_system(self) -> int:
        """1900 or 1904, of a workbook; 0 for text."""
        return self._content.date_system

    @property
    def is_cut_off(self) -> bool:
        """Whether the last line has no end, as in a file that was cut off."""
        return self._content.is_cut_off

    @property
    def part_read(self) -> float:
        """How much of the file the rows so far are, from 0 to 1."""
        return self._content.part_read

    def rows(self) -> Iterator[SourceRow]:
        """The rows below the headers that hold something. May be asked for again."""
        for row in self._content.rows():
            if row.line > self.header_line:
                yield row


@contextlib.contextmanager
def read_table(source: Path | BinaryIO, sheet: str = "") -> Iterator[SourceTable]:
    """source: a file, a named pipe, or an open stream, which is kept in a temporary file. sheet:
    which of a workbook's sheets; empty: the first visible one that holds something. Raises OSError,
    and ExportsError with what is wrong and how to save the file."""
    with contextlib.ExitStack() as stack:
        path = _as_file(source, stack)
        yield _table(_content(path, sheet, stack))


def _as_file(source: Path | BinaryIO, stack: contextlib.ExitStack) -> Path:
    if isinstance(source, Path):
        if not source.exists() or source.is_file() or source.is_dir():
            return source
        with source.open("rb") as pipe:
            return _spooled(pipe, stack)
    return _spooled(source, stack)


def _spooled(stream: BinaryIO, stack: contextlib.ExitStack) -> Path:
    spool = stack.enter_context(tempfile.NamedTemporaryFile())  # noqa: SIM115 (the stack closes it)
    left = MOST_PIPED
    while left > 0 and (chunk := stream.read(min(left, 1 << 20))):
        spool.write(chunk)
        left -= len(chunk)
    if left <= 0 and stream.read(1):
        raise ExportsError(f"standard input is larger than {size(MOST_PIPED)}: pass a file instead")
    spool.flush()
    return Path(spool.name)


def _content(path: Path, sheet: str, stack: contextlib.ExitStack) -> TextFile | Workbook:
    with path.open("rb") as file:
        start = file.read(2000)
    if start.startswith(_ZIP):
        return Workbook(path, sheet, stack.enter_context(tempfile.TemporaryFile()))
    if start.startswith(_OLD_EXCEL):
        raise ExportsError(
            "this is a workbook of Excel 97 to 2003 (.xls), or one with a password: save it as"
            " .xlsx, without a password"
        )
    for magic, what in _NO_TABLES:
        if start.startswith(magic):
            raise ExportsError(f"the file is not text: {what}; {_HOW}")
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if text.startswith(_MARKUP):
        raise ExportsError(
            f"this is a web page or XML: open it in a spreadsheet program, then {_HOW}"
        )
    if text.startswith((b"{", b"[")):
        raise ExportsError(f"this is JSON, which cannot be imported: {_HOW}")
    if sheet:
        raise ExportsError("a text file has no sheets: leave out the name of the sheet")
    return TextFile(path)


def _table(content: TextFile | Workbook) -> SourceTable:
    header = _header_row(content)
    cells = [trimmed(shown(cell)) for cell in header.cells]
    most = len(cells) if content.may_split_amounts else sys.maxsize
    while cells and not cells[-1]:
        cells.pop()
    return SourceTable(tuple(cells), header.line, content.described, most, content)


def _header_row(content: TextFile | Workbook) -> SourceRow:
    """Of the first rows, the one that names all required fields; else, which names most fields;
    else the first. Raises ExportsError."""
    best, best_known = SourceRow(1, []), -1
    for _, row in zip(range(FIRST_ROWS), content.rows(), strict=False):
        if row.problem:
            if best_known > 0:
                break
            raise ExportsError(f"line {row.line} {row.problem.split(';')[0]}")
        known = {field_of(cell) for cell in row.cells if isinstance(cell, str)} - {""}
        if known.issuperset(REQUIRED):
            return row
        if len(known) > best_known and not all(map(is_blank, row.cells)):
            best, best_known = row, len(known)
    if best_known < 0:
        raise ExportsError("the file is empty: it has no headers and no lines")
    return best
