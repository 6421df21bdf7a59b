"""What the doctor asks the database."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import func, make_url, select, text
from sqlalchemy.exc import SQLAlchemyError

from exports_app import __version__, startup, wiring
from exports_app.db import migrate, models, search, triggers
from exports_app.db.connect_failures import failure
from exports_app.db.engine import Database
from exports_app.db.process_registry import ProcessRegistry
from exports_app.db.repositories import table
from exports_app.db.store import SqlStore
from exports_app.doctor import own_server
from exports_app.doctor.finding import Finding, is_new
from exports_app.domain.errors import ExportsError
from exports_app.domain.humanize import counted
from exports_app.environment import SettingsError
from exports_app.launch import holders
from exports_app.settings import Settings

LOCK_SECONDS = 2.0
"""Longer than the app's own short transactions hold the lock."""
SET_BACK = timedelta(minutes=1)
"""A clock that is so far behind what the database has noted was set back."""
APART, FAR_APART = timedelta(seconds=2), timedelta(seconds=30)
"""From PostgreSQL's clock: worth a warning; wrong."""


@contextmanager
def _opened(settings: Settings) -> Iterator[Database]:
    database = Database(settings.url)
    try:
        yield database
    finally:
        database.dispose()


def reach(settings: Settings) -> Iterator[Finding]:
    """Whether the database answers, and which schema it has."""
    what = "database"
    if is_new(settings):
        yield _absent(settings)
        return
    if locked := _locked(settings):
        yield locked
        if not locked.good:
            return
    try:
        with _opened(settings) as database:
            if not database.embedded:
                database.connect_apart().close()
            if migrate.is_current(database):
                yield Finding(True, what, "reachable, schema up to date")
            else:
                outdated = "reachable, schema outdated: run migrate"
                yield Finding(settings.embedded, what, outdated, cause="schema_outdated")
    except psycopg.OperationalError as e:
        why = failure(str(e))
        yield Finding(False, what, why.message, cause=why.code)
    except ExportsError as e:
        code = e.code if isinstance(e, migrate.NewerSchema) else "database_unreachable"
        yield Finding(False, what, e.message, cause=code)


def _absent(settings: Settings) -> Finding:
    """A server makes the file when it starts: where one runs, it was there."""
    if not own_server.answers(settings):
        return Finding(True, "database", "will be created at the first start")
    return Finding(
        False,
        "database",
        f"its file is missing, and a server is running on {settings.host}:{settings.port}: stop"
        " the server, and restore a backup (docs/recovery.md). If that server is another"
        " installation, set another PORT",
        cause="database_file_gone",
    )


def _locked(settings: Settings) -> Finding | None:
    """A lock of SQLite that lasts for LOCK_SECONDS. One of this app's own, such as an import or a
    restore, is a warning. Writes nothing."""
    if not settings.embedded:
        return None
    file = Path(make_url(settings.url).database or "").absolute()
    try:
        with closing(
            sqlite3.connect(
                f"{file.as_uri()}?mode=rw", uri=True, timeout=LOCK_SECONDS, isolation_level=None
            )
        ) as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
    except sqlite3.DatabaseError as e:
        if getattr(e, "sqlite_errorcode", 0) & 0xFF != sqlite3.SQLITE_BUSY:
            return None  # said where the database is opened
        by = holders.of_lock(file)
        ours = by is not None and by.is_ours
        detail = (
            f"locked by {by or 'another program'}: wait until it has finished writing, or stop it"
        )
        return Finding(ours, "database", detail, warning=ours, cause="database_locked")
    return None


def _has_our_schema(database: Database) -> bool:
    """If not, it was said where the database was reached."""
    try:
        return migrate.is_current(database)
    except migrate.NewerSchema:
        return False


def find_search(settings: Settings) -> Iterator[Finding]:
    """The indexes of searches; SQLite has them always, and `migrate` creates them."""
    if settings.embedded:
        return
    with _opened(settings) as database:
        if not _has_our_schema(database):
            return
        with database.read() as connection:
            unindexed = search.unindexed(connection)
    if unindexed:
        statements = " ".join(searched.statement for searched in unindexed)
        yield Finding(
            True,
            "search",
            "is slow, because its indexes are missing: have a database administrator run"
            f" CREATE EXTENSION pg_trgm; then, as the owner of the tables, {statements}",
            warning=True,
        )
    else:
        yield Finding(True, "search", "uses its indexes")


def find_triggers(settings: Settings) -> Iterator[Finding]:
    if is_new(settings):
        return
    with _opened(settings) as database:
        if not _has_our_schema(database):
            return
        lacking = triggers.warning(database)
    detail = lacking or "all present"
    yield Finding(not lacking, "triggers", detail, cause="triggers_missing" if lacking else "")


