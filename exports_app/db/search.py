"""What is searched of each table, and where databases keep it.

Both keep a table with the folded text of each row, which triggers fill (migrations 0036 and 0039).
Over it PostgreSQL has an index by the extension pg_trgm, and SQLite one of the module FTS5; where
these are missing, the texts are read.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from exports_app.db.models import metadata

FUNCTION = "search_fold"
"""Of SQL: `domain.search_words.folded`."""


@dataclass(frozen=True)
class Searched:
    """table: whose rows are found. columns: what is searched of a row. tenant: its column of the
    tenant's id, if it has one. where: rows that can be found. list_column: one with a JSON list of
    texts, which are searched too."""

    table: str
    columns: tuple[str, ...]
    tenant: str | None = "tenant_id"
    where: str | None = None
    list_column: str | None = None
    changes: bool = True
    """Whether rows are ever changed."""

    @property
    def texts(self) -> str:
        """The table of the folded texts."""
        return f"search_{self.table}"

    @property
    def words(self) -> str:
        """SQLite's index of them."""
        return f"search_{self.table}_words"

    @property
    def index(self) -> str:
        """PostgreSQL's index of them."""
        return f"ix_{self.texts}_text"

    @property
    def statement(self) -> str:
        """That makes PostgreSQL's index beside writers."""
        return (
            f"CREATE INDEX CONCURRENTLY {self.index} ON {self.texts} USING gin (text gin_trgm_ops);"
        )

    def expression(self, prefix: str = "") -> str:
        """PostgreSQL's of the folded text. prefix: of columns, with its dot."""
        parts = [f"coalesce({prefix}{column}, '')" for column in self.columns]
        if self.list_column:
            parts.append(f"search_list({prefix}{self.list_column})")
        together = " || ' ' || ".join(parts)
        # One collation, or PostgreSQL asks for it: the columns have several
        return f'{FUNCTION}(({together}) COLLATE "C")'


SCHEDULES = Searched(
    "scheduled_exports",
    ("name", "description"),
    where="deleted_at IS NULL",
    list_column="recipients",
)
USERS = Searched("users", ("name", "email"), tenant=None)
CAMPAIGNS = Searched("campaigns", ("name",))
AUDIT = Searched("audit_entries", ("actor_name", "subject_name"), changes=False)
ALL = (SCHEDULES, USERS, CAMPAIGNS, AUDIT)
ORIGINS = ("address", "session", "request_id")
"""Of audit entries: an address is found by all of it, the others by their beginnings. Each has an
index in the order of code points."""


def origin_index(column: str) -> str:
    return f"ix_audit_entries_{column}"


def unindexed(connection: Connection) -> list[Searched]:
    """Of PostgreSQL: what is searched without its index."""
    query = text(
        "SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
        " WHERE i.indisvalid AND c.relname LIKE 'ix~_search~_%~_text' ESCAPE '~'"
    )
    there = set(connection.execute(query).scalars())
    return [searched for searched in ALL if searched.index not in there]


def has_model(_item: Any, name: str | None, kind: str, *_: Any) -> bool:
    """For Alembic: not what only migrations make."""
    if kind == "table":
        return name in metadata.tables or not (name or "").startswith("search_")
    return kind != "index" or name not in set(map(origin_index, ORIGINS))
