"""`python -m bench.growth.fill SIZE FOLDER URL [REVISION]`: a database with the data of a size, by
SQL. URL: of PostgreSQL; empty: SQLite in the folder.

It is filled in the schema of FILLED_AT and then migrated to the newest one, as a database that
grew: so the statements stay right when tables change, and migrations do their part.
"""

import json
import os
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg

from bench.growth import entries, history, people
from bench.growth.databases import PASSWORD, opened, settle
from bench.growth.dialects import Postgresql, Sqlite
from bench.growth.plans import Plan
from bench.growth.shape import SHAPES, Shape
from bench.running import say
from exports_app.db import migrate, search
from exports_app.db.engine import Database
from exports_app.domain import search_words
from exports_app.services.identity import passwords
from exports_app.wiring import Services

FILLED_AT = "0026"
CACHE_KIB = 1_000_000
Execute = Callable[[str], Any]
FILE = b"campaign,spend\n"
LINKS = 30_000
"""Of one file: a file system has a limit, and a copy for each would take much longer."""

_SQLITE_INDEXES = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
_POSTGRESQL_INDEXES = """
SELECT i.indexname, i.indexdef FROM pg_indexes i
WHERE i.schemaname = 'public' AND i.tablename NOT LIKE 'procrastinate%'
  AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conname = i.indexname)
"""


def fill(services: Services, shape: Shape, migrated_to: str = "head") -> None:
    database = services.database
    migrate.upgrade(database, FILLED_AT)
    plan = Plan(
        shape, Sqlite() if database.embedded else Postgresql(), int(services.clock().timestamp())
    )
    hashed = passwords.hash_password(PASSWORD)
    with _sqlite(database) if database.embedded else _postgresql(database) as (execute, indexes):
        for statement in plan.tables():
            execute(statement)
        if not database.embedded:
            execute("ANALYZE")
        say(f"{shape.name}: the plans are made")
        with _without(execute, indexes):
            for part in (people.fill(plan, hashed), history.fill(plan)):
                for statement in part:
                    began = time.monotonic()
                    execute(statement)
                    table = statement.removeprefix("INSERT INTO ").split()[0]
                    say(f"{shape.name}: {table} is filled ({time.monotonic() - began:.1f} s)")
        if not database.embedded:
            execute("SET session_replication_role = origin")
        for statement in entries.fill(plan):
            execute(statement)
    began = time.monotonic()
    services.audit_seals.seal()
    say(f"{shape.name}: the audit is sealed ({time.monotonic() - began:.1f} s)")
    began = time.monotonic()
    migrate.upgrade(database, migrated_to)
    say(f"{shape.name}: migrated to {migrated_to} ({time.monotonic() - began:.1f} s)")
    make_files(services)


@contextmanager
def _sqlite(database: Database) -> Iterator[tuple[Execute, list[tuple[str, str]]]]:
    """One connection that waits for no disk."""
    assert database.file is not None
    database.dispose()
    with closing(sqlite3.connect(database.file, isolation_level=None)) as connection:
        for pragma in (
            "journal_mode=OFF",
            "synchronous=OFF",
            f"cache_size=-{CACHE_KIB}",
            "temp_store=MEMORY",
            "locking_mode=EXCLUSIVE",
        ):
            connection.execute(f"PRAGMA {pragma}").fetchall()
        connection.create_function(search.FUNCTION, 1, search_words.folded, deterministic=True)
        yield connection.execute, connection.execute(_SQLITE_INDEXES).fetchall()
        connection.execute("PRAGMA locking_mode=NORMAL").fetchall()
        connection.execute("PRAGMA journal_mode=WAL").fetchall()


@contextmanager
def _postgresql(database: Database) -> Iterator[tuple[Execute, list[tuple[str, str]]]]:
    """One connection; what is filled breaks no foreign key, so that none is checked."""
    with psycopg.connect(database.libpq_url, autocommit=True) as connection:
        for setting in (
            "session_replication_role = replica",
            "work_mem = '256MB'",
            "maintenance_work_mem = '512MB'",
            "timezone = 'UTC'",
        ):
            connection.execute(f"SET {setting}")
        indexes = connection.execute(_POSTGRESQL_INDEXES).fetchall()
        yield connection.execute, indexes  # type: ignore[misc]  # (psycopg asks for literal SQL)


@contextmanager
def _without(execute: Execute, indexes: list[tuple[str, str]]) -> Iterator[None]:
    """The indexes are made anew over all rows, which is faster than row by row."""
    for name, _ in indexes:
        execute(f"DROP INDEX {name}")
    yield
    began = time.monotonic()
    for _, sql in indexes:
        execute(sql)
    say(f"{len(indexes)} indexes are made ({time.monotonic() - began:.1f} s)")


def make_files(services: Services) -> None:
    """The kept files of runs."""
    with services.database.read() as connection:
        keys = connection.exec_driver_sql(
            "SELECT file_key FROM export_history "
            "WHERE file_key IS NOT NULL AND file_removed_at IS NULL"
        ).scalars()
        began = time.monotonic()
        count = _linked(services.settings.data_dir / "files", keys)
    say(f"{count:,} files are made ({time.monotonic() - began:.1f} s)")


def _linked(folder: Path, keys: Any) -> int:
    source, count = Path(), 0
    for count, key in enumerate(keys, start=1):
        path = folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        if count % LINKS == 1:
            path.write_bytes(FILE)
            source = path
        else:
            os.link(source, path)
    return count


def counts(services: Services) -> dict[str, int]:
    tables = (
        "tenants users memberships scheduled_exports export_history deliveries run_attempts "
        "notices audit_entries audit_links audit_seals campaign_metrics"
    )
    with services.database.read() as connection:
        return {
            table: connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one()
            for table in tables.split()
        }


def main(size: str, folder: Path, url: str, migrated_to: str = "head") -> dict[str, Any]:
    began = time.monotonic()
    with opened(folder, url) as services:
        fill(services, SHAPES[size], migrated_to)
        settle(services)
        return {"counts": counts(services), "seconds": time.monotonic() - began}


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], Path(sys.argv[2]), *sys.argv[3:])))
