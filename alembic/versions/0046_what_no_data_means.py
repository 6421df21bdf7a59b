"""what a schedule takes for no data

Revision: 0046
Before: 0045
"""

import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "0046", "0045", None, None


def upgrade() -> None:
    column = sa.Column("empty_means", sa.String(10), nullable=False, server_default="no_metrics")
    op.add_column("scheduled_exports", column)


def downgrade() -> None:
    op.drop_column("scheduled_exports", "empty_means")
