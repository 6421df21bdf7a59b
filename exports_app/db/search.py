"""What is searched of each table, and where databases keep it.

PostgreSQL has an index of an expression, by the extension pg_trgm; where that is missing, it reads
the rows. SQLite has a table with the folded text of each row, which triggers keep, and over it an
index of the module FTS5; where that is missing, it reads the texts. Migration 0036 makes both.
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
        """SQLite's table of the folded texts."""
        return f"search_{self.table}"

    @property
    def words(self) -> str:
        """SQLite's index over it."""
        return f"search_{self.table}_words"

    @property
    def index(self) -> str:
        """PostgreSQL's."""
        return f"ix_{self.table}_search"

    @property
    def statement(self) -> str:
        """That makes PostgreSQL's index beside writers."""
        where = "" if self.where is None else f" WHERE {self.where}"
        return (
            f"CREATE INDEX CONCURRENTLY {self.index} ON {self.table}"
            f" USING gin ({self.expression()} gin_trgm_ops){where};"
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
        " WHERE i.indisvalid AND c.relname LIKE 'ix~_%~_search' ESCAPE '~'"
    )
    there = set(connection.execute(query).scalars())
    return [searched for searched in ALL if searched.index not in there]


def has_model(_item: Any, name: str | None, kind: str, *_: Any) -> bool:
    """For Alembic: not what only migrations make."""
    if kind == "table":
        return name in metadata.tables or not (name or "").startswith("search_")
    made = {searched.index for searched in ALL} | set(map(origin_index, ORIGINS))
    return kind != "index" or name not in made
