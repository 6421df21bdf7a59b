"""Migrations of PostgreSQL while people work: no writer waits for longer than a moment."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from alembic.script import ScriptDirectory
from sqlalchemy.exc import DBAPIError

from exports_app.db import migrate
from exports_app.db.engine import Database
from exports_app.db.process_registry import CLASS
from exports_app.domain.errors import ExportsError
from tests.e2e.client import wait_until
from tests.integration.database.migrations.blocking_statements import (
    complaints,
    split,
    statements_of,
)
from tests.integration.database.migrations.test_data import with_another_migration
from tests.postgres import Postgres

SINCE = "0027"
"""Older migrations are released, and are not changed."""
INDEX = (
    "from exports_app.db import concurrent_indexes",
    "concurrent_indexes.create_index('ix_another', 'tenants', ['brand_color'], unique=True)",
)
COLUMN = ("op.add_column('tenants', sa.Column('another', sa.Integer(), nullable=True))",)
VALID = "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('ix_another')"
TENANT = "INSERT INTO tenants (id, name, slug, brand_color, second_factor_required)"


@pytest.fixture(scope="module")
def template(postgres: Postgres) -> Iterator[str]:
    postgres.sql("CREATE DATABASE template_of_migrations")
    database = Database(postgres.url("template_of_migrations"))
    migrate.upgrade(database)
    database.dispose()
    yield "template_of_migrations"
    postgres.drop("template_of_migrations")


@pytest.fixture
def server(postgres: Postgres, template: str) -> Iterator[Database]:
    """A database with the newest schema."""
    postgres.sql(f"CREATE DATABASE beside TEMPLATE {template}")
    made = Database(postgres.url("beside"))
    yield made
    made.dispose()
    postgres.drop("beside")


@pytest.fixture
def another(
    tmp_path: Path, scripts: ScriptDirectory, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., None]:
    """Makes a migration more, that does the statements."""

    def make(*statements: str) -> None:
        with_another_migration(tmp_path, scripts.get_heads()[0], *statements)
        monkeypatch.setattr(migrate, "MIGRATIONS", tmp_path / "alembic")
        monkeypatch.setattr(migrate, "PAUSE_SECONDS", 0.01)

    return make


def add_tenant(connection: "psycopg.Connection[tuple[object, ...]]", slug: str, color: str) -> None:
    values = "VALUES (%(slug)s, %(slug)s, %(slug)s, %(color)s, false)"
    connection.execute(f"{TENANT} {values}", {"slug": slug, "color": color})


def test_a_table_in_use_is_tried_again_until_it_is_free(
    server: Database, another: Callable[..., None]
) -> None:
    another(*COLUMN)
    told = []
    with psycopg.connect(server.libpq_url) as writer:
        add_tenant(writer, "acme", "#000000")

        def hear(message: str) -> None:
            told.append(message)
            if "in use" in message:
                writer.commit()

        migrate.upgrade(server, announce=hear)
    assert told[:2] == ["migration 1 of 1: ", "a table is in use: trying again"]
    assert migrate.is_current(server)


def test_a_table_that_stays_in_use_ends_the_migration_with_what_to_do(
    server: Database, another: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    another(*COLUMN)
    monkeypatch.setattr(migrate, "PATIENCE_SECONDS", 0)
    with psycopg.connect(server.libpq_url) as writer:
        add_tenant(writer, "acme", "#000000")
        with pytest.raises(ExportsError, match="pg_stat_activity"):
            migrate.upgrade(server)
        writer.commit()
    migrate.upgrade(server)
    assert migrate.is_current(server)


def test_an_index_is_built_while_others_write(
    server: Database, another: Callable[..., None]
) -> None:
    another(*INDEX)
    with psycopg.connect(server.libpq_url) as long, psycopg.connect(server.libpq_url) as short:
        add_tenant(long, "acme", "#000000")
        migration = threading.Thread(target=migrate.upgrade, args=(server,))
        migration.start()
        waits = (
            "SELECT count(*) > 0 FROM pg_stat_activity WHERE query LIKE 'CREATE UNIQUE INDEX%'"
            " AND wait_event_type = 'Lock'"
        )
        with psycopg.connect(server.libpq_url, autocommit=True) as watcher:
            wait_until("the index waits", lambda: watcher.execute(waits).fetchone() == (True,), 30)
        short.execute("SET lock_timeout = '5s'")
        add_tenant(short, "globex", "#ffffff")
        short.commit()
        long.commit()
        migration.join()
        assert short.execute(VALID).fetchone() == (True,)
    assert migrate.is_current(server)


def test_an_index_that_failed_half_way_is_built_anew(
    server: Database, another: Callable[..., None]
) -> None:
    another(*INDEX)
    with psycopg.connect(server.libpq_url, autocommit=True) as writer:
        add_tenant(writer, "acme", "#000000")
        add_tenant(writer, "globex", "#000000")
        with pytest.raises(DBAPIError, match="could not create unique index"):
            migrate.upgrade(server)
        assert writer.execute(VALID).fetchone() == (False,)
        assert not migrate.is_current(server)
        writer.execute("UPDATE tenants SET brand_color = '#ffffff' WHERE slug = 'globex'")
        migrate.upgrade(server)
        assert writer.execute(VALID).fetchone() == (True,)
    assert migrate.is_current(server)


def test_an_index_that_is_there_already_is_kept(
    server: Database, another: Callable[..., None]
) -> None:
    """The process died between the index and the note that it is there."""
    another(*INDEX)
    with psycopg.connect(server.libpq_url, autocommit=True) as writer:
        writer.execute("CREATE UNIQUE INDEX ix_another ON tenants (brand_color)")
        before = writer.execute("SELECT to_regclass('ix_another')::oid").fetchone()
        migrate.upgrade(server)
        assert writer.execute("SELECT to_regclass('ix_another')::oid").fetchone() == before
    assert migrate.is_current(server)


def test_two_at_once_take_turns(server: Database, another: Callable[..., None]) -> None:
    another(*COLUMN)
    with server.connect_apart() as other:
        other.execute("SELECT pg_advisory_lock(%s, %s)", (CLASS, migrate.LOCK))
        told = []

        def hear(message: str) -> None:
            told.append(message)
            if "another process" in message:
                other.execute("SELECT pg_advisory_unlock(%s, %s)", (CLASS, migrate.LOCK))

        migrate.upgrade(server, announce=hear)
    assert told[0] == "another process migrates this database: waiting for it"
    assert migrate.is_current(server)


def test_no_new_migration_blocks_writers(scripts: ScriptDirectory) -> None:
    new = [r for r in scripts.walk_revisions() if r.revision >= SINCE]
    assert {r.revision: list(complaints(statements_of(r))) for r in new} == {
        r.revision: [] for r in new
    }


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE INDEX ix_a ON deliveries (sent_at)",
        "CREATE UNIQUE INDEX ix_a ON ONLY deliveries (sent_at)",
        "ALTER TABLE deliveries ADD COLUMN a TIMESTAMP DEFAULT clock_timestamp()",
        "ALTER TABLE deliveries ADD COLUMN a TEXT GENERATED ALWAYS AS (lower(target)) STORED",
        "ALTER TABLE deliveries ALTER COLUMN target TYPE TEXT",
        "ALTER TABLE deliveries ALTER COLUMN error SET NOT NULL",
        "ALTER TABLE deliveries ADD CONSTRAINT a CHECK (attempts >= 0)",
        "ALTER TABLE deliveries ADD CONSTRAINT a FOREIGN KEY (history_id) REFERENCES b (id)",
        "ALTER TABLE deliveries ADD CONSTRAINT a UNIQUE (message_id)",
        "UPDATE deliveries SET attempts = 0",
        "DELETE FROM deliveries WHERE attempts = 0",
        "LOCK TABLE deliveries",
        (
            "CREATE TRIGGER a AFTER INSERT ON deliveries FOR EACH ROW EXECUTE FUNCTION f();"
            " INSERT INTO counts SELECT status, count(*) FROM export_history GROUP BY status"
        ),
        (
            "ALTER TABLE deliveries ADD COLUMN a INTEGER;"
            " CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_a ON deliveries (a)"
        ),
    ],
)
def test_what_blocks_writers_is_noticed(sql: str) -> None:
    assert len(list(complaints(split(sql)))) == 1


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE made (id TEXT); CREATE INDEX ix_a ON made (id); UPDATE made SET id = 'a'",
        "CREATE INDEX ix_a ON tenants (name)",
        "ALTER TABLE deliveries ADD COLUMN a INTEGER DEFAULT 0 NOT NULL",
        "ALTER TABLE deliveries ADD COLUMN a TEXT DEFAULT 'x' NOT NULL",
        "ALTER TABLE deliveries ADD COLUMN a BOOLEAN DEFAULT false NOT NULL",
        "ALTER TABLE deliveries ADD CONSTRAINT a CHECK (attempts >= 0) NOT VALID",
        "CREATE FUNCTION f() RETURNS trigger AS $$ BEGIN UPDATE deliveries SET a = 1; END $$",
        (
            "CREATE TRIGGER a AFTER INSERT ON deliveries FOR EACH ROW EXECUTE FUNCTION f(); COMMIT;"
            " INSERT INTO counts SELECT status, count(*) FROM export_history GROUP BY status"
        ),
        "COMMIT; SET lock_timeout = 0; CREATE INDEX CONCURRENTLY ix_a ON deliveries (a); BEGIN",
    ],
)
def test_what_takes_a_moment_is_allowed(sql: str) -> None:
    assert list(complaints(split(sql))) == []
