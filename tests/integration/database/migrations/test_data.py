"""Migrations that fail leave nothing; those that succeed keep the rows."""

import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.script import ScriptDirectory
from sqlalchemy import insert

from exports_app.db import migrate, models
from exports_app.db.engine import Database
from exports_app.db.repositories import table
from exports_app.services.identity import passwords
from exports_app.services.identity.passwords import DEMO_PASSWORD
from tests.integration.database.migrations.schemas import schema
from tests.postgres import Postgres
from tests.world import uuid_of


def with_another_migration(folder: Path, head: str, *statements: str) -> None:
    """A copy of the migrations, and one more on top that does this."""
    shutil.copytree(
        migrate.MIGRATIONS, folder / "alembic", ignore=shutil.ignore_patterns("__pycache__")
    )
    head_of_file = "import sqlalchemy as sa\nfrom alembic import op\n"
    ids = f"revision, down_revision, branch_labels, depends_on = '9999', {head!r}, None, None\n"
    body = "def upgrade():\n" + "".join(f"    {s}\n" for s in statements)
    (folder / "alembic" / "versions" / "9999_another.py").write_text(head_of_file + ids + body)


@pytest.mark.parametrize("begun", [False, True])
def test_a_failed_migration_leaves_everything_as_it_was(
    database: Database,
    scripts: ScriptDirectory,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    begun: bool,
) -> None:
    if begun:
        migrate.upgrade(database)
    before = schema(database)
    with_another_migration(
        tmp_path,
        scripts.get_heads()[0],
        "op.create_table('half', sa.Column('id', sa.Integer(), primary_key=True))",
        "op.execute('INSERT INTO half VALUES (1)')",
        "op.execute('DROP TABLE deliveries')",
        "raise RuntimeError('in the middle')",
    )
    monkeypatch.setattr(migrate, "MIGRATIONS", tmp_path / "alembic")
    with pytest.raises(RuntimeError, match="in the middle"):
        migrate.upgrade(database)
    assert schema(database) == before


def with_a_metric(database: Database) -> None:
    with database.write() as connection:
        connection.execute(
            insert(table(models.TenantRow)).values(
                id="t", name="T", slug="t", brand_color="#000000"
            )
        )
        campaign = {
            "id": "c",
            "tenant_id": "t",
            "name": "C",
            "channel": "x",
            "status": "active",
            "currency": "EUR",
        }
        connection.execute(insert(table(models.CampaignRow)).values(campaign))
        parts = dict.fromkeys(("impressions", "clicks", "conversions", "spend", "revenue"), 1)
        connection.execute(
            insert(table(models.MetricRow)).values(campaign_id="c", date=date(2026, 1, 1), **parts)
        )


def rows_in(database: Database, name: str) -> int:
    with database.read() as connection:
        return int(connection.exec_driver_sql(f"SELECT count(*) FROM {name}").scalar_one())


def test_a_migration_that_rebuilds_a_table_keeps_the_rows_that_belong_to_its_rows(
    migrated: Database, scripts: ScriptDirectory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite alters a column by dropping the table, and metrics go with their campaign."""
    with_a_metric(migrated)
    with_another_migration(
        tmp_path,
        scripts.get_heads()[0],
        "with op.batch_alter_table('campaigns') as batch:",
        (
            "    batch.alter_column('status', type_=sa.String(60), existing_type=sa.String(50), "
            "existing_nullable=False)"
        ),
    )
    monkeypatch.setattr(migrate, "MIGRATIONS", tmp_path / "alembic")
    migrate.upgrade(migrated)
    assert (rows_in(migrated, "campaigns"), rows_in(migrated, "campaign_metrics")) == (1, 1)
    with migrated.read() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar_one() == 1


def test_a_migration_that_leaves_orphans_is_taken_back(
    migrated: Database, scripts: ScriptDirectory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_a_metric(migrated)
    with_another_migration(tmp_path, scripts.get_heads()[0], "op.execute('DELETE FROM campaigns')")
    monkeypatch.setattr(migrate, "MIGRATIONS", tmp_path / "alembic")
    with pytest.raises(ValueError, match="a row of campaign_metrics whose campaigns is gone"):
        migrate.upgrade(migrated)
    assert (rows_in(migrated, "campaigns"), rows_in(migrated, "campaign_metrics")) == (1, 1)


@pytest.fixture(params=["sqlite", "postgresql"])
def older(request: pytest.FixtureRequest, database: Database) -> Iterator[Database]:
    """As it was before users had a mark for the demo's password."""
    if request.param == "postgresql":
        server: Postgres = request.getfixturevalue("postgres")
        server.sql("DROP DATABASE IF EXISTS older")
        server.sql("CREATE DATABASE older")
        database = Database(server.url("older"))
    migrate.upgrade(database, "0010")
    yield database
    database.dispose()


def test_the_demos_own_users_are_marked_if_they_still_have_its_password(
    older: Database, password_hash: str
) -> None:
    public = passwords.hash_password(DEMO_PASSWORD)
    users = {
        "super@admin.com": public,
        "admin@acme.test": password_hash,  # changed since
        "viewer@globex.test": public,
        "ann@example.com": public,  # nobody but the demo could ever have it: no other hash is tried
    }
    with older.write() as connection:
        for number, (email, hashed) in enumerate(users.items()):
            values = {
                "id": uuid_of(number),
                "email": email,
                "name": email,
                "password_hash": hashed,
                "token_version": 0,
            }
            row = sa.table("users", *map(sa.column, [*values, "is_active", "is_super_admin"]))
            connection.execute(
                insert(row).values(**values, is_active=sa.true(), is_super_admin=sa.false())
            )
    migrate.upgrade(older)
    with older.read() as connection:
        c = table(models.UserRow).c
        marked = set(connection.execute(sa.select(c.email).where(c.has_demo_password)).scalars())
    assert marked == {"super@admin.com", "viewer@globex.test"}


def test_it_says_which_migration_runs_and_how_many_there_are(database: Database) -> None:
    told = list[str]()
    migrate.upgrade(database, "0010", told.append)
    assert told == []  # of a new database there is nothing to wait for
    migrate.upgrade(database, "0012", told.append)
    assert told == [
        "migration 1 of 2: when an account's owner showed that they read its mailbox",
        "migration 2 of 2: emails to people about their accounts",
    ]
