"""Make one file from rows: the same code in a thread of the server and in a process of its own (so
it imports little)."""

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from exports_app.domain.errors import RunError
from exports_app.domain.humanize import size as in_words
from exports_app.domain.table import Chunk, Column, Table, by_column, completer, stored
from exports_app.services.core.extension_points import Format

CHUNK = 2000
"""Rows fetched and written at a time."""
PROGRESS_SECONDS = 0.3


@dataclass(frozen=True)
class FileLimits:
    """Of one file. rows; size: bytes; seconds: of its making; memory: bytes of the process that
    makes it."""

    rows: int
    size: int
    seconds: float
    memory: int


@dataclass(frozen=True)
class WrittenFile:
    """size: bytes; lost: characters that the format could not hold."""

    rows: int
    size: int
    sha256: str
    lost: int


class FileWriter:
    """One file in the making. fetched: rows as the database gives them, the stored columns alone,
    in lists of any length."""

    def __init__(
        self, columns: Sequence[Column], file_format: Format, path: Path, limits: FileLimits
    ) -> None:
        self._columns, self._format, self._path, self._limits = (
            tuple(columns),
            file_format,
            path,
            limits,
        )
        self.rows = 0

    def run(self, fetched: Iterator[Sequence[Any]], progress: Callable[[int], None]) -> WrittenFile:
        """progress: called with the rows so far, now and then; what it raises ends the making.

        Raises RunError over a limit.
        """
        lost = self._format.write(Table(self._columns, self._chunks(fetched, progress)), self._path)
        self._check_size()
        with self._path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        return WrittenFile(self.rows, self._path.stat().st_size, digest, lost)

    def _chunks(
        self, fetched: Iterator[Sequence[Any]], progress: Callable[[int], None]
    ) -> Iterator[Chunk]:
        complete, queried = completer(self._columns), stored(self._columns)
        told = time.monotonic()
        for rows in fetched:
            if not rows:
                continue
            if self.rows + len(rows) > self._limits.rows:
                raise self._too_large(f"more than {self._limits.rows:,} rows")
            yield complete(by_column(queried, rows))
            self.rows += len(rows)
            if time.monotonic() - told >= PROGRESS_SECONDS:
                self._check_size()
                progress(self.rows)
                told = time.monotonic()

    def _check_size(self) -> None:
        # A format may look at some rows before it makes the file
        if self._path.exists() and self._path.stat().st_size > self._limits.size:
            raise self._too_large(f"more than {in_words(self._limits.size)}")

    def _too_large(self, figure: str) -> RunError:
        return RunError(
            f"the file would have {figure}, which is the limit for this tenant: choose a shorter "
            "period or fewer campaigns,"
            " or ask whoever runs this server to raise the limit",
            code="too_large",
        )


def not_written(error: OSError) -> RunError:
    return RunError(
        f"the file could not be written: {error.strerror or type(error).__name__}",
        code="file_not_written",
    )


@contextmanager
def writing() -> Iterator[None]:
    """Raises RunError, in words, where the disk refuses."""
    try:
        yield
    except OSError as e:
        raise not_written(e) from e


def as_json(columns: Sequence[Column]) -> list[dict[str, Any]]:
    return [asdict(c) for c in columns]
