"""the audit entries that were there before they were counted

A moment for 200,000 entries. Blocks nobody: one statement sees what was written until then, and what
the triggers noted of it.

Revision: 0044
Before: 0043
"""

from alembic import op

revision, down_revision, branch_labels, depends_on = "0044", "0043", None, None

MISSING = """
INSERT INTO audit_counts (tenant_id, count)
SELECT tenant_id, CAST(sum(n) AS BIGINT) FROM (
  SELECT tenant_id, count(*) AS n FROM audit_entries GROUP BY tenant_id
  UNION ALL SELECT tenant_id, -count FROM audit_counts
) AS found GROUP BY tenant_id HAVING sum(n) <> 0
"""


def upgrade() -> None:
    op.execute(MISSING)


def downgrade() -> None:
    pass
