"""the runs and deliveries that were there before their counts were kept

A second for 1 million runs and 2 million deliveries. Blocks nobody: one statement sees what was written until then, and what
the triggers noted of it.

Revision: 0032
Before: 0031
"""

from alembic import op

revision, down_revision, branch_labels, depends_on = "0032", "0031", None, None

MISSING = """
INSERT INTO status_counts (kind, status, count)
SELECT kind, status, CAST(sum(n) AS BIGINT) FROM (
  SELECT 'run' AS kind, status, count(*) AS n FROM export_history GROUP BY status
  UNION ALL SELECT 'delivery', status, count(*) FROM deliveries GROUP BY status
  UNION ALL SELECT kind, status, -count FROM status_counts
) AS found GROUP BY kind, status HAVING sum(n) <> 0
"""


def upgrade() -> None:
    op.execute(MISSING)


def downgrade() -> None:
    pass
