"""tests are not counted in the figures of past days: those are counted anew from the runs

Revision: 0045
Before: 0041
"""

from alembic import op

revision, down_revision, branch_labels, depends_on = "0045", "0041", None, None


def upgrade() -> None:
    op.execute("DELETE FROM closed_days")


def downgrade() -> None:
    pass
