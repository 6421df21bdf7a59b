"""figures of past days, and triggers that drop them where a run of the day is changed or added

Revision: 0034
Before: 0033
"""

import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "0034", "0033", None, None

# Sorted by code point in every database
ID = sa.String(36).with_variant(sa.String(36, collation="C"), "postgresql")
INSTANT = sa.DateTime(timezone=True)

# Only what has ended is in the figures. An update of a run that has not ended changes none; its day is not closed
SQLITE = (
    """
CREATE TRIGGER export_history_day_gets_a_run AFTER INSERT ON export_history
BEGIN
  DELETE FROM closed_days WHERE tenant_id = NEW.tenant_id AND ends > NEW.created_at AND begins <= NEW.created_at;
END
""",
    """
CREATE TRIGGER export_history_day_is_changed AFTER UPDATE OF status, created_at, started_at, completed_at ON export_history
WHEN OLD.status NOT IN ('pending', 'processing')
BEGIN
  DELETE FROM closed_days WHERE tenant_id = OLD.tenant_id AND ends > OLD.created_at AND begins <= OLD.created_at;
  DELETE FROM closed_days WHERE tenant_id = NEW.tenant_id AND ends > NEW.created_at AND begins <= NEW.created_at;
END
""",
)
# The shared lock is held against who computes the figures just now, without the change: see close_days in
# db/repositories/closed_days.py
POSTGRESQL = """
CREATE FUNCTION closed_days_get_runs() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM closed_days d USING added a
    WHERE d.tenant_id = a.tenant_id AND d.ends > a.created_at AND d.begins <= a.created_at;
  RETURN NULL;
END
$$;
CREATE FUNCTION closed_days_are_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock_shared(1702391810, hashtext(OLD.tenant_id));
  DELETE FROM closed_days WHERE tenant_id = OLD.tenant_id AND ends > OLD.created_at AND begins <= OLD.created_at;
  DELETE FROM closed_days WHERE tenant_id = NEW.tenant_id AND ends > NEW.created_at AND begins <= NEW.created_at;
  RETURN NULL;
END
$$;
CREATE TRIGGER export_history_day_gets_a_run AFTER INSERT ON export_history
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION closed_days_get_runs();
CREATE TRIGGER export_history_day_is_changed AFTER UPDATE OF status, created_at, started_at, completed_at ON export_history
  FOR EACH ROW WHEN (OLD.status NOT IN ('pending', 'processing')) EXECUTE FUNCTION closed_days_are_changed();
"""


def upgrade() -> None:
    op.create_table(
        "closed_days",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("ends", INSTANT, nullable=False),
        sa.Column("begins", INSTANT, nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("delivered", sa.Integer(), nullable=False),
        sa.Column("mean", sa.Float(), nullable=False),
        sa.Column("p95", sa.Float(), nullable=False),
        sa.Column("lengths", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_closed_days_tenant_id_tenants")),
        sa.PrimaryKeyConstraint("tenant_id", "ends", "begins", name=op.f("pk_closed_days")),
    )
    op.create_index(op.f("ix_closed_days_ends"), "closed_days", ["ends"])
    for statement in [POSTGRESQL] if _on_postgresql() else SQLITE:
        op.execute(statement)


def downgrade() -> None:
    for name in ("export_history_day_is_changed", "export_history_day_gets_a_run"):
        op.execute(f"DROP TRIGGER {name}" + (" ON export_history" if _on_postgresql() else ""))
    if _on_postgresql():
        op.execute("DROP FUNCTION closed_days_are_changed()")
        op.execute("DROP FUNCTION closed_days_get_runs()")
    op.drop_table("closed_days")


def _on_postgresql() -> bool:
    return op.get_context().dialect.name == "postgresql"
