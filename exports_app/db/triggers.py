"""The triggers that the migrations made, and which of them a database lacks.

They keep what the app reads without looking at the rows themselves: counts, the texts of searches,
the audit's seals. A table that is made anew under its name, as Alembic's `batch_alter_table` does
on SQLite, loses its triggers without an error.
"""

from collections.abc import Iterator

from exports_app.db import search
from exports_app.db.engine import Database

_SEALED = ("audit_entries", "audit_links", "audit_seals", "audit_checkpoints")
_COUNTED = ("export_history", "deliveries")
_ON_BOTH = {
    "audit_entries": (
        "audit_entries_wait_for_their_seal",
        "audit_entries_counted_when_added",
        "audit_entries_counted_when_removed",
    ),
    "audit_checkpoints": ("audit_checkpoints_are_sealed",),
    "export_history": (
        *("export_history_day_gets_a_run", "export_history_day_is_changed"),
        *("export_history_end_is_added", "export_history_end_is_reached"),
    ),
}
_QUEUE = (
    ("export_history", "export_history_is_made"),
    ("export_history", "export_history_waits_again"),
)
"""On PostgreSQL. Procrastinate's own triggers are its own."""

_ON_SQLITE = "SELECT tbl_name, name FROM sqlite_master WHERE type = 'trigger'"
_ON_POSTGRESQL = (
    "SELECT c.relname, t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
    " WHERE NOT t.tgisinternal AND t.tgenabled IN ('O', 'A') AND pg_table_is_visible(c.oid)"
)

Trigger = tuple[str, str]
"""Table and name."""


def declared(*, embedded: bool) -> set[Trigger]:
    """embedded: on SQLite, else on PostgreSQL."""
    kept = ("not_changed", "not_removed", "not_replaced") if embedded else ("kept", "not_emptied")
    causes = ("added", "moved", "removed", *(() if embedded else ("emptied",)))
    return {
        *((table, name) for table, names in _ON_BOTH.items() for name in names),
        *(() if embedded else _QUEUE),
        *((table, f"{table}_are_{how}") for table in _SEALED for how in kept),
        *((table, f"{table}_counted_when_{cause}") for table in _COUNTED for cause in causes),
        *(trigger for of in search.ALL for trigger in _of_search(of, embedded=embedded)),
    }


def _of_search(of: search.Searched, *, embedded: bool) -> Iterator[Trigger]:
    events, change = (("insert", "delete"), "update") if embedded else (("keep", "empty"), "change")
    for event in (*events, change) if of.changes else events:
        yield of.table, f"{of.texts}_{event}"
    if embedded:
        for event in events:
            yield of.texts, f"{of.words}_{event}"


def present(database: Database) -> set[Trigger]:
    """Without those that are disabled. Raises Unavailable."""
    query = _ON_SQLITE if database.embedded else _ON_POSTGRESQL
    with database.read() as connection:
        return {(table, name) for table, name in connection.exec_driver_sql(query)}


def warning(database: Database) -> str:
    """Which triggers are missing or disabled, and what to do; empty where all are there. The
    database has the newest schema. Raises Unavailable."""
    if not (missing := declared(embedded=database.embedded) - present(database)):
        return ""
    named = ", ".join(f"{name} on {table}" for table, name in sorted(missing))
    return (
        f"the database lacks triggers ({named}): counts, searches or the audit go wrong, and do not"
        " say so. Restore a backup of before, or see docs/troubleshooting.md, Triggers"
    )
