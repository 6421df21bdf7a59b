"""Indexes of tables that grow, for migrations: PostgreSQL builds them beside writers.

A plain CREATE INDEX blocks every writer of the table until it is built. CREATE INDEX CONCURRENTLY
does not, but it runs outside transactions, and leaves an invalid index behind when it fails
(postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY). So a migration that
calls these functions does nothing else that could not be done twice.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from alembic import op
from sqlalchemy import text


def create_index(name: str, table: str, columns: Sequence[Any], **options: Any) -> None:
    """As `op.create_index`. An index that an earlier attempt left is kept where it is valid, and
    built anew where it is not."""
    if not _server():
        op.create_index(op.f(name), table, columns, **options)
        return
    with _beside_writers():
        if not _is_built(name):
            op.drop_index(op.f(name), table, if_exists=True, postgresql_concurrently=True)
            op.create_index(op.f(name), table, columns, postgresql_concurrently=True, **options)


def drop_index(name: str, table: str) -> None:
    """As `op.drop_index`."""
    if not _server():
        op.drop_index(op.f(name), table)
        return
    with _beside_writers():
        op.drop_index(op.f(name), table, if_exists=True, postgresql_concurrently=True)


def _server() -> bool:
    return op.get_context().dialect.name == "postgresql"


@contextmanager
def _beside_writers() -> Iterator[None]:
    """Outside a transaction, and without a limit on waiting: it waits for all transactions that
    were open when it began, and blocks none of them."""
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = 0")
        try:
            yield
        finally:
            op.execute("RESET lock_timeout")


def _is_built(name: str) -> bool:
    if op.get_context().as_sql:
        return False
    query = text("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(:name)")
    return bool(op.get_bind().execute(query, {"name": name}).scalar())
