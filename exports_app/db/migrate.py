"""Bring a database to the newest schema, or say that it is not there yet."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, NullPool, create_engine, make_url
from sqlalchemy.exc import OperationalError

from exports_app import __version__, log
from exports_app.db.engine import POSTGRESQL, Database
from exports_app.db.outages import reachable
from exports_app.db.process_registry import CLASS
from exports_app.db.urls import with_driver
from exports_app.domain.errors import ExportsError

PACKAGE = Path(__file__).resolve().parents[1]
SHIPPED = PACKAGE / "migrations"
"""In an installed package: see pyproject.toml."""
MIGRATIONS = SHIPPED if SHIPPED.is_dir() else PACKAGE.parent / "alembic"
LOCK_MS = 900
"""Milliseconds that a migration waits for a table of PostgreSQL. While it waits, everyone else
waits behind it."""
PAUSE_SECONDS = 2.0
"""Before it tries again, so that those who waited behind it have their turn."""
PATIENCE_SECONDS = 600.0
"""How long a migration tries to get at its tables."""
LOCK = 100
"""Our advisory lock of migrations, beside those of `ProcessKind`."""

Announce = Callable[[str], None]


class NewerSchema(ExportsError):
    """A newer version of the app has migrated the database."""

    code = "schema_newer"

    def __init__(self, revision: str) -> None:
        super().__init__(
            f"a newer version has migrated the database (to {revision}), and this is version"
            f" {__version__}: install the newer version here, or restore a backup of this one"
        )


_log = log.get(__name__)


def _note(message: str) -> None:
    _log.info(message)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


def upgrade(database: Database, to: str = "head", announce: Announce = _note) -> None:
    """Run the missing migrations. announce: is told which one begins, and how many there are,
    unless the database is new.

    SQLite: all in one transaction, so that a failed one leaves nothing behind. PostgreSQL: each in
    a transaction of its own, so that no table is locked while the others run; indexes are built
    beside writers (`concurrent_indexes`). After a failure the next call goes on.

    Raises NewerSchema; Unavailable; ExportsError where a table of PostgreSQL stays in use for too
    long.
    """
    progress = _Progress(to, announce)

    def run(connection: Connection) -> None:
        progress.begin(revisions(database))
        command.upgrade(_over(connection, progress), to)

    _run(database, run, announce)


def downgrade(database: Database, to: str = "base", announce: Announce = _note) -> None:
    """Take migrations back. As `upgrade`."""
    _run(database, lambda connection: command.downgrade(_over(connection), to), announce)


def is_current(database: Database) -> bool:
    """Whether the database has the schema this code was written for; otherwise it has an older one.
    Raises NewerSchema; Unavailable."""
    has = revisions(database)
    if unknown := [revision for revision in has if not knows(revision)]:
        raise NewerSchema(unknown[0])
    return set(has) == set(ScriptDirectory.from_config(_config()).get_heads())


def revisions(database: Database) -> tuple[str, ...]:
    """The newest migrations that the database has: one, or none."""
    with database.read() as connection:
        return tuple(MigrationContext.configure(connection).get_current_heads())


def knows(revision: str) -> bool:
    """Whether this version has the migration; otherwise it is of a newer one."""
    script = ScriptDirectory.from_config(_config())
    return any(known.revision == revision for known in script.walk_revisions())


@contextmanager
def connected(database: Database) -> Iterator[Connection]:
    """A connection for migrations: within a transaction in SQLite, in none in PostgreSQL, where
    each migration has its own."""
    if database.embedded:
        with database.migrate() as connection:
            yield connection
        return
    options = f"-c timezone=UTC -c lock_timeout={LOCK_MS} -c statement_timeout=0"
    engine = create_engine(
        with_driver(make_url(database.libpq_url)),
        poolclass=NullPool,
        hide_parameters=True,
        connect_args=POSTGRESQL | {"options": options},
    )
    with engine.connect() as connection:
        yield connection


class _Progress:
    """Says which migration begins. Called after each one."""

    def __init__(self, to: str, announce: Announce) -> None:
        self._to = to
        self._titles: list[str] | None = None
        self._done = 0
        self._announce = announce

    def begin(self, has: tuple[str, ...]) -> None:
        """has: the newest migrations of the database."""
        if self._titles is None:
            script = ScriptDirectory.from_config(_config())
            missing = reversed(list(script.iterate_revisions(self._to, has))) if has else ()
            self._titles = [revision.doc for revision in missing]
            self._next()

    def __call__(self, **_: Any) -> None:
        self._done += 1
        self._next()

    def _next(self) -> None:
        titles = self._titles or []
        if self._done < len(titles):
            self._announce(f"migration {self._done + 1} of {len(titles)}: {titles[self._done]}")


def _over(connection: Connection, progress: Callable[..., None] = lambda **_: None) -> Config:
    config = _config()
    config.attributes |= {"connection": connection, "progress": progress}
    return config


def _run(database: Database, run: Callable[[Connection], None], announce: Announce) -> None:
    if database.embedded:
        with database.migrate() as connection:
            run(connection)
        return
    with reachable(), _alone(database, announce):
        _try_until_unlocked(database, run, announce)


def _try_until_unlocked(
    database: Database, run: Callable[[Connection], None], announce: Announce
) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            with connected(database) as connection:
                run(connection)
        except OperationalError as e:
            if not isinstance(e.orig, psycopg.errors.LockNotAvailable):
                raise
            if time.monotonic() >= deadline:
                raise ExportsError(
                    "a migration could not lock its table: a long transaction of another program"
                    " uses it (see pg_stat_activity). End that, then run migrate again: it"
                    " continues where it stopped"
                ) from e
            announce("a table is in use: trying again")
            time.sleep(PAUSE_SECONDS)
        else:
            return


@contextmanager
def _alone(database: Database, announce: Announce) -> Iterator[None]:
    """No other process migrates the same database meanwhile."""
    with database.connect_apart() as connection:
        if not _take(connection):
            announce("another process migrates this database: waiting for it")
            # Asked again and again: a statement that waits would hold up the other's indexes
            while not _take(connection):
                time.sleep(PAUSE_SECONDS)
        yield


def _take(connection: "psycopg.Connection[tuple[Any, ...]]") -> bool:
    taken = connection.execute("SELECT pg_try_advisory_lock(%s, %s)", (CLASS, LOCK))
    return taken.fetchone() == (True,)
