"""Workbooks of Excel (.xlsx), read by a process of their own into a temporary file."""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import IO, Any

import orjson

from exports_app.domain.errors import ExportsError
from exports_app.services.campaigns.imports.cells import (
    Cell,
    Merged,
    SourceRow,
    Wrong,
    is_blank,
)

MODULE = "exports_app.services.campaigns.imports.workbook_process"
ROOT = Path(__file__).parents[4]
INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "PYTHONPATH")
"""Variables that the process gets: nothing secret."""
PATIENCE = 600
"""Seconds for the process in all."""
DAMAGED = "the workbook is damaged or too large: save the sheet as 'CSV UTF-8'"


class Workbook:
    """The rows of one sheet. Raises ExportsError where the file cannot be read."""

    is_cut_off = False
    may_split_amounts = False

    def __init__(self, path: Path, sheet: str, rows: IO[bytes]) -> None:
        """rows: an empty temporary file, open for as long as the rows are read."""
        self._file = rows
        head = self._read(path, sheet)
        self.sheet: str = head["sheet"]
        self.sheets: tuple[str, ...] = tuple(head["sheets"])
        self.date_system: int = head["date_system"]
        self.described = f"Excel workbook, sheet {self.sheet!r}"
        self.part_read = 0.0

    def _read(self, path: Path, sheet: str) -> dict[str, Any]:
        command = [sys.executable, "-m", MODULE, str(path.resolve()), sheet]
        env = {name: os.environ[name] for name in INHERITED if name in os.environ}
        env["PYTHONPATH"] = os.pathsep.join([str(ROOT), *filter(None, [env.get("PYTHONPATH")])])
        try:
            done = subprocess.run(  # noqa: S603 (our own command)
                command,
                stdin=subprocess.DEVNULL,
                stdout=self._file,
                stderr=subprocess.DEVNULL,
                env=env,
                timeout=PATIENCE,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise ExportsError(DAMAGED) from None
        self._size = max(1, self._file.seek(0, 2))
        self._file.seek(max(0, self._size - 2000))
        last = self._file.read().rstrip(b"\n").rpartition(b"\n")[2]
        if last.startswith(b'{"error"'):
            raise ExportsError(orjson.loads(last)["error"])
        if done.returncode or last != b"null":
            raise ExportsError(DAMAGED)
        self._file.seek(0)
        head: dict[str, Any] = orjson.loads(self._file.readline())
        return head

    def rows(self) -> Iterator[SourceRow]:
        """All rows but blank ones. One reading at a time."""
        self._file.seek(0)
        self._file.readline()
        for text in self._file:
            if text == b"null\n":
                return
            line, values = orjson.loads(text)
            cells = [_cell(value) for value in values]
            self.part_read = min(1.0, self._file.tell() / self._size)
            if not all(map(is_blank, cells)):
                yield SourceRow(line, cells)


def _cell(value: Any) -> Cell:
    if not isinstance(value, dict):
        cell: Cell = value
        return cell
    if "day" in value:
        return date.fromisoformat(value["day"])
    return Wrong(value["error"]) if "error" in value else Merged()
