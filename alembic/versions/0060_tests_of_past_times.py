"""the scheduled time that a test is for

Revision: 0060
Before: 0059
"""

import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "0060", "0059", None, None


def upgrade() -> None:
    op.add_column("export_history", sa.Column("as_of", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("export_history", "as_of")
