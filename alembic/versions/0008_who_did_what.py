"""who did what: entries that are only ever added

Revision: 0008
Before: 0007
"""

import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "0008", "0007", None, None

AUDIT = "audit_entries"
# Sorted by code point in every database
ID = sa.String(36).with_variant(sa.String(36, collation="C"), "postgresql")
KEPT = "audit entries are only ever added"
SQLITE = f"""
CREATE TRIGGER audit_entries_are_not_{{done}} BEFORE {{verb}} ON audit_entries
BEGIN SELECT RAISE(ABORT, '{KEPT}'); END
"""
POSTGRESQL = f"""
CREATE FUNCTION audit_entries_are_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '{KEPT}';
END
$$;
CREATE TRIGGER audit_entries_are_kept BEFORE UPDATE OR DELETE ON audit_entries
  FOR EACH ROW EXECUTE FUNCTION audit_entries_are_kept();
"""


def upgrade() -> None:
    op.create_table(
        AUDIT,
        sa.Column("id", ID, nullable=False),
        sa.Column("tenant_id", ID, nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", ID, nullable=True),
        sa.Column("actor_name", sa.String(length=200), nullable=False),
        sa.Column("action", sa.String(length=50), nullable=False),
        sa.Column("subject_id", ID, nullable=True),
        sa.Column("subject_name", sa.String(length=320), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entries")),
    )
    op.create_index(op.f("ix_audit_entries_at"), AUDIT, ["at"])
    op.create_index(op.f("ix_audit_entries_tenant_id_at"), AUDIT, ["tenant_id", "at", "id"])
    if op.get_context().dialect.name == "postgresql":
        op.execute(POSTGRESQL)
    else:
        for verb, done in (("UPDATE", "changed"), ("DELETE", "removed")):
            op.execute(SQLITE.format(verb=verb, done=done))


def downgrade() -> None:
    op.drop_table(AUDIT)
    if op.get_context().dialect.name == "postgresql":
        op.execute("DROP FUNCTION audit_entries_are_kept()")
