"""where replies to a schedule's messages go

Revision: 0025
Before: 0024
"""

import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "0025", "0024", None, None


def upgrade() -> None:
    op.add_column("scheduled_exports", sa.Column("reply_to", sa.String(320), nullable=True))


def downgrade() -> None:
    op.drop_column("scheduled_exports", "reply_to")
