"""The store of finished files and that of their downloads."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from exports_app.services.core.records import FileDownload

UPLOAD_NAME = "upload"
"""How the key of a file ends that someone sent for an import. No run knows of it, so it is removed
with the orphans."""


class FileDownloadStore(Protocol):
    def of_run(self, run_id: str, limit: int) -> tuple[list[FileDownload], int]:
        """The newest first, and the number of all."""

    def since(self, like: FileDownload, instant: datetime) -> bool:
        """Whether the same person or link downloaded the same file from the same address after the
        instant."""

    def add(self, download: FileDownload) -> None: ...


@dataclass(frozen=True)
class Usage:
    """Of the storage. free: bytes; None where it is unknown."""

    count: int
    bytes: int
    free: int | None


class FileStore(Protocol):
    """The store of finished files. Keys are relative paths made by the engine, never input.

    A remote store raises StoreAway.
    """

    def prepare(self) -> None:
        """At the start of a server: create the store, remove drafts of killed processes."""

    def ping(self) -> None:
        """Raises StoreAway."""

    def check_writable(self) -> None:
        """Raises StoreAway where nothing could be kept. Leaves nothing behind."""

    def identity(self) -> str:
        """The random id that the store holds; empty where it has none. All processes that use the
        same store read the same one."""

    def identify(self, new: str) -> str:
        """Give it an id, unless it has one. Returns the one that it has."""

    def draft(self) -> AbstractContextManager[Path]:
        """A path for a new file; removed at the end unless it was kept. Raises StoreAway."""

    def keep(self, draft: Path, key: str) -> None:
        """Store the draft under the key, durably and atomically (fsync, then rename)."""

    def has(self, key: str) -> bool: ...
    def find(self, key: str) -> Path | None:
        """A complete local file, to be opened at once; None where there is none."""

    def remove(self, key: str) -> None: ...
    def older_than(self, instant: datetime) -> Iterator[str]:
        """The keys of files that were made before."""

    def copies(self) -> Iterator[str]:
        """The keys of remote files of which this machine has a copy."""

    def forget(self, key: str) -> None:
        """Remove this machine's copy."""

    def usage(self) -> Usage: ...
