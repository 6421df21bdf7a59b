"""Which processes run: each has an advisory lock on a connection of its own, which PostgreSQL
releases when the process ends, in whatever way."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from typing import Any

import psycopg
from sqlalchemy import text

from exports_app import __version__, log
from exports_app.db.engine import APART, Database

CLASS = 0x6578706F
"""The first of the two keys of our advisory locks."""
CHECK_SECONDS = 5.0
"""Between two checks of the connection."""
EARLIER = "earlier"
"""The version of processes that do not say it."""

_log = log.get(__name__)


class ProcessKind(IntEnum):
    WORKER = 1
    WEB = 2


class AlreadyRunning(Exception):
    """A process is registered beside which this one may not run."""


class ProcessRegistry:
    def __init__(self, database: Database) -> None:
        self._database = database

    def count(self, kind: ProcessKind) -> int:
        """How many processes of this kind run. Raises Unavailable."""
        locks = (
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid "
            "FROM pg_database WHERE"
        )
        query = (
            f"{locks} datname = current_database()) AND classid = :class AND objid = :kind AND "
            "granted"
        )
        with self._database.read() as connection:
            return int(connection.execute(text(query), {"class": CLASS, "kind": kind}).scalar_one())

    def other_versions(self) -> dict[str, int]:
        """How many processes of other versions run, by version: "earlier" for those that do not say
        theirs. Raises Unavailable."""
        query = (
            "SELECT a.application_name, count(DISTINCT a.pid) FROM pg_locks l"
            " JOIN pg_stat_activity a ON a.pid = l.pid"
            " WHERE l.locktype = 'advisory' AND a.datname = current_database()"
            " AND l.classid = :class AND l.objid IN (:worker, :web) AND l.granted"
            " GROUP BY a.application_name"
        )
        kinds = {kind.name.lower(): kind for kind in ProcessKind}
        with self._database.read() as connection:
            found = connection.execute(text(query), {"class": CLASS} | kinds).all()
        versions = {name.partition("/")[2] or EARLIER: count for name, count in found}
        return {version: count for version, count in versions.items() if version != __version__}

    @contextmanager
    def register(self, kind: ProcessKind, *, exclusive: bool = False) -> Iterator[None]:
        """Register this process for the length of the block; again after the database was away.
        exclusive: no other process of this kind may run.

        Raises AlreadyRunning, psycopg.OperationalError.
        """
        stopped = threading.Event()
        keeper = threading.Thread(
            target=self._keep,
            args=(kind, exclusive, self._lock(kind, exclusive), stopped),
            daemon=True,
        )
        keeper.start()
        try:
            yield
        finally:
            stopped.set()
            keeper.join(CHECK_SECONDS)

    def _lock(self, kind: ProcessKind, exclusive: bool) -> "psycopg.Connection[tuple[Any, ...]]":
        connection = self._database.connect_apart()
        # PostgreSQL itself must notice that a host is gone: until then its lock counts as a process
        for name, seconds in (("idle", 10), ("interval", 5), ("count", 3)):
            connection.execute(f"SET tcp_keepalives_{name} = {seconds}")
        name = f"{APART['application_name']}/{__version__}"
        connection.execute("SELECT set_config('application_name', %s, false)", (name,))
        function = "pg_try_advisory_lock" if exclusive else "pg_try_advisory_lock_shared"
        row = connection.execute(f"SELECT {function}(%s, %s)", (CLASS, kind)).fetchone()
        if row is None or not row[0]:
            connection.close()
            raise AlreadyRunning
        return connection

    def _keep(
        self,
        kind: ProcessKind,
        exclusive: bool,
        connection: "psycopg.Connection[tuple[Any, ...]] | None",
        stopped: threading.Event,
    ) -> None:
        while not stopped.wait(CHECK_SECONDS):
            try:
                if connection is None:
                    connection = self._lock(kind, exclusive)
                connection.execute("SELECT 1")
            except (psycopg.Error, AlreadyRunning) as e:
                _log.warning(
                    "the database does not know that we are here: trying again",
                    reason=str(e).strip() or type(e).__name__,
                )
                if connection is not None:
                    connection.close()
                connection = None
        if connection is not None:
            connection.close()
