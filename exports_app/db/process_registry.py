"""Who is there: each process holds an advisory lock on a connection of its own, which PostgreSQL
takes back however it ends."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from typing import Any

import psycopg
from sqlalchemy import text

from exports_app import log
from exports_app.db.engine import Database

CLASS = 0x6578706F
"""Of our advisory locks with two keys."""
LOOK_SECONDS = 5.0
"""Between two looks whether the connection still stands."""

_log = log.get(__name__)


class ProcessKind(IntEnum):
    WORKER = 1
    WEB = 2


class Taken(Exception):
    """Another process holds the lock in a way that excludes this one."""


class ProcessRegistry:
    def __init__(self, database: Database) -> None:
        self._database = database

    def count(self, kind: ProcessKind) -> int:
        """Raises Unavailable."""
        held = (
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid "
            "FROM pg_database WHERE"
        )
        query = (
            f"{held} datname = current_database()) AND classid = :class AND objid = :kind AND "
            "granted"
        )
        with self._database.read() as connection:
            return int(connection.execute(text(query), {"class": CLASS, "kind": kind}).scalar_one())

    @contextmanager
    def held(self, kind: ProcessKind, *, alone: bool = False) -> Iterator[None]:
        """Be there for the length of the block, also after the database was away. alone: beside
        nobody of this kind.

        Raises Taken, psycopg.OperationalError.
        """
        stopped = threading.Event()
        keeper = threading.Thread(
            target=self._keep, args=(kind, alone, self._take(kind, alone), stopped), daemon=True
        )
        keeper.start()
        try:
            yield
        finally:
            stopped.set()
            keeper.join(LOOK_SECONDS)

    def _take(self, kind: ProcessKind, alone: bool) -> "psycopg.Connection[tuple[Any, ...]]":
        connection = self._database.connect_apart()
        # PostgreSQL itself must notice that a host has gone without a word: until then its lock
        # says that a worker is there
        for name, seconds in (("idle", 10), ("interval", 5), ("count", 3)):
            connection.execute(f"SET tcp_keepalives_{name} = {seconds}")
        how = "pg_try_advisory_lock" if alone else "pg_try_advisory_lock_shared"
        got = connection.execute(f"SELECT {how}(%s, %s)", (CLASS, kind)).fetchone()
        if got is None or not got[0]:
            connection.close()
            raise Taken
        return connection

    def _keep(
        self,
        kind: ProcessKind,
        alone: bool,
        connection: "psycopg.Connection[tuple[Any, ...]] | None",
        stopped: threading.Event,
    ) -> None:
        while not stopped.wait(LOOK_SECONDS):
            try:
                if connection is None:
                    connection = self._take(kind, alone)
                connection.execute("SELECT 1")
            except (psycopg.Error, Taken) as e:
                _log.warning(
                    "the database does not know that we are here: trying again",
                    reason=str(e).strip() or type(e).__name__,
                )
                if connection is not None:
                    connection.close()
                connection = None
        if connection is not None:
            connection.close()
