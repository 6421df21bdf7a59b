"""A disk of a few megabytes, and one that is full."""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[bool]:
    """Whether one could be mounted there."""
    folder.mkdir(parents=True, exist_ok=True)
    mounted = os.geteuid() == 0 and shutil.which("mount") is not None
    if mounted:
        command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
        mounted = subprocess.run(command, capture_output=True, check=False).returncode == 0
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(database: Path, ballast: Path) -> None:
    """The disk, and what the database's log has left within it."""
    with closing(sqlite3.connect(database, timeout=15)) as other:
        other.execute("CREATE TABLE ballast (x BLOB)")
        with pytest.raises(OSError, match="No space left"):
            ballast.write_bytes(bytes(100_000_000))
        for size in (1_000_000, 10_000, 1):
            with pytest.raises(sqlite3.OperationalError, match="full"):
                _insert_for_ever(other, size)


def _insert_for_ever(connection: sqlite3.Connection, size: int) -> None:
    while True:
        with connection:
            connection.execute("INSERT INTO ballast VALUES (zeroblob(?))", [size])