def find_demo(settings: Settings) -> Iterator[Finding]:
    try:
        reason = startup.demo_refusal(settings, lambda: _demo_password_emails(settings))
    except (ExportsError, SQLAlchemyError):
        yield Finding(True, "demo", "not checked: the database does not answer, or is not migrated")
        return
    if reason:
        yield Finding(False, "demo", reason)
    elif settings.is_demo:
        yield Finding(
            True, "demo", "demo data with its public login is present, usable on this machine only"
        )
    else:
        yield Finding(True, "demo", "no user has the demo's public password")


def _demo_password_emails(settings: Settings) -> list[str]:
    if is_new(settings):
        return []
    with _opened(settings) as database, SqlStore(database).read() as tx:
        return tx.users.demo_password_emails()


def find_installation(settings: Settings) -> Iterator[Finding]:
    """Whether keys, file store and time zone are those of the installation."""
    what = "installation"
    if is_new(settings) or not settings.has_key:
        return
    services = wiring.build(settings)
    try:
        mismatches = services.installation.mismatches()
    except (ExportsError, SettingsError, SQLAlchemyError, OSError):
        return  # said of the database, the key or the files
    finally:
        services.close()
    for mismatch in mismatches:
        yield Finding(False, what, mismatch.message, cause=mismatch.code)
    if not mismatches:
        yield Finding(True, what, "keys, file store and TZ are those of the installation")


def find_versions(settings: Settings) -> Iterator[Finding]:
    if settings.embedded:
        return
    with _opened(settings) as database:
        warning = startup.version_warning(database, ProcessRegistry(database))
    yield Finding(
        True,
        "versions",
        warning or f"{__version__}; no server or worker of another version is running",
        warning=bool(warning),
    )


def find_maintenance(settings: Settings) -> Iterator[Finding]:
    if is_new(settings):
        return
    with _opened(settings) as database:
        if not _has_our_schema(database):
            return
        with SqlStore(database).read() as tx:
            now = tx.installation.maintenance()
    if now.since is not None:
        why = f" ({now.reason})" if now.reason else ""
        since = f"on since {now.since:%Y-%m-%d %H:%M:%S} UTC{why}"
        end = "no runs start until 'python -m exports_app maintenance off'"
        yield Finding(True, "maintenance", f"{since}: {end}", warning=True)


def find_clock(settings: Settings) -> Iterator[Finding]:
    """A clock that is behind what the database has stored was set back; the clock of a database
    server is compared too."""
    shown = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC"
    if is_new(settings):
        yield Finding(True, "clock", shown)
        return
    with _opened(settings) as database:
        try:
            newest = _newest_instants(database)
            ahead = timedelta() if database.embedded else _ahead_of(database)
        except (ExportsError, SQLAlchemyError):
            nothing = "not compared: the database does not answer, or has no tables"
            yield Finding(True, "clock", f"{shown}; {nothing}")
            return
    behind = max((instant - datetime.now(UTC) for instant in newest), default=timedelta())
    if behind > SET_BACK:
        detail = (
            f"{shown} is {_long(behind)} behind the newest time in the database: was it set back?"
        )
        yield Finding(False, "clock", detail, cause="clock_set_back")
    elif abs(ahead) > APART:
        where = "ahead of" if ahead > timedelta() else "behind"
        detail = f"{shown} is {_long(abs(ahead))} {where} the database's clock: sync both with NTP"
        too_far = abs(ahead) > FAR_APART
        yield Finding(not too_far, "clock", detail, warning=not too_far, cause="clock_skew")
    else:
        yield Finding(True, "clock", shown)


def _newest_instants(database: Database) -> list[datetime]:
    """When the newest run was created and the latest schedule changed."""
    columns = (table(models.RunRow).c.created_at, table(models.ScheduleRow).c.updated_at)
    with database.read() as connection:
        newest = [connection.execute(_newest(column)).scalar_one() for column in columns]
    return [instant for instant in newest if instant is not None]


def _ahead_of(database: Database) -> timedelta:
    """How far our clock is ahead of PostgreSQL's, which it read half-way through the question."""
    with database.read() as connection:
        connection.execute(text("SELECT 1"))  # the connection is made, and no part of the question
        before = time.monotonic()
        theirs: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
        now, took = datetime.now(UTC), time.monotonic() - before
    return now - timedelta(seconds=took / 2) - theirs


def _newest(column: Any) -> Any:
    return select(func.max(column, type_=column.type))


def _long(span: timedelta) -> str:
    return counted(round(span.total_seconds()), "second")
