"""how many audit entries each tenant has, kept by triggers

What is there already is counted by the next migration.

Revision: 0043
Before: 0040
"""

import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "0043", "0040", None, None

TABLE, CAUSES = "audit_entries", ("added", "removed")
# Sorted by code point in every database
ID = sa.String(36).with_variant(sa.String(36, collation="C"), "postgresql")

# An entry is never changed, and a table of entries never emptied at once: other triggers see to it
POSTGRESQL = """
CREATE FUNCTION audit_counts_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO audit_counts (tenant_id, count)
    SELECT a.tenant_id, count(*) FROM added a GROUP BY a.tenant_id;
  RETURN NULL;
END
$$;
CREATE FUNCTION audit_counts_removed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO audit_counts (tenant_id, count)
    SELECT r.tenant_id, -count(*) FROM removed r GROUP BY r.tenant_id;
  RETURN NULL;
END
$$;
CREATE TRIGGER audit_entries_counted_when_added AFTER INSERT ON audit_entries
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION audit_counts_added();
CREATE TRIGGER audit_entries_counted_when_removed AFTER DELETE ON audit_entries
  REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION audit_counts_removed();
"""
SQLITE = (
    """
CREATE TRIGGER audit_entries_counted_when_added AFTER INSERT ON audit_entries
BEGIN INSERT INTO audit_counts (tenant_id, count) VALUES (NEW.tenant_id, 1); END
""",
    """
CREATE TRIGGER audit_entries_counted_when_removed AFTER DELETE ON audit_entries
BEGIN INSERT INTO audit_counts (tenant_id, count) VALUES (OLD.tenant_id, -1); END
""",
)


def upgrade() -> None:
    op.create_table(
        "audit_counts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("tenant_id", ID, nullable=True),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_counts")),
    )
    op.create_index("ix_audit_counts_tenant_id", "audit_counts", ["tenant_id", "count"])
    for statement in [POSTGRESQL] if _on_postgresql() else SQLITE:
        op.execute(statement)


def downgrade() -> None:
    for cause in CAUSES:
        on = f" ON {TABLE}" if _on_postgresql() else ""
        op.execute(f"DROP TRIGGER {TABLE}_counted_when_{cause}{on}")
        if _on_postgresql():
            op.execute(f"DROP FUNCTION audit_counts_{cause}()")
    op.drop_index("ix_audit_counts_tenant_id", "audit_counts")
    op.drop_table("audit_counts")


def _on_postgresql() -> bool:
    return op.get_context().dialect.name == "postgresql"
