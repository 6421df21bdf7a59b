"""Commands over a database that a newer version has migrated."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from tests.commands import Result
from tests.conftest import SECRET_KEY
from tests.integration.launch.cli.process import Run, refused

COMMANDS = {
    "serve": ("--backend-only",),
    "migrate": (),
    "seed-demo": (),
    "create-tenant": ("acme", "--name", "Acme"),
    "create-user": ("ann@example.com", "--name", "Ann", "--super-admin", "--one-time"),
    "one-time-password": ("ann@example.com",),
    "unproven-accounts": (),
    "reset-second-factor": ("ann@example.com",),
    "import-campaigns": ("-", "--tenant", "acme"),
    "rotate-keys": (),
    "hold-restored": (),
    "audit": ("verify",),
}
ON_POSTGRESQL = {"worker": (), **COMMANDS}
NEWER = "UPDATE alembic_version SET version_num = '9999'"


@pytest.fixture
def newer_url(migrated_url: str) -> Iterator[str]:
    with psycopg.connect(migrated_url, autocommit=True) as connection:
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        assert row is not None
        connection.execute(NEWER)
        yield migrated_url
        connection.execute("UPDATE alembic_version SET version_num = %s", row)


@pytest.mark.usefixtures("migrated")
def test_on_sqlite_each_says_one_line(run: Run, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "data" / "exports.db")) as connection, connection:
        connection.execute(NEWER)
    for command, args in COMMANDS.items():
        says_which(run(command, *args))
    done = run("doctor")
    assert done.returncode == 1
    assert "BAD  database: a newer version has migrated the database (to 9999)" in done.stdout
    assert done.stderr == ""


def test_a_key_is_not_rotated_then(run: Run, tmp_path: Path, migrated: None) -> None:
    assert run("rotate-keys").returncode == 0
    key = (tmp_path / "data" / "secret_key").read_text()
    with closing(sqlite3.connect(tmp_path / "data" / "exports.db")) as connection, connection:
        connection.execute(NEWER)
    says_which(run("rotate-keys"))
    assert (tmp_path / "data" / "secret_key").read_text() == key


def test_on_postgresql_each_says_one_line(run: Run, newer_url: str) -> None:
    for command, args in ON_POSTGRESQL.items():
        says_which(run(command, *args, DATABASE_URL=newer_url, SECRET_KEY=SECRET_KEY))
    done = run("doctor", DATABASE_URL=newer_url)
    assert "BAD  database: a newer version has migrated the database (to 9999)" in done.stdout


def says_which(done: Result) -> None:
    line = refused(done)
    assert line.startswith("exports_app: a newer version has migrated the database (to 9999)")
    assert line.endswith("install the newer version here, or restore a backup of this one")
