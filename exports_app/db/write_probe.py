"""Whether the database can be written: a small write, in a connection of its own, that changes
nothing anyone reads. It waits neither for the pool nor for the writers of this process."""

import shutil
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import psycopg

from exports_app.db.engine import APART, Database
from exports_app.domain.errors import DatabaseFull, DatabaseLocked, Unavailable

PROBE_SECONDS = 1.0
"""A write of this process that was committed so lately makes a probe unnecessary. Where writers
queue, the probe might not get its turn."""
WAIT_SECONDS = 1.5
"""For whoever holds the database. With PROBE_SECONDS and the time between two looks of health: less
than 5 seconds."""
LEAST_FREE = 2 * 2**20
"""Bytes of the disk. SQLite's log may have room for some more writes, but not for long."""


class WriteProbe:
    def __init__(self, database: Database) -> None:
        self._database = database

    def check(self) -> None:
        """Raises Unavailable, after WAIT_SECONDS or so at the latest."""
        if self._database.file is not None:
            _check_room(self._database.file.parent)
        if time.monotonic() - self._database.wrote_at < PROBE_SECONDS:
            return
        if self._database.file is not None:
            _write_sqlite(self._database.file)
        else:
            self._write_postgresql()

    def _write_postgresql(self) -> None:
        milliseconds = int(WAIT_SECONDS * 1000)
        limits = f"-c lock_timeout={milliseconds} -c statement_timeout={milliseconds}"
        try:
            with psycopg.connect(
                self._database.libpq_url,
                **APART | {"connect_timeout": 2, "options": limits},
            ) as connection:
                connection.execute("UPDATE alembic_version SET version_num = version_num")
        except psycopg.errors.DiskFull:
            raise DatabaseFull from None
        except (psycopg.errors.LockNotAvailable, psycopg.errors.QueryCanceled):
            raise DatabaseLocked from None
        except psycopg.OperationalError:
            raise Unavailable from None
        except psycopg.Error as e:
            raise Unavailable(f"The database cannot be written: {e.diag.message_primary}") from e


def _check_room(folder: Path) -> None:
    try:
        free = shutil.disk_usage(folder).free
    except OSError:
        raise Unavailable from None
    if free < LEAST_FREE:
        raise DatabaseFull


def _write_sqlite(file: Path) -> None:
    try:
        with closing(
            sqlite3.connect(
                f"{file.absolute().as_uri()}?mode=rw",
                uri=True,
                timeout=WAIT_SECONDS,
                isolation_level=None,
            )
        ) as connection:
            connection.execute("BEGIN IMMEDIATE")
            # SQLite does not write a row that stays as it is. This number in the file's header is
            # the application's (sqlite.org/pragma.html, user_version), and nobody reads it
            (number,) = connection.execute("PRAGMA user_version").fetchone()
            connection.execute(f"PRAGMA user_version = {1 - number % 2}")
            connection.execute("COMMIT")
    except sqlite3.OperationalError as e:
        code = getattr(e, "sqlite_errorcode", 0) & 0xFF
        if code == sqlite3.SQLITE_FULL:
            raise DatabaseFull from None
        if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
            raise DatabaseLocked from None
        if code == sqlite3.SQLITE_CANTOPEN:
            raise Unavailable from None
        raise Unavailable(f"The database cannot be written: {e}") from None
    except sqlite3.DatabaseError as e:
        raise Unavailable(f"The database cannot be written: {e}") from None
