"""the ends of runs, numbered in the order in which they can be seen, and triggers that note them

Revision: 0055
Before: 0052
"""

import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "0055", "0052", None, None

# Sorted by code point in every database
ID = sa.String(36).with_variant(sa.String(36, collation="C"), "postgresql")
INSTANT = sa.DateTime(timezone=True)

ENDED = "NEW.status NOT IN ('pending', 'processing')"
AGAIN = f"{ENDED} AND OLD.status <> NEW.status"
NOTE = """
  INSERT INTO run_ends (history_id, tenant_id, ended_at, number)
    VALUES (NEW.id, NEW.tenant_id, COALESCE(NEW.completed_at, NEW.created_at), NULL)
    ON CONFLICT (history_id) DO UPDATE SET ended_at = excluded.ended_at, number = NULL;
"""
SQLITE = (
    f"CREATE TRIGGER export_history_end_is_added AFTER INSERT ON export_history WHEN {ENDED}\nBEGIN{NOTE}END",
    f"CREATE TRIGGER export_history_end_is_reached AFTER UPDATE OF status ON export_history WHEN {AGAIN}\nBEGIN{NOTE}END",
)
POSTGRESQL = f"""
CREATE FUNCTION run_ends_note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN{NOTE}
  RETURN NULL;
END
$$;
CREATE TRIGGER export_history_end_is_added AFTER INSERT ON export_history
  FOR EACH ROW WHEN ({ENDED}) EXECUTE FUNCTION run_ends_note();
CREATE TRIGGER export_history_end_is_reached AFTER UPDATE OF status ON export_history
  FOR EACH ROW WHEN ({AGAIN}) EXECUTE FUNCTION run_ends_note();
"""


def upgrade() -> None:
    op.create_table(
        "run_ends",
        sa.Column("history_id", ID, nullable=False),
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("ended_at", INSTANT, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["history_id"],
            ["export_history.id"],
            name=op.f("fk_run_ends_history_id_export_history"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("history_id", name=op.f("pk_run_ends")),
        sqlite_with_rowid=False,
    )
    numbered = sa.text("number IS NOT NULL")
    op.create_index(
        op.f("ix_run_ends_numbered"),
        "run_ends",
        ["tenant_id", "number"],
        unique=True,
        sqlite_where=numbered,
        postgresql_where=numbered,
    )
    without = sa.text("number IS NULL")
    op.create_index(
        op.f("ix_run_ends_without_number"),
        "run_ends",
        ["tenant_id", "ended_at", "history_id"],
        sqlite_where=without,
        postgresql_where=without,
    )
    op.create_table(
        "run_end_numbers",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenants.id"],
            name=op.f("fk_run_end_numbers_tenant_id_tenants"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", name=op.f("pk_run_end_numbers")),
    )
    for statement in [POSTGRESQL] if _on_postgresql() else SQLITE:
        op.execute(statement)


def downgrade() -> None:
    for name in ("export_history_end_is_reached", "export_history_end_is_added"):
        op.execute(f"DROP TRIGGER {name}" + (" ON export_history" if _on_postgresql() else ""))
    if _on_postgresql():
        op.execute("DROP FUNCTION run_ends_note()")
    op.drop_table("run_end_numbers")
    op.drop_table("run_ends")


def _on_postgresql() -> bool:
    return op.get_context().dialect.name == "postgresql"
