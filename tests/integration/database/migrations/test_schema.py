"""The schema: migrations lead to what the models say, all the way up and down."""

import io

import pytest
from alembic.autogenerate import compare_metadata
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect

from exports_app.db import migrate, search
from exports_app.db.engine import Database
from exports_app.db.models import metadata
from tests.integration.database.migrations.schemas import schema

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
    "scheduled_exports": {("tenant_id",), ("is_active", "created_at", "id"), ("next_run_at",)},
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


def test_migrations_lead_to_what_the_models_say(migrated: Database) -> None:
    with migrated.read() as connection:
        options = {
            "compare_type": True,
            "render_as_batch": True,
            "include_object": search.has_model,
        }
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
    migrated: Database, scripts: ScriptDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Read once: reading the migrations anew for each step takes half of the time
    monkeypatch.setattr(ScriptDirectory, "from_config", lambda _: scripts)
    for revision in list(scripts.walk_revisions()):
        migrate.downgrade(migrated, revision.down_revision or "base")
        migrate.upgrade(migrated, revision.revision)
        migrate.downgrade(migrated, revision.down_revision or "base")


def test_there_is_one_head(scripts: ScriptDirectory) -> None:
    assert len(scripts.get_heads()) == 1


def test_upgrading_what_is_current_changes_nothing(migrated: Database) -> None:
    before = schema(migrated)
    migrate.upgrade(migrated)
    assert schema(migrated) == before


def test_an_empty_database_is_not_current(database: Database) -> None:
    assert not migrate.is_current(database)


@pytest.mark.parametrize("table", UNIQUE)
def test_what_must_be_unique_is(migrated: Database, table: str) -> None:
    found = inspect(migrated.engine).get_unique_constraints(table)
    assert {tuple(u["column_names"]) for u in found} == UNIQUE[table]


@pytest.mark.parametrize("table", UNIQUE_BY_KEY)
def test_a_pair_that_is_the_key_is_unique_too(migrated: Database, table: str) -> None:
    assert (
        tuple(inspect(migrated.engine).get_pk_constraint(table)["constrained_columns"])
        == UNIQUE_BY_KEY[table]
    )


@pytest.mark.parametrize("table", INDEXES)
def test_the_columns_that_are_searched_have_their_index(migrated: Database, table: str) -> None:
    found = inspect(migrated.engine).get_indexes(table)
    assert {tuple(i["column_names"]) for i in found} >= INDEXES[table]


def test_the_index_of_due_schedules_holds_only_active_ones(migrated: Database) -> None:
    (definition,) = [
        sql for name, sql in schema(migrated) if name == "ix_scheduled_exports_next_run_at"
    ]
    assert "WHERE is_active = 1 AND deleted_at IS NULL" in definition


def test_every_constraint_has_its_name(migrated: Database) -> None:
    inspector = inspect(migrated.engine)
    for name in metadata.tables:
        constraints = [
            inspector.get_pk_constraint(name),
            *inspector.get_unique_constraints(name),
            *inspector.get_foreign_keys(name),
        ]
        assert all(c["name"] for c in constraints), name


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
