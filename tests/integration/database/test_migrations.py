"""The schema: migrations lead to what the models say, all the way up and down, or leave nothing."""

import io
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import insert, inspect

from exports_app.db import migrate, models
from exports_app.db.engine import Database
from exports_app.db.models import metadata
from exports_app.db.repositories import table
from exports_app.services.identity import passwords
from exports_app.services.identity.passwords import DEMO_PASSWORD
from tests.postgres import Postgres
from tests.world import uuid_of

UNIQUE = {
    "tenants": {("slug",)},
    "users": {("email",)},
    "export_history": {("scheduled_export_id", "scheduled_for")},
    "deliveries": {("history_id", "channel", "target")},
}
UNIQUE_BY_KEY = {
    "memberships": ("user_id", "tenant_id"),
    "campaign_metrics": ("campaign_id", "date"),
}
INDEXES = {
    "scheduled_exports": {("tenant_id",), ("is_active",), ("next_run_at",)},
    "export_history": {
        ("scheduled_export_id", "created_at"),
        ("tenant_id",),
        ("status",),
        ("status", "tenant_id", "trigger", "created_at", "id"),
        ("status", "tenant_id", "trigger", "next_attempt_at", "id"),
        ("scheduled_export_id", "status"),
    },
    "deliveries": {("status",)},
}


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """Empty: not even a schema."""
    made = Database(f"sqlite:///{tmp_path / 'exports.db'}")
    yield made
    made.dispose()


@pytest.fixture
def scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(migrate._config())


def schema(database: Database) -> list[tuple[str, str]]:
    """Name and definition of everything there is, in name order."""
    with database.read() as connection:
        rows = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master ORDER BY name")
        return [(name, sql or "") for name, sql in rows]


def test_migrations_lead_to_what_the_models_say(database: Database) -> None:
    migrate.upgrade(database)
    with database.read() as connection:
        options = {"compare_type": True, "render_as_batch": True}
        assert (
            compare_metadata(MigrationContext.configure(connection, opts=options), metadata) == []
        )


def test_up_and_down_and_up_again_makes_the_same_schema(database: Database) -> None:
    migrate.upgrade(database)
    first = schema(database)
    migrate.downgrade(database)
    assert {name.partition("alembic_version")[1] for name, _ in schema(database)} == {
        "alembic_version"
    }
    assert not migrate.is_current(database)
    migrate.upgrade(database)
    assert schema(database) == first
    assert migrate.is_current(database)


def test_each_migration_can_be_taken_back_by_itself(
    database: Database, scripts: ScriptDirectory
) -> None:
    migrate.upgrade(database)
    for revision in list(scripts.walk_revisions()):
        migrate.downgrade(database, revision.down_revision or "base")
        migrate.upgrade(database, revision.revision)
        migrate.downgrade(database, revision.down_revision or "base")


def test_there_is_one_head(scripts: ScriptDirectory) -> None:
    assert len(scripts.get_heads()) == 1


def test_upgrading_what_is_current_changes_nothing(database: Database) -> None:
    migrate.upgrade(database)
    before = schema(database)
    migrate.upgrade(database)
    assert schema(database) == before


def test_an_empty_database_is_not_current(database: Database) -> None:
    assert not migrate.is_current(database)


@pytest.mark.parametrize("table", UNIQUE)
def test_what_must_be_unique_is(database: Database, table: str) -> None:
    migrate.upgrade(database)
    found = inspect(database.engine).get_unique_constraints(table)
    assert {tuple(u["column_names"]) for u in found} == UNIQUE[table]


@pytest.mark.parametrize("table", UNIQUE_BY_KEY)
def test_a_pair_that_is_the_key_is_unique_too(database: Database, table: str) -> None:
    migrate.upgrade(database)
    assert (
        tuple(inspect(database.engine).get_pk_constraint(table)["constrained_columns"])
        == UNIQUE_BY_KEY[table]
    )


@pytest.mark.parametrize("table", INDEXES)
def test_the_columns_that_are_searched_have_their_index(database: Database, table: str) -> None:
    migrate.upgrade(database)
    found = inspect(database.engine).get_indexes(table)
    assert {tuple(i["column_names"]) for i in found} >= INDEXES[table]


def test_the_index_of_due_schedules_holds_only_active_ones(database: Database) -> None:
    migrate.upgrade(database)
    (definition,) = [
        sql for name, sql in schema(database) if name == "ix_scheduled_exports_next_run_at"
    ]
    assert "WHERE is_active = 1 AND deleted_at IS NULL" in definition


def test_every_constraint_has_its_name(database: Database) -> None:
    migrate.upgrade(database)
    inspector = inspect(database.engine)
    for name in metadata.tables:
        constraints = [
            inspector.get_pk_constraint(name),
            *inspector.get_unique_constraints(name),
            *inspector.get_foreign_keys(name),
        ]
        assert all(c["name"] for c in constraints), name


def with_another_migration(folder: Path, head: str, *statements: str) -> None:
    """A copy of the migrations, and one more on top that does this."""
    shutil.copytree(
        migrate.ROOT / "alembic", folder / "alembic", ignore=shutil.ignore_patterns("__pycache__")
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
    monkeypatch.setattr(migrate, "ROOT", tmp_path)
    with pytest.raises(RuntimeError, match="in the middle"):
        migrate.upgrade(database)
    assert schema(database) == before


def with_a_metric(database: Database) -> None:
    migrate.upgrade(database)
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
    database: Database, scripts: ScriptDirectory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite alters a column by dropping the table, and metrics go with their campaign."""
    with_a_metric(database)
    with_another_migration(
        tmp_path,
        scripts.get_heads()[0],
        "with op.batch_alter_table('campaigns') as batch:",
        (
            "    batch.alter_column('status', type_=sa.String(60), existing_type=sa.String(50), "
            "existing_nullable=False)"
        ),
    )
    monkeypatch.setattr(migrate, "ROOT", tmp_path)
    migrate.upgrade(database)
    assert (rows_in(database, "campaigns"), rows_in(database, "campaign_metrics")) == (1, 1)
    with database.read() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar_one() == 1


def test_a_migration_that_leaves_orphans_is_taken_back(
    database: Database, scripts: ScriptDirectory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_a_metric(database)
    with_another_migration(tmp_path, scripts.get_heads()[0], "op.execute('DELETE FROM campaigns')")
    monkeypatch.setattr(migrate, "ROOT", tmp_path)
    with pytest.raises(ValueError, match="a row of campaign_metrics whose campaigns is gone"):
        migrate.upgrade(database)
    assert (rows_in(database, "campaigns"), rows_in(database, "campaign_metrics")) == (1, 1)


def test_the_same_migrations_make_the_schema_in_postgresql(scripts: ScriptDirectory) -> None:
    written = io.StringIO()
    context = MigrationContext.configure(
        dialect_name="postgresql", opts={"as_sql": True, "output_buffer": written}
    )
    with Operations.context(context):
        for revision in reversed(list(scripts.walk_revisions())):
            revision.module.upgrade()
    sql = " ".join(written.getvalue().split())
    assert 'name VARCHAR(200) COLLATE "C" NOT NULL' in sql
    assert "next_run_at TIMESTAMP WITH TIME ZONE" in sql
    assert "ON scheduled_exports (next_run_at) WHERE is_active AND deleted_at IS NULL" in sql
    for name in metadata.tables:
        assert f"CREATE TABLE {name} (" in sql


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
