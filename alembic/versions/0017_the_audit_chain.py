"""where an audit entry came from, and the chain that shows what happened to entries

Revision: 0017
Before: 0016
"""

import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "0017", "0016", None, None

ENTRIES, WAITING, LINKS = "audit_entries", "audit_unsealed", "audit_links"
SEALS, CHECKPOINTS = "audit_seals", "audit_checkpoints"
# Sorted by code point in every database
ID = sa.String(36).with_variant(sa.String(36, collation="C"), "postgresql")
INSTANT = sa.DateTime(timezone=True)

ONLY_ADDED = "audit entries are only ever added"
SEALED = "a checkpoint stands for sealed entries"
EXPORTED = """EXISTS (
  SELECT 1 FROM audit_links l JOIN audit_checkpoints c ON c.chain = l.chain
  WHERE l.entry_id = OLD.id AND l.position <= c.position)"""
"""The entry was sealed, and an export holds it."""
LINK_FREE = """EXISTS (
  SELECT 1 FROM audit_checkpoints c WHERE c.chain = OLD.chain AND OLD.position <= c.position)
  AND NOT EXISTS (SELECT 1 FROM audit_entries e WHERE e.id = OLD.entry_id)"""
"""Its entry was removed, as it might be."""
SEAL_FREE = """NOT EXISTS (
  SELECT 1 FROM audit_links l JOIN audit_entries e ON e.id = l.entry_id
  WHERE l.chain = OLD.chain AND l.position <= OLD.position)
  AND (OLD.chain = '' OR EXISTS (
    SELECT 1 FROM audit_checkpoints c WHERE c.chain = OLD.chain AND OLD.position <= c.position))"""
"""All that it sealed was removed, as it might be."""
BACKED = """EXISTS (
  SELECT 1 FROM audit_links l JOIN audit_seals s ON s.chain = l.chain AND s.position >= l.position
  WHERE l.chain = NEW.chain AND l.position = NEW.position AND l.hash = NEW.hash)"""

REMOVABLE = {ENTRIES: EXPORTED, LINKS: LINK_FREE, SEALS: SEAL_FREE, CHECKPOINTS: None}
UNIQUE = {
    ENTRIES: [("id",)],
    LINKS: [("chain", "position"), ("entry_id",)],
    SEALS: [("number",)],
    CHECKPOINTS: [("id",)],
}

SQLITE_OLD = ("audit_entries_are_not_changed", "audit_entries_are_not_removed")
SQLITE_QUEUE = """
CREATE TRIGGER audit_entries_wait_for_their_seal AFTER INSERT ON audit_entries
BEGIN INSERT INTO audit_unsealed (entry_id, at) VALUES (NEW.id, NEW.at); END
"""
SQLITE_CHECKPOINT = f"""
CREATE TRIGGER audit_checkpoints_are_sealed BEFORE INSERT ON audit_checkpoints WHEN NOT {BACKED}
BEGIN SELECT RAISE(ABORT, '{SEALED}'); END
"""
POSTGRESQL = f"""
CREATE OR REPLACE FUNCTION audit_entries_are_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' AND TG_TABLE_NAME = '{ENTRIES}' THEN
    IF {EXPORTED} THEN RETURN OLD; END IF;
  ELSIF TG_OP = 'DELETE' AND TG_TABLE_NAME = '{LINKS}' THEN
    IF {LINK_FREE} THEN RETURN OLD; END IF;
  ELSIF TG_OP = 'DELETE' AND TG_TABLE_NAME = '{SEALS}' THEN
    IF {SEAL_FREE} THEN RETURN OLD; END IF;
  END IF;
  RAISE EXCEPTION '{ONLY_ADDED}';
END
$$;
CREATE FUNCTION audit_entries_wait_for_their_seal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO audit_unsealed (entry_id, at) VALUES (NEW.id, NEW.at);
  RETURN NEW;
END
$$;
CREATE TRIGGER audit_entries_wait_for_their_seal AFTER INSERT ON audit_entries
  FOR EACH ROW EXECUTE FUNCTION audit_entries_wait_for_their_seal();
CREATE FUNCTION audit_checkpoints_are_sealed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF {BACKED} THEN RETURN NEW; END IF;
  RAISE EXCEPTION '{SEALED}';
END
$$;
CREATE TRIGGER audit_checkpoints_are_sealed BEFORE INSERT ON audit_checkpoints
  FOR EACH ROW EXECUTE FUNCTION audit_checkpoints_are_sealed();
"""
POSTGRESQL_OLD = f"""
CREATE OR REPLACE FUNCTION audit_entries_are_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '{ONLY_ADDED}';
END
$$;
"""


