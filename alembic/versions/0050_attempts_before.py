"""attempts at a run before it was sent again

Revision: 0050
Before: 0049
"""

import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "0050", "0049", None, None


def upgrade() -> None:
    column = sa.Column("attempts_before", sa.Integer(), nullable=False, server_default="0")
    op.add_column("export_history", column)


def downgrade() -> None:
    op.drop_column("export_history", "attempts_before")
