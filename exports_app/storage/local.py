"""Finished files in a local folder."""

import os
import shutil
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from exports_app.domain.errors import StoreAway
from exports_app.services.core.disk import writing
from exports_app.services.core.interfaces import Usage

LEFT_SECONDS = 24 * 3600
"""An older draft in a folder of many processes was left by one that was killed."""


class Drafts:
    """Unfinished files. alone: no other process has drafts in this folder."""

    def __init__(self, folder: Path, *, alone: bool) -> None:
        self._folder = folder
        self._alone = alone

    def prepare(self) -> None:
        """Make the folder, and remove drafts that killed processes left."""
        self._folder.mkdir(parents=True, exist_ok=True)
        for left in self._folder.iterdir():
            with suppress(FileNotFoundError):  # another process removed it
                if self._alone or left.stat().st_mtime < time.time() - LEFT_SECONDS:
                    left.unlink()

    @contextmanager
    def new(self) -> Iterator[Path]:
        """Raises StoreAway where the folder cannot be made."""
        with writing():
            self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / uuid.uuid4().hex
        try:
            yield path
        finally:
            # An error here would hide the one of writing. `prepare` removes what is left
            with suppress(OSError):
                path.unlink(missing_ok=True)


IDENTITY = "store_id"
"""The file beside the finished files that holds the store's id."""


class LocalFiles:
    """Implements FileStore. alone: no other process uses the folder."""

    def __init__(self, folder: Path, *, alone: bool = True) -> None:
        self._root = folder / "files"
        self._identity = folder / IDENTITY
        self._drafts = Drafts(folder / "drafts", alone=alone)

    def prepare(self) -> None:
        self._root.mkdir(parents=True, exist_ok=True)
        self._drafts.prepare()

    def ping(self) -> None:
        if not self._root.is_dir():
            raise StoreAway(f"the folder of the finished files is missing: {self._root}")

    def check_writable(self) -> None:
        place = self._root
        while not place.exists() and place != place.parent:
            place = place.parent  # the start makes the folders below it
        try:
            with tempfile.TemporaryFile(dir=place):
                pass
        except OSError as e:
            raise StoreAway(
                f"the folder of the finished files, {self._root}, cannot be written:"
                f" {e.strerror}. Check FILES_URL, whether it is mounted, and its owner"
            ) from None

    def identity(self) -> str:
        try:
            return self._identity.read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            return ""

    def identify(self, new: str) -> str:
        with self._drafts.new() as draft:
            draft.write_text(new, encoding="utf-8")
            try:
                os.link(draft, self._identity)  # fails where another process was first
            except FileExistsError:
                pass
            except OSError:  # a file system without hard links
                if not self._identity.exists():
                    draft.replace(self._identity)
        return self.identity()

    @contextmanager
    def draft(self) -> Iterator[Path]:
        with self._drafts.new() as path:
            yield path

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

    def has(self, key: str) -> bool:
        return self.find(key) is not None

    def find(self, key: str) -> Path | None:
        path = self._path(key)
        return path if path.is_file() else None

    def remove(self, key: str) -> None:
        path = self._path(key)
        path.unlink(missing_ok=True)
        with suppress(OSError):  # the folder of the run still has another file
            path.parent.rmdir()

    def older_than(self, instant: datetime) -> Iterator[str]:
        for path in self._all():
            with suppress(FileNotFoundError):  # removed meanwhile
                if path.stat().st_mtime < instant.timestamp():
                    yield path.relative_to(self._root).as_posix()

    def copies(self) -> Iterator[str]:
        return iter(())

    def forget(self, key: str) -> None:
        """There are no copies."""

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
