"""Files of a store that is far away, kept here for a while: no more than so many bytes, what was
used last the longest."""

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

IN_USE_SECONDS = 600
"""What was used this lately may be about to be opened, and stays, whatever the limit."""


class Cache:
    def __init__(self, folder: Path, limit: int) -> None:
        self._folder, self._limit = folder, limit

    def prepare(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)

    def find(self, key: str) -> Path | None:
        path = self._path(key)
        try:
            os.utime(path)  # used now
        except FileNotFoundError:
            return None
        return path

    def take(self, made: Path, key: str) -> Path:
        """Move a whole file in, at once. Returns where it is now."""
        path = self._path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        made.replace(path)
        self._make_room()
        return path

    def keys(self) -> Iterator[str]:
        return (
            path.relative_to(self._folder).as_posix()
            for path in self._folder.rglob("*")
            if path.is_file()
        )

    def remove(self, key: str) -> None:
        self._path(key).unlink(missing_ok=True)

    def _make_room(self) -> None:
        found = []
        for path in self._folder.rglob("*"):
            with suppress(FileNotFoundError):
                if path.is_file():
                    stat = path.stat()
                    found.append((stat.st_mtime, stat.st_size, path))
        total, oldest = sum(size for _, size, _ in found), time.time() - IN_USE_SECONDS
        for used_at, size, path in sorted(found):
            if total <= self._limit or used_at > oldest:
                return
            path.unlink(missing_ok=True)
            total -= size

    def _path(self, key: str) -> Path:
        path = (self._folder / key).resolve()
        if not path.is_relative_to(self._folder.resolve()):
            raise ValueError("a file key that leaves the store")
        return path