def upgrade() -> None:
    for name in ("address", "session", "request_id"):
        op.add_column(ENTRIES, sa.Column(name, sa.String(length=64), nullable=True))
    op.create_index(op.f("ix_audit_entries_subject_id_at"), ENTRIES, ["subject_id", "at"])
    _tables()
    op.execute(f"INSERT INTO {WAITING} (entry_id, at) SELECT id, at FROM {ENTRIES}")
    if op.get_context().dialect.name == "postgresql":
        op.execute(POSTGRESQL)
        for name in REMOVABLE:
            op.execute(
                f"CREATE TRIGGER {name}_are_not_emptied BEFORE TRUNCATE ON {name}"
                " FOR EACH STATEMENT EXECUTE FUNCTION audit_entries_are_kept()"
            )
        for name in (LINKS, SEALS, CHECKPOINTS):
            op.execute(
                f"CREATE TRIGGER {name}_are_kept BEFORE UPDATE OR DELETE ON {name}"
                " FOR EACH ROW EXECUTE FUNCTION audit_entries_are_kept()"
            )
        return
    for name in SQLITE_OLD:
        op.execute(f"DROP TRIGGER {name}")
    for table, free in REMOVABLE.items():
        for statement in _sqlite_triggers(table, free):
            op.execute(statement)
    op.execute(SQLITE_QUEUE)
    op.execute(SQLITE_CHECKPOINT)


def _tables() -> None:
    op.create_table(
        WAITING,
        sa.Column("entry_id", ID, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_audit_unsealed")),
    )
    op.create_index(op.f("ix_audit_unsealed_at_entry_id"), WAITING, ["at", "entry_id"])
    op.create_table(
        LINKS,
        sa.Column("chain", ID, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("entry_id", ID, nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("chain", "position", name=op.f("pk_audit_links")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_audit_links_entry_id")),
    )
    op.create_table(
        SEALS,
        sa.Column("number", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("chain", ID, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("begins_anew", sa.Boolean(), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("signature", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit_seals")),
    )
    op.create_index(op.f("ix_audit_seals_chain_position"), SEALS, ["chain", "position"])
    op.create_table(
        CHECKPOINTS,
        sa.Column("id", ID, nullable=False),
        sa.Column("chain", ID, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("entries", sa.BigInteger(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("file_sha256", sa.String(length=64), nullable=False),
        sa.Column("signature", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_checkpoints")),
    )
    op.create_index(op.f("ix_audit_checkpoints_chain_position"), CHECKPOINTS, ["chain", "position"])


def _sqlite_triggers(table: str, free: str | None) -> list[str]:
    refuse = f"BEGIN SELECT RAISE(ABORT, '{ONLY_ADDED}'); END"
    # INSERT OR REPLACE removes what stands in its way, and asks no DELETE trigger (sqlite.org/lang_conflict.html); the row
    # in the way may also be one of the same rowid
    same = " OR ".join(f"({' AND '.join(f'{column} = NEW.{column}' for column in key)})" for key in UNIQUE[table])
    taken = f"EXISTS (SELECT 1 FROM {table} WHERE rowid = NEW.rowid) OR EXISTS (SELECT 1 FROM {table} WHERE {same})"
    return [
        f"CREATE TRIGGER {table}_are_not_changed BEFORE UPDATE ON {table} {refuse}",
        f"CREATE TRIGGER {table}_are_not_removed BEFORE DELETE ON {table} {f'WHEN NOT ({free})' if free else ''} {refuse}",
        f"CREATE TRIGGER {table}_are_not_replaced BEFORE INSERT ON {table} WHEN {taken} {refuse}",
    ]


def downgrade() -> None:
    postgresql = op.get_context().dialect.name == "postgresql"
    for name in ("wait_for_their_seal", *(() if postgresql else ("are_not_changed", "are_not_removed", "are_not_replaced"))):
        op.execute(f"DROP TRIGGER {ENTRIES}_{name}" + (f" ON {ENTRIES}" if postgresql else ""))
    for table in (WAITING, CHECKPOINTS, SEALS, LINKS):
        op.drop_table(table)
    if postgresql:
        op.execute(f"DROP TRIGGER {ENTRIES}_are_not_emptied ON {ENTRIES}")
        op.execute("DROP FUNCTION audit_entries_wait_for_their_seal()")
        op.execute("DROP FUNCTION audit_checkpoints_are_sealed()")
        op.execute(POSTGRESQL_OLD)
    else:
        for verb, done in (("UPDATE", "changed"), ("DELETE", "removed")):
            op.execute(
                f"\nCREATE TRIGGER audit_entries_are_not_{done} BEFORE {verb} ON audit_entries\n"
                f"BEGIN SELECT RAISE(ABORT, '{ONLY_ADDED}'); END\n"
            )
    op.drop_index(op.f("ix_audit_entries_subject_id_at"), ENTRIES)
    for name in ("request_id", "session", "address"):
        op.drop_column(ENTRIES, name)
