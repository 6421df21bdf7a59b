"""what the file of a run came to

Revision: 0051
Before: 0046
"""

import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "0051", "0046", None, None


def upgrade() -> None:
    op.add_column("export_history", sa.Column("summary", sa.JSON(), nullable=True))


def downgrade() -> None:
    op.drop_column("export_history", "summary")
