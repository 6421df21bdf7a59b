"""Finished files in a local folder."""

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from exports_app.services.ports import Usage


class LocalFiles:
    """Implements FileStore."""

    def __init__(self, root: Path) -> None:
        self._root, self._drafts = root / "files", root / "drafts"

    def prepare(self) -> None:
        """Make the folders; drafts that a killed process left are removed (one server owns the folder)."""
        for folder in (self._root, self._drafts):
            folder.mkdir(parents=True, exist_ok=True)
        for left in self._drafts.iterdir():
            left.unlink()

    @contextmanager
    def draft(self) -> Iterator[Path]:
        self._drafts.mkdir(parents=True, exist_ok=True)
        path = self._drafts / uuid.uuid4().hex
        try:
            yield path
        finally:
            path.unlink(missing_ok=True)

    def keep(self, draft: Path, key: str) -> None:
        target = self._path(key)
        target.parent.mkdir(parents=True, exist_ok=True)
        with draft.open("rb") as file:
            os.fsync(file.fileno())
        draft.replace(target)
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def find(self, key: str) -> Path | None:
        path = self._path(key)
        return path if path.is_file() else None

    def remove(self, key: str) -> None:
        path = self._path(key)
        path.unlink(missing_ok=True)
        with suppress(OSError):  # another file is in the folder of the run
            path.parent.rmdir()

    def older_than(self, instant: datetime) -> Iterator[str]:
        for path in self._all():
            with suppress(FileNotFoundError):  # removed meanwhile
                if path.stat().st_mtime < instant.timestamp():
                    yield path.relative_to(self._root).as_posix()

    def usage(self) -> Usage:
        count = size = 0
        for path in self._all():
            with suppress(FileNotFoundError):
                size += path.stat().st_size
                count += 1
        place = self._root if self._root.exists() else self._root.parent
        return Usage(count, size, shutil.disk_usage(place).free)

    def _all(self) -> Iterator[Path]:
        for folder, _, names in os.walk(self._root):
            for name in names:
                yield Path(folder, name)

    def _path(self, key: str) -> Path:
        path = (self._root / key).resolve()
        if not path.is_relative_to(self._root.resolve()):
            raise ValueError("a file key that leaves the store")
        return path
