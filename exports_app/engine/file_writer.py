"""Write one file from rows: the same code in a thread of the server and in a process of its own,
for which it imports little."""

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from exports_app.domain.errors import RunError
from exports_app.domain.file_summary import Collector, SummaryColumns
from exports_app.domain.humanize import size as in_words
from exports_app.domain.table import Chunk, Column, Table, by_column, completer, stored
from exports_app.services.core.extension_points import Format

CHUNK = 2000
"""Rows fetched and written at a time."""
PROGRESS_SECONDS = 0.3
"""Between two reports of the rows so far."""


@dataclass(frozen=True)
class FileLimits:
    """Of one file. size: bytes; seconds: to make it; memory: bytes of the process that makes it."""

    rows: int
    size: int
    seconds: float
    memory: int


@dataclass(frozen=True)
class WrittenFile:
    """size: bytes. removed_characters: those that the format cannot contain. summary: of its rows,
    see `FileSummary.to_json`."""

    rows: int
    size: int
    sha256: str
    removed_characters: int
    summary: dict[str, Any]


class FileWriter:
    """Writes one file. leading: the columns of its summary."""

    def __init__(
        self,
        columns: Sequence[Column],
        file_format: Format,
        path: Path,
        limits: FileLimits,
        leading: SummaryColumns,
    ) -> None:
        self._columns = tuple(columns)
        self._format = file_format
        self._path = path
        self._limits = limits
        self._collector = Collector(self._columns, leading)
        self.rows = 0

    def run(self, fetched: Iterator[Sequence[Any]], progress: Callable[[int], None]) -> WrittenFile:
        """fetched: lists of any length of rows with the stored columns only, as the database has
        them. progress: called with the rows so far; what it raises ends the writing.

        Raises RunError over a limit.
        """
        table = Table(self._columns, self._chunks(fetched, progress))
        removed = self._format.write(table, self._path)
        self._check_size()
        with self._path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        size, summary = self._path.stat().st_size, self._collector.summary().to_json()
        return WrittenFile(self.rows, size, digest, removed, summary)

    def _chunks(
        self, fetched: Iterator[Sequence[Any]], progress: Callable[[int], None]
    ) -> Iterator[Chunk]:
        complete = completer(self._columns)
        queried = stored(self._columns)
        reported_at = time.monotonic()
        for rows in fetched:
            if not rows:
                continue
            if self.rows + len(rows) > self._limits.rows:
                raise self._too_large(f"more than {self._limits.rows:,} rows")
            chunk = complete(by_column(queried, rows))
            self._collector.add(chunk)
            yield chunk
            self.rows += len(rows)
            if time.monotonic() - reported_at >= PROGRESS_SECONDS:
                self._check_size()
                progress(self.rows)
                reported_at = time.monotonic()

    def _check_size(self) -> None:
        # A format may look at some rows before it makes the file
        if self._path.exists() and self._path.stat().st_size > self._limits.size:
            raise self._too_large(f"more than {in_words(self._limits.size)}")

    def _too_large(self, figure: str) -> RunError:
        return RunError(
            f"the file would have {figure}, which is the limit for this tenant: choose a shorter "
            "period or fewer campaigns,"
            " or ask the server's operator to raise the limit",
            code="too_large",
        )


def as_json(columns: Sequence[Column]) -> list[dict[str, Any]]:
    return [asdict(c) for c in columns]
