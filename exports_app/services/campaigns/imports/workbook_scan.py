"""What a workbook's parts say before its cells are read: how large it is, which cells hold errors,
which date system it has (ECMA-376 part 1). python-calamine tells none of these."""

import posixpath
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO
from xml.parsers import expat
from zipfile import BadZipFile, ZipFile

from exports_app.domain.errors import ExportsError

MOST_UNPACKED = 500_000_000
"""Bytes of all parts, unpacked."""
MOST_PARTS = 5_000
MOST_CELLS = 15_000_000
"""Rows times columns, from the first to the last that hold something."""
MOST_COLUMNS = 1_000
MOST_ERRORS = 10_000
LONGEST_ERROR = 20
"""Characters of an error such as #N/A."""
AS_TEXT = "save the sheet as 'CSV UTF-8'"
_CHUNK = 1 << 18


@dataclass
class Sheet:
    name: str
    part: str
    is_hidden: bool


@dataclass
class Extent:
    """Where a sheet holds something. Rows and columns count from 0."""

    rows: int = 0
    columns: int = 0
    errors: dict[tuple[int, int], str] = field(default_factory=dict)
    """Row, column -> why the cell there has no value."""


class Scan:
    """Raises ExportsError where the file is no workbook, or too large to be read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with _opened(path) as package:
            _check_size(package)
            names = set(package.namelist())
            book = next(iter(_targets(package, "_rels/.rels", "officeDocument").values()), "")
            if book not in names:
                raise ExportsError(_no_workbook(names, package))
            if not book.endswith(".xml"):
                raise ExportsError("binary workbooks (.xlsb) are not supported: save it as .xlsx")
            self.date_system = 1900
            self.sheets: list[Sheet] = []
            folder, name = posixpath.split(book)
            parts = _targets(package, f"{folder}/_rels/{name}.rels".lstrip("/"), "worksheet")
            for tag, attributes in _elements(package, book):
                if tag == "workbookPr" and attributes.get("date1904") in {"1", "true", "on"}:
                    self.date_system = 1904
                elif tag == "sheet" and (part := parts.get(attributes.get("id", ""))) in names:
                    hidden = attributes.get("state", "visible") != "visible"
                    self.sheets.append(Sheet(attributes.get("name", ""), part or "", hidden))

    def extent(self, sheet: Sheet) -> Extent:
        """Raises ExportsError where the sheet is too large."""
        reader = _CellReader()
        with _opened(self._path) as package, package.open(sheet.part) as part:
            _parse(part, reader.start, reader.end, reader.text)
        return reader.extent


class _CellReader:
    """Reads the references of cells that hold something, and which of them have no value."""

    def __init__(self) -> None:
        self.extent = Extent()
        self._row = self._column = -1
        self._first_row: int | None = None
        self._first_column = MOST_COLUMNS
        self._type = ""
        self._is_formula = False
        self._in_value = False
        self._value = ""

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "c":
            self._column = _column(attributes.get("r", ""), self._column + 1)
            self._type = attributes.get("t", "n")
            self._is_formula = False
            self._value = ""
        elif tag == "v":
            self._in_value = True
        elif tag == "is":
            self._note()
        elif tag == "f":
            self._is_formula = True
        elif tag == "row":
            number = attributes.get("r", "")
            self._row = int(number) - 1 if number.isdecimal() else self._row + 1
            self._column = -1

    def text(self, text: str) -> None:
        if self._in_value and len(self._value) < LONGEST_ERROR:
            self._value += text[:LONGEST_ERROR]

    def end(self, tag: str) -> None:
        if tag == "v":
            self._in_value = False
        elif tag == "c" and (self._value or self._is_formula):
            self._note()

    def _note(self) -> None:
        extent = self.extent
        if self._first_row is None:
            self._first_row = self._row
        self._first_column = min(self._first_column, self._column)
        extent.rows = max(extent.rows, self._row + 1)
        extent.columns = max(extent.columns, self._column + 1)
        wide = extent.columns - self._first_column
        high = extent.rows - self._first_row
        if wide > MOST_COLUMNS or wide * high > MOST_CELLS:
            raise ExportsError(
                f"the sheet has more than {MOST_COLUMNS:,} columns or {MOST_CELLS:,} cells from its"
                f" first to its last: {AS_TEXT}"
            )
        if self._type == "e":
            self._refuse(f"has the spreadsheet error {self._value}")
        elif self._is_formula and not self._value and self._type == "n":
            self._refuse("is a formula whose value is not in the file: open it in Excel, save it")

    def _refuse(self, reason: str) -> None:
        self.extent.errors[self._row, self._column] = reason
        if len(self.extent.errors) > MOST_ERRORS:
            raise ExportsError(f"the sheet has more than {MOST_ERRORS:,} cells with errors")


def _column(reference: str, following: int) -> int:
    """The column's index from a reference such as AB12; `following` where there is none."""
    number = 0
    for character in reference:
        if not "A" <= character <= "Z":
            break
        number = number * 26 + ord(character) - 64
    return number - 1 if number else following


