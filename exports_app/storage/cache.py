"""Copies of files of a remote store. Over the limit, those that were not used for longest are
removed."""

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

IN_USE_SECONDS = 600
"""A file used within this time may be about to be opened, and stays even over the limit."""


class Cache:
    def __init__(self, folder: Path, limit: int) -> None:
        self._folder = folder
        self._limit = limit

    def prepare(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)

    def find(self, key: str) -> Path | None:
        path = self._path(key)
        try:
            os.utime(path)  # the time of its last use
        except FileNotFoundError:
            return None
        return path

    def take(self, file: Path, key: str) -> Path:
        """Move a complete file into the cache. Returns its new path."""
        path = self._path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        file.replace(path)
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
        files = []
        for path in self._folder.rglob("*"):
            with suppress(FileNotFoundError):
                if path.is_file():
                    stat = path.stat()
                    files.append((stat.st_mtime, stat.st_size, path))
        total = sum(size for _, size, _ in files)
        in_use_since = time.time() - IN_USE_SECONDS
        for used_at, size, path in sorted(files):
            if total <= self._limit or used_at > in_use_since:
                return
            path.unlink(missing_ok=True)
            total -= size

    def _path(self, key: str) -> Path:
        path = (self._folder / key).resolve()
        if not path.is_relative_to(self._folder.resolve()):
            raise ValueError("a file key that leaves the store")
        return path
