"""how many runs and deliveries have each status, kept by triggers

What is there already is counted by the next migration.

Revision: 0031
Before: 0030
"""

import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "0031", "0030", None, None

COUNTED = {"export_history": "run", "deliveries": "delivery"}
"""The kind of a table's rows."""

POSTGRESQL = """
CREATE FUNCTION status_counts_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO status_counts (kind, status, count)
    SELECT TG_ARGV[0], a.status, count(*) FROM added a GROUP BY a.status;
  RETURN NULL;
END
$$;
CREATE FUNCTION status_counts_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO status_counts (kind, status, count)
    VALUES (TG_ARGV[0], OLD.status, -1), (TG_ARGV[0], NEW.status, 1);
  RETURN NULL;
END
$$;
CREATE FUNCTION status_counts_removed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO status_counts (kind, status, count)
    SELECT TG_ARGV[0], r.status, -count(*) FROM removed r GROUP BY r.status;
  RETURN NULL;
END
$$;
CREATE FUNCTION status_counts_emptied() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM status_counts WHERE kind = TG_ARGV[0];
  RETURN NULL;
END
$$;
"""
# A row for each move, and not one for each statement: a table of changed rows would be made for every
# UPDATE, also for those that extend a lease. Most moves are of a single row
POSTGRESQL_TRIGGERS = """
CREATE TRIGGER {table}_counted_when_added AFTER INSERT ON {table}
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION status_counts_added('{kind}');
CREATE TRIGGER {table}_counted_when_moved AFTER UPDATE OF status ON {table}
  FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION status_counts_moved('{kind}');
CREATE TRIGGER {table}_counted_when_removed AFTER DELETE ON {table}
  REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION status_counts_removed('{kind}');
CREATE TRIGGER {table}_counted_when_emptied AFTER TRUNCATE ON {table}
  FOR EACH STATEMENT EXECUTE FUNCTION status_counts_emptied('{kind}');
"""
SQLITE_TRIGGERS = (
    """
CREATE TRIGGER {table}_counted_when_added AFTER INSERT ON {table}
BEGIN INSERT INTO status_counts (kind, status, count) VALUES ('{kind}', NEW.status, 1); END
""",
    """
CREATE TRIGGER {table}_counted_when_moved AFTER UPDATE OF status ON {table} WHEN OLD.status <> NEW.status
BEGIN INSERT INTO status_counts (kind, status, count) VALUES ('{kind}', OLD.status, -1), ('{kind}', NEW.status, 1); END
""",
    """
CREATE TRIGGER {table}_counted_when_removed AFTER DELETE ON {table}
BEGIN INSERT INTO status_counts (kind, status, count) VALUES ('{kind}', OLD.status, -1); END
""",
)


def upgrade() -> None:
    op.create_table(
        "status_counts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_status_counts")),
    )
    if _on_postgresql():
        op.execute(POSTGRESQL)
    for table, kind in COUNTED.items():
        for statement in [POSTGRESQL_TRIGGERS] if _on_postgresql() else SQLITE_TRIGGERS:
            op.execute(statement.format(table=table, kind=kind))


def downgrade() -> None:
    for table in COUNTED:
        for cause in ("added", "moved", "removed", *(["emptied"] if _on_postgresql() else [])):
            on = f" ON {table}" if _on_postgresql() else ""
            op.execute(f"DROP TRIGGER {table}_counted_when_{cause}{on}")
    if _on_postgresql():
        for cause in ("added", "moved", "removed", "emptied"):
            op.execute(f"DROP FUNCTION status_counts_{cause}()")
    op.drop_table("status_counts")


def _on_postgresql() -> bool:
    return op.get_context().dialect.name == "postgresql"