@contextmanager
def _opened(path: Path) -> Iterator[ZipFile]:
    try:
        with ZipFile(path) as package:
            yield package
    except (BadZipFile, expat.ExpatError, KeyError, NotImplementedError, EOFError, ValueError):
        raise ExportsError(f"the workbook is damaged: {AS_TEXT}") from None
    except RuntimeError:  # zipfile's word for a password
        raise ExportsError(
            "the workbook is password-protected: save it without a password"
        ) from None


def _check_size(package: ZipFile) -> None:
    parts = package.infolist()
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
        raise ExportsError(
            f"the workbook is larger than {MOST_UNPACKED // 1_000_000} MB when it is unpacked:"
            f" {AS_TEXT}"
        )


def _no_workbook(names: set[str], package: ZipFile) -> str:
    if "mimetype" in names and b"opendocument" in package.read("mimetype")[:200]:
        return "OpenDocument sheets are not supported: save it as .xlsx or as 'CSV UTF-8'"
    return "this is a ZIP file, not a workbook: save the sheet as .xlsx or as 'CSV UTF-8'"


def _targets(package: ZipFile, part: str, kind: str) -> dict[str, str]:
    """The parts of a kind that a part of relationships names, by their ids."""
    if part not in package.namelist():
        return {}
    folder = posixpath.dirname(posixpath.dirname(part))
    return {
        attributes.get("Id", ""): posixpath.normpath(
            posixpath.join("/", folder, attributes.get("Target", ""))
        ).lstrip("/")
        for tag, attributes in _elements(package, part)
        if tag == "Relationship" and attributes.get("Type", "").endswith(f"/{kind}")
    }


def _elements(package: ZipFile, part: str) -> list[tuple[str, dict[str, str]]]:
    """All elements of a small part, with the names of attributes without their namespace."""
    elements = []
    with package.open(part) as file:
        _parse(file, lambda tag, attributes: elements.append((tag, attributes)))
    return elements


def _parse(
    file: IO[bytes],
    start: Callable[[str, dict[str, str]], None],
    end: Callable[[str], None] | None = None,
    text: Callable[[str], None] | None = None,
) -> None:
    """Call the functions with names without their namespaces. Raises ExpatError."""
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = lambda name, attributes: start(
        name.rpartition(" ")[2], {k.rpartition(" ")[2]: v for k, v in attributes.items()}
    )
    parser.StartDoctypeDeclHandler = _refuse_doctype
    if end:
        parser.EndElementHandler = lambda name: end(name.rpartition(" ")[2])
        parser.CharacterDataHandler = text
    unpacked = 0
    while chunk := file.read(_CHUNK):
        unpacked += len(chunk)
        if unpacked > MOST_UNPACKED:
            raise ExportsError(f"the workbook is too large when it is unpacked: {AS_TEXT}")
        parser.Parse(chunk, False)
    parser.Parse(b"", True)


def _refuse_doctype(*_: object) -> None:
    raise ExportsError(f"the workbook is damaged: {AS_TEXT}")
