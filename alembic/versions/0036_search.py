"""search by words in any order, without accents, from an index

Of PostgreSQL only the functions: 0039 has its tables.

Revision: 0036
Before: 0035
"""

import sqlite3

import sqlalchemy as sa
from alembic import op
from exports_app import log
from exports_app.db.concurrent_indexes import create_index, drop_index
from exports_app.db.search import ALL, AUDIT, ORIGINS, Searched, origin_index
from exports_app.domain.search_words import ACCENTS, LETTERS, LIGATURES
from sqlalchemy.exc import DBAPIError

revision, down_revision, branch_labels, depends_on = "0036", "0035", None, None

ICU = "SELECT 1 FROM pg_collation WHERE collname = 'und-x-icu'"
LIST = """
CREATE OR REPLACE FUNCTION search_list(texts json) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
  RETURN coalesce((SELECT string_agg(value, ' ') FROM json_array_elements_text(texts)), '');
END
$$
"""

_log = log.get(__name__)


def upgrade() -> None:
    if _is_server():
        _postgresql()
        return
    for searched in ALL:
        _sqlite(searched)
    _origins()


def _origins() -> None:
    for column in ORIGINS:
        in_order = sa.text(f'{column} COLLATE "C"') if _is_server() else column
        create_index(origin_index(column), AUDIT.table, [in_order])


def _is_server() -> bool:
    return op.get_context().dialect.name == "postgresql"


def downgrade() -> None:
    for column in ORIGINS:
        drop_index(origin_index(column), AUDIT.table)
    if _is_server():
        op.execute("DROP FUNCTION IF EXISTS search_list(json)")
        op.execute("DROP FUNCTION IF EXISTS search_fold(text)")
        return
    for searched in ALL:
        for event in ("insert", "update", "delete"):
            op.execute(f"DROP TRIGGER IF EXISTS {searched.texts}_{event}")
        op.execute(f"DROP TABLE IF EXISTS {searched.words}")
        op.execute(f"DROP TABLE {searched.texts}")


def _fold() -> str:
    """The function `exports_app.domain.search_words.folded`. Its fast path is for ASCII."""
    offline = op.get_context().as_sql
    knows_icu = offline or op.get_bind().execute(sa.text(ICU)).first() is not None
    letters = 'lower(letters COLLATE "und-x-icu")' if knows_icu else 'lower(letters COLLATE "default")'
    letters = f"translate({letters}, '{''.join(LETTERS)}', '{''.join(LETTERS.values())}')"
    for ligature, apart in LIGATURES.items():
        letters = f"replace({letters}, '{ligature}', '{apart}')"
    return f"""
CREATE OR REPLACE FUNCTION search_fold(letters text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  IF octet_length(letters) = char_length(letters) THEN
    RETURN lower(letters COLLATE "C");
  END IF;
  letters := regexp_replace(normalize(letters, NFKD) COLLATE "C", '[{ACCENTS}]', '', 'g');
  RETURN {letters};
END
$$
"""


def _postgresql() -> None:
    op.execute(_fold())
    op.execute(LIST)
    _origins()


def _sqlite(of: Searched) -> None:
    op.execute(
        f"CREATE TABLE {of.texts} (number INTEGER PRIMARY KEY, id VARCHAR(36) NOT NULL UNIQUE,"
        " tenant_id VARCHAR(36), text TEXT NOT NULL)"
    )
    op.execute(f"INSERT INTO {of.texts} (id, tenant_id, text) {_texts_of(of, of.table)}")
    op.execute(f"CREATE INDEX ix_{of.texts}_tenant_id ON {of.texts} (tenant_id, number)")
    for statement in _sqlite_triggers(of):
        op.execute(statement)
    _sqlite_words(of)


def _texts_of(of: Searched, row: str) -> str:
    """row: NEW in a trigger, else the table."""
    parts = [f"coalesce({row}.{column}, '')" for column in of.columns]
    if of.list_column:
        parts.append(f"(SELECT group_concat(value, ' ') FROM json_each({row}.{of.list_column}))")
        parts[-1] = f"coalesce({parts[-1]}, '')"
    together = " || ' ' || ".join(parts)
    text = f"search_fold({together})"
    tenant = f"{row}.{of.tenant}" if of.tenant else "NULL"
    source = "" if row == "NEW" else f" FROM {of.table}"
    where = "" if of.where is None else f" WHERE {row}.{of.where}"
    return f"SELECT {row}.id, {tenant}, {text}{source}{where}"


def _sqlite_triggers(of: Searched) -> list[str]:
    name, add = of.texts, f"INSERT INTO {of.texts} (id, tenant_id, text) {_texts_of(of, 'NEW')}"
    remove = f"DELETE FROM {of.texts} WHERE id = OLD.id"
    triggers = [
        f"CREATE TRIGGER {name}_insert AFTER INSERT ON {of.table} BEGIN {add}; END",
        f"CREATE TRIGGER {name}_delete AFTER DELETE ON {of.table} BEGIN {remove}; END",
    ]
    if of.changes:
        columns = [*of.columns, *filter(None, (of.list_column, of.tenant))]
        columns += ["deleted_at"] if of.where else []
        differs = " OR ".join(f"OLD.{column} IS NOT NEW.{column}" for column in columns)
        triggers.append(
            f"CREATE TRIGGER {name}_update AFTER UPDATE OF {', '.join(columns)} ON {of.table}"
            f" WHEN {differs} BEGIN {remove}; {add}; END"
        )
    return triggers


def _sqlite_words(of: Searched) -> None:
    try:
        op.execute(
            f"CREATE VIRTUAL TABLE {of.words} USING fts5(text, content='{of.texts}', content_rowid='number', tokenize='trigram')"
        )
    except DBAPIError as e:
        if not isinstance(e.orig, sqlite3.OperationalError):
            raise
        _log.warning("no index for searching: this SQLite has no FTS5", reason=str(e.orig))
        return
    op.execute(f"INSERT INTO {of.words} ({of.words}) VALUES ('rebuild')")
    op.execute(
        f"CREATE TRIGGER {of.words}_insert AFTER INSERT ON {of.texts} BEGIN"
        f" INSERT INTO {of.words} (rowid, text) VALUES (NEW.number, NEW.text); END"
    )
    op.execute(
        f"CREATE TRIGGER {of.words}_delete AFTER DELETE ON {of.texts} BEGIN"
        f" INSERT INTO {of.words} ({of.words}, rowid, text)"
        " VALUES ('delete', OLD.number, OLD.text); END"
    )
