"""A copy of an SQLite database as it is at one moment, while others write."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

PAGES = 4_096
"""Copied between two reports of progress: 16 MB."""
BUSY_SECONDS = 15.0

Progress = Callable[[float, float], None]
"""Is told how much is done, and of how much."""


@dataclass(frozen=True)
class KeptFile:
    """A finished file that the history names."""

    key: str
    size: int
    sha256: str


def copy(source: Path, target: Path, progress: Progress) -> None:
    """Copy the database page by page into a new file, and sync it.

    All of it is read in one read transaction: writers go on in the write-ahead log, and the copy
    never begins anew, as that of the `.backup` command does after each write of another process
    (sqlite.org/c3ref/backup_finish.html). Raises sqlite3.Error, OSError.
    """
    with closing(_connect(f"file:{quote(str(source))}?mode=rw")) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM sqlite_master").fetchone()  # the snapshot begins
        with closing(_connect(f"file:{quote(str(target))}?mode=rwc")) as copied:
            # It is worth nothing before its end, and is synced then
            copied.execute("PRAGMA synchronous=OFF")
            reader.backup(
                copied,
                pages=PAGES,
                progress=lambda _, left, total: progress(total - left, total),
                sleep=0,
            )
            # One file, without a log beside it
            copied.execute("PRAGMA journal_mode=DELETE")
        reader.execute("COMMIT")
    target.chmod(0o600)


def faults(database: Path) -> list[str]:
    """What SQLite finds wrong with a database that no one has open; empty where it is sound."""
    try:
        with closing(_open_copy(database)) as connection:
            found = [row[0] for row in connection.execute("PRAGMA quick_check(5)")]
    except sqlite3.DatabaseError as e:
        return [str(e)]
    return [] if found == ["ok"] else found


def migration(database: Path) -> str:
    """The newest migration of a copy; empty where it has none. Raises sqlite3.Error."""
    with closing(_open_copy(database)) as connection:
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return row[0] if row else ""


def counts(database: Path) -> dict[str, int]:
    """The rows of each table of a copy, by name."""
    with closing(_open_copy(database)) as connection:
        tables = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
            " AND sql NOT LIKE 'CREATE VIRTUAL TABLE%' ORDER BY name"
        ).fetchall()
        return {
            name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]  # noqa: S608  (names of tables)
            for (name,) in tables
        }


KEPT = "FROM export_history WHERE file_key IS NOT NULL AND file_removed_at IS NULL"


def kept_files(database: Path) -> Iterator[KeptFile]:
    """The files that the runs of a copy have."""
    with closing(_open_copy(database)) as connection:
        rows = connection.execute(f"SELECT file_key, file_size, sha256 {KEPT} ORDER BY id")
        for key, size, sha256 in rows:
            yield KeptFile(key, size or 0, sha256 or "")


def counts_of_kept(database: Path) -> int:
    """How many files the runs of a copy have."""
    with closing(_open_copy(database)) as connection:
        return int(connection.execute(f"SELECT count(*) {KEPT}").fetchone()[0])


def kept_bytes(database: Path) -> int:
    """Of all files that the runs of a database in use have."""
    with closing(_connect(f"file:{quote(str(database))}?mode=rw")) as connection:
        row = connection.execute(f"SELECT COALESCE(SUM(file_size), 0) {KEPT}").fetchone()
    return int(row[0])


def still_kept(database: Path, key: str) -> bool:
    """Whether a run of a database in use still has the file."""
    with closing(_connect(f"file:{quote(str(database))}?mode=rw")) as connection:
        run = key.split("/")[1] if key.count("/") == 2 else ""
        row = connection.execute(f"SELECT 1 {KEPT} AND id = ? AND file_key = ?", (run, key))
        return row.fetchone() is not None


def _open_copy(database: Path) -> sqlite3.Connection:
    """Immutable: nothing is written beside it."""
    return _connect(f"file:{quote(str(database))}?mode=ro&immutable=1")


def _connect(uri: str) -> sqlite3.Connection:
    return sqlite3.connect(uri, uri=True, isolation_level=None, timeout=BUSY_SECONDS)
