"""the messages of a day that a run at work may still begin

Revision: 0022
Before: 0021
"""

import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "0022", "0021", None, None


def upgrade() -> None:
    op.add_column("export_history", sa.Column("messages_reserved", sa.Integer(), nullable=False, server_default="0"))


def downgrade() -> None:
    op.drop_column("export_history", "messages_reserved")
