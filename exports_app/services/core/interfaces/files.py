"""The store of finished files and that of their downloads."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from exports_app.services.core.records import FileDownload


class FileDownloadStore(Protocol):
    def of_run(self, run_id: str, limit: int) -> tuple[list[FileDownload], int]:
        """The newest first, and the number of all."""

    def since(self, like: FileDownload, instant: datetime) -> bool:
        """Whether the same person or link downloaded the same file from the same address after the
        instant."""

    def add(self, download: FileDownload) -> None: ...


@dataclass(frozen=True)
class Usage:
    """Of the disk. free: bytes; None where nobody can say."""

    count: int
    bytes: int
    free: int | None


class FileStore(Protocol):
    """Where finished files lie. Keys are relative paths made by the engine, never input.

    One that is far away raises StoreAway.
    """

    def prepare(self) -> None:
        """Once before a server works: make the place, remove drafts that a killed process left."""

    def ping(self) -> None:
        """Raises StoreAway."""

    def draft(self) -> AbstractContextManager[Path]:
        """A path for a file in the making; what is left there at the end is removed."""

    def keep(self, draft: Path, key: str) -> None:
        """Make it durable and visible at once (fsync, then rename)."""

    def has(self, key: str) -> bool: ...
    def find(self, key: str) -> Path | None:
        """The whole file on this machine, to be opened at once."""

    def remove(self, key: str) -> None: ...
    def older_than(self, instant: datetime) -> Iterator[str]:
        """The keys of files that were made before."""

    def copies(self) -> Iterator[str]:
        """The keys of files elsewhere of which this machine has a copy."""

    def forget(self, key: str) -> None:
        """Remove this machine's copy."""

    def usage(self) -> Usage: ...
