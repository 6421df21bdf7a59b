"""The databases of the benchmark: SQLite in a folder, or a PostgreSQL whose cluster is in it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import psycopg
from psycopg import sql
from pydantic import SecretStr
from sqlalchemy import select, update

from exports_app import log, wiring
from exports_app.db.models import ScheduleRow
from exports_app.db.repositories import table
from exports_app.settings import Settings
from exports_app.wiring import Services
from tests.postgres import Postgres

KINDS = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
PASSWORD = "years of data, full houses"
NAME = "growth"
SERVER = {
    "autovacuum": "on",
    "shared_buffers": "128MB",
    "max_wal_size": "4GB",
    "max_parallel_workers_per_gather": "0",
}
"""As a server is set by itself, but for the disk that it does not wait for, and for helpers: what
they would do is work too."""
QUIET = timedelta(hours=1)
SCHEDULES = table(ScheduleRow)


def settings(folder: Path, url: str) -> Settings:
    """Without limits that a benchmark would meet."""
    return Settings(
        data_dir=folder / "data",
        database_url=SecretStr(url),
        demo=False,
        rate_limit_api="100000/minute",
    )


@contextmanager
def opened(folder: Path, url: str = "") -> Iterator[Services]:
    """The application over the database in the folder, or at the URL."""
    log.configure("error")
    services = wiring.build(settings(folder, url))
    try:
        yield services
    finally:
        services.close()


@contextmanager
def served(kind: str, folder: Path) -> Iterator[str]:
    """The database's URL; empty for SQLite. PostgreSQL runs over its cluster in the folder, and is
    stopped afterwards."""
    if kind == "sqlite":
        yield ""
        return
    postgres = Postgres(folder / "postgresql", **SERVER)
    postgres.start()
    try:
        with psycopg.connect(postgres.url(), autocommit=True) as connection:
            known = connection.execute(
                "SELECT 1 FROM pg_database WHERE datname = %s", (NAME,)
            ).fetchone()
            if known is None:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(NAME)))
        yield postgres.url(NAME)
    finally:
        postgres.stop()


def settle(services: Services) -> None:
    """As a database that has been in use for long: with the planner's figures, and without
    leftovers."""
    if services.database.embedded:
        with services.database.write() as connection:
            connection.exec_driver_sql("ANALYZE")
        services.database.checkpoint()
        return
    with psycopg.connect(services.database.libpq_url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


def make_quiet(services: Services) -> None:
    """No schedule is due soon, however old the data is."""
    now = services.clock()
    c = SCHEDULES.c
    with services.database.write() as connection:
        due = select(c.id).where(c.is_active, c.next_run_at < now + QUIET).limit(1)
        if connection.execute(due).first() is not None:
            connection.execute(
                update(SCHEDULES)
                .where(c.is_active, c.next_run_at < now + QUIET)
                .values(next_run_at=now + timedelta(days=1))
            )
