"""the folded texts of PostgreSQL in tables of their own, as SQLite has them

An index of an expression had PostgreSQL fold each row again that it found: 20 microseconds a row.
Also an index for a super admin's list of what is paused, in its order; and one of kept files for
two, of which SQLite took the one without their sizes to add these up.

Revision: 0039
Before: 0038
"""

import psycopg
import sqlalchemy as sa
from alembic import op
from exports_app import log
from exports_app.db.concurrent_indexes import create_index, drop_index
from exports_app.db.search import ALL, SCHEDULES, Searched
from sqlalchemy.exc import DBAPIError

revision, down_revision, branch_labels, depends_on = "0039", "0038", None, None

RUNS = "export_history"
LIVE, KEPT = "deleted_at IS NULL", "file_key IS NOT NULL AND file_removed_at IS NULL"
PAUSED, FILES = "ix_scheduled_exports_is_active_created_at_id", "ix_export_history_kept_files"
OF_FLAG = "ix_scheduled_exports_is_active"
REPLACED = {
    "ix_export_history_kept": ["tenant_id", "file_size"],
    "ix_export_history_kept_since": ["tenant_id", "completed_at", "id"],
}
BATCH = 2_000
"""Rows whose texts are written in one statement, and which nobody changes meanwhile."""

# A migration that failed in its indexes is done again: each statement may be
TABLE = """
CREATE TABLE IF NOT EXISTS {texts} (
  id VARCHAR(36) COLLATE "C" PRIMARY KEY,
  tenant_id VARCHAR(36) COLLATE "C",
  text TEXT COLLATE "C" NOT NULL
);
CREATE INDEX IF NOT EXISTS ix_{texts}_tenant_id ON {texts} (tenant_id);
"""
FUNCTIONS = """
CREATE OR REPLACE FUNCTION {texts}_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    DELETE FROM {texts} WHERE id = OLD.id;
  ELSIF {is_found} THEN
    INSERT INTO {texts} (id, tenant_id, text) VALUES (NEW.id, {tenant}, {text})
      ON CONFLICT (id) DO UPDATE SET tenant_id = EXCLUDED.tenant_id, text = EXCLUDED.text;
  ELSE
    DELETE FROM {texts} WHERE id = NEW.id;
  END IF;
  RETURN NULL;
END
$$;
CREATE OR REPLACE FUNCTION {texts}_empty() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  TRUNCATE {texts};
  RETURN NULL;
END
$$;
"""
TRIGGERS = """
CREATE OR REPLACE TRIGGER {texts}_keep AFTER INSERT OR DELETE ON {table}
  FOR EACH ROW EXECUTE FUNCTION {texts}_keep();
CREATE OR REPLACE TRIGGER {texts}_empty AFTER TRUNCATE ON {table}
  FOR EACH STATEMENT EXECUTE FUNCTION {texts}_empty();
"""
CHANGES = """
CREATE OR REPLACE TRIGGER {texts}_change AFTER UPDATE OF {columns} ON {table}
  FOR EACH ROW WHEN ({differs}) EXECUTE FUNCTION {texts}_keep();
"""
# The rows are locked, so that none is changed or removed between its reading and its writing
FILL = """
WITH batch AS (
  SELECT id, {tenant} AS tenant_id, {text} AS text FROM {table}
  WHERE id > {after} {found} ORDER BY id LIMIT {limit} FOR SHARE
), written AS (
  INSERT INTO {texts} (id, tenant_id, text) SELECT id, tenant_id, text FROM batch
  ON CONFLICT DO NOTHING
)
SELECT max(id) FROM batch
"""

_log = log.get(__name__)


def upgrade() -> None:
    if op.get_context().dialect.name == "postgresql":
        _keep_texts()
    create_index(PAUSED, SCHEDULES.table, ["is_active", "created_at", "id"], **_where(LIVE))
    create_index(FILES, RUNS, ["tenant_id", "completed_at", "id", "file_size"], **_where(KEPT))
    drop_index(OF_FLAG, SCHEDULES.table)
    for name in REPLACED:
        drop_index(name, RUNS)


def downgrade() -> None:
    for name, columns in REPLACED.items():
        create_index(name, RUNS, columns, **_where(KEPT))
    create_index(OF_FLAG, SCHEDULES.table, ["is_active"])
    drop_index(FILES, RUNS)
    drop_index(PAUSED, SCHEDULES.table)
    if op.get_context().dialect.name == "postgresql":
        _drop_texts()


def _where(condition: str) -> dict[str, sa.TextClause]:
    return {f"{name}_where": sa.text(condition) for name in ("sqlite", "postgresql")}


def _keep_texts() -> None:
    for searched in ALL:
        op.execute(TABLE.format(texts=searched.texts))
        _keep(searched)
    with op.get_context().autocommit_block():
        for searched in ALL:
            _fill(searched)
    has_trigrams = _has_trigrams()
    for searched in ALL:
        if has_trigrams:
            text = [sa.text("text gin_trgm_ops")]
            create_index(searched.index, searched.texts, text, postgresql_using="gin")
        drop_index(f"ix_{searched.table}_search", searched.table)


def _drop_texts() -> None:
    for searched in ALL:
        for trigger in ("keep", "empty", *(["change"] if searched.changes else [])):
            op.execute(f"DROP TRIGGER {searched.texts}_{trigger} ON {searched.table}")
        for function in ("keep", "empty"):
            op.execute(f"DROP FUNCTION {searched.texts}_{function}()")
        op.execute(f"DROP TABLE {searched.texts}")


def _keep(of: Searched) -> None:
    names = {
        "texts": of.texts,
        "table": of.table,
        "is_found": f"NEW.{of.where}" if of.where else "TRUE",
        "tenant": f"NEW.{of.tenant}" if of.tenant else "NULL",
        "text": of.expression("NEW."),
    }
    op.execute((FUNCTIONS + TRIGGERS).format(**names))
    if not of.changes:
        return
    columns = [*of.columns, *filter(None, (of.list_column, of.tenant))]
    columns += ["deleted_at"] if of.where else []
    # JSON has no comparison
    differs = (f"OLD.{column}::text IS DISTINCT FROM NEW.{column}::text" for column in columns)
    listed = {"columns": ", ".join(columns), "differs": " OR ".join(differs)}
    op.execute(CHANGES.format(texts=of.texts, table=of.table, **listed))


def _fill(of: Searched) -> None:
    names = {
        "texts": of.texts,
        "table": of.table,
        "tenant": of.tenant or "NULL",
        "text": of.expression(),
        "found": f"AND {of.where}" if of.where else "",
    }
    if op.get_context().as_sql:
        op.execute(FILL.format(after="''", limit="ALL", **names))
        return
    batch = sa.text(FILL.format(after=":after", limit=BATCH, **names))
    after: str | None = ""
    while after is not None:
        after = op.get_bind().execute(batch, {"after": after}).scalar()


def _has_trigrams() -> bool:
    """Whether the server has the extension, or lets us have it."""
    if op.get_context().as_sql:
        op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        return True
    try:
        with op.get_bind().begin_nested():
            op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    except DBAPIError as e:
        if not isinstance(e.orig, psycopg.errors.Error):
            raise
        _log.warning(
            "searches will read all texts: the extension pg_trgm is missing; doctor says what to do",
            reason=str(e.orig).strip(),
        )
        return False
    return True
