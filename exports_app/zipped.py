"""Zip files whose parts are deflated as they come, by isal where it is installed."""

import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import IO, Any, Self
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

deflate: ModuleType
try:
    from isal import isal_zlib as deflate
except ImportError:  # no wheel for this machine: the same file, more slowly
    deflate = zlib

LEVEL = 1
ZIP64 = 2**31 - 2**20
"""Bytes from which a part needs the larger fields, which not every reader of Excel files takes."""


class Package:
    """A zip file in the making."""

    def __init__(self, path: Path) -> None:
        self._archive = ZipFile(path, "w", ZIP_DEFLATED, compresslevel=LEVEL)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._archive.close()

    @contextmanager
    def part(self, name: str, size: int = 0) -> Iterator[IO[bytes]]:
        """Write a part. size: its bytes, if known; else they must be less than 2 GiB."""
        with self._archive.open(self._entry(name), "w", force_zip64=size >= ZIP64) as part:
            # zipfile has no way to choose who deflates; its own compressor offers the same two
            # methods
            stream: Any = part
            stream._compressor = deflate.compressobj(LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)  # noqa: SLF001 (zipfile has no public way to choose it)
            yield part

    def add(self, name: str, content: bytes) -> None:
        self._archive.writestr(self._entry(name), content)

    def _entry(self, name: str) -> ZipInfo:
        entry = ZipInfo(name, time.localtime()[:6])
        entry.compress_type = ZIP_DEFLATED
        entry.external_attr = 0o600 << 16
        return entry
