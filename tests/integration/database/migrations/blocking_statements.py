"""Which statements of a migration block the writers of a PostgreSQL database for longer than a
moment.

Every ALTER TABLE and CREATE TRIGGER locks its table until the transaction ends. That is fine for
the moment that it takes to note a column; it is not where rows are read or written meanwhile
(postgresql.org/docs/current/explicit-locking.html, sql-altertable.html).
"""

import io
import re
from collections.abc import Iterator

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import Script

from exports_app.db.models import metadata

SMALL = {"tenants", "zone_data", "closed_days"}
"""Tables of PostgreSQL that hold a few rows for each tenant after years; all others grow."""
GROWING = (
    {table.name for table in metadata.sorted_tables}
    | {"procrastinate_jobs", "procrastinate_events"}
) - SMALL

TABLE = r'(?:ONLY )?"?(?P<table>\w+)"?'
CONSTANT = r"'|\(?-?\d|true\b|false\b|NULL\b"
FORBIDDEN = {
    rf"CREATE (?:UNIQUE )?INDEX (?!CONCURRENTLY).* ON {TABLE}": (
        "blocks writers until it is built: use create_index of exports_app.db.concurrent_indexes"
    ),
    rf"ALTER TABLE {TABLE} ADD COLUMN .*(?:DEFAULT (?!{CONSTANT})|GENERATED)": (
        "rewrites the table: add the column without a default, or with a constant"
    ),
    rf"ALTER TABLE {TABLE} ALTER COLUMN \S+ TYPE ": "rewrites the table: add another column",
    rf"ALTER TABLE {TABLE} ALTER COLUMN \S+ SET NOT NULL": (
        "reads all rows under a lock: leave the column nullable"
    ),
    rf"ALTER TABLE {TABLE} ADD (?:CONSTRAINT \S+ )?(?:CHECK|FOREIGN KEY)(?!.*NOT VALID)": (
        "reads all rows under a lock: add it NOT VALID, and validate it in the next migration"
    ),
    rf"ALTER TABLE {TABLE} ADD (?:CONSTRAINT \S+ )?(?:UNIQUE|PRIMARY KEY)(?! USING INDEX)": (
        "builds an index under a lock: use create_index of exports_app.db.concurrent_indexes"
    ),
    rf"(?:UPDATE|DELETE FROM) {TABLE}": (
        "locks the rows it changes: change them in housekeeping, in batches"
    ),
    rf"LOCK (?:TABLE )?{TABLE}": "blocks writers",
    rf"REINDEX (?:TABLE|INDEX) (?!CONCURRENTLY){TABLE}": "blocks writers until it is built",
    rf"(?:CLUSTER|TRUNCATE|VACUUM FULL)(?: TABLE)? {TABLE}": "blocks everyone until it is done",
}
LOCKS = rf"(?:ALTER TABLE|CREATE (?:CONSTRAINT )?TRIGGER .* ON) {TABLE}"
READS = rf"(?:SELECT|INSERT INTO) .*\b(?:FROM|JOIN) {TABLE}"
TWICE = (
    r"IF (?:NOT )?EXISTS|OR REPLACE|CONCURRENTLY|ON CONFLICT DO NOTHING"
    r"|^(?:SET|RESET|COMMIT|BEGIN)\b"
)
"""What a migration may do a second time, after an index failed."""
BODY = re.compile(r"\$(\w*)\$.*?\$\1\$", re.DOTALL)
"""Of a function: it runs later."""


def statements_of(revision: Script) -> list[str]:
    """What the migration sends to PostgreSQL, a statement a line."""
    written = io.StringIO()
    options = {"as_sql": True, "output_buffer": written, "transactional_ddl": True}
    context = MigrationContext.configure(dialect_name="postgresql", opts=options)
    with Operations.context(context):
        revision.module.upgrade()
    return split(written.getvalue())


def split(sql: str) -> list[str]:
    without_bodies = BODY.sub("'a body'", re.sub(r"--[^\n]*", "", sql))
    return [" ".join(part.split()) for part in without_bodies.split(";") if part.strip()]


def complaints(statements: list[str]) -> Iterator[str]:
    """What is wrong with them, each with what to do instead."""
    made = {m["table"] for s in statements if (m := re.match(rf"CREATE TABLE {TABLE}", s))}
    growing = GROWING - made
    for statement in statements:
        for pattern, why in FORBIDDEN.items():
            found = re.match(pattern, statement, re.IGNORECASE)
            if found and found["table"] in growing:
                yield f"{statement[:120]}: {why}"
    yield from _reads_under_a_lock(statements, growing)
    yield from _not_to_be_done_twice(statements)


def _reads_under_a_lock(statements: list[str], growing: set[str]) -> Iterator[str]:
    locked = set[str]()
    for statement in statements:
        if statement == "COMMIT":
            locked.clear()
        if (lock := re.match(LOCKS, statement, re.IGNORECASE)) and lock["table"] in growing:
            locked.add(lock["table"])
        read = re.match(READS, statement, re.IGNORECASE)
        if read and read["table"] in growing and locked:
            yield (
                f"{statement[:120]}: reads many rows while {', '.join(sorted(locked))} is locked:"
                " commit before it (autocommit_block), or do it in housekeeping"
            )


def _not_to_be_done_twice(statements: list[str]) -> Iterator[str]:
    if not any("CONCURRENTLY" in statement for statement in statements):
        return
    for statement in statements:
        if not re.search(TWICE, statement, re.IGNORECASE):
            yield (
                f"{statement[:120]}: after a failed index it would be done again: put it into a"
                " migration before, or write IF NOT EXISTS"
            )
