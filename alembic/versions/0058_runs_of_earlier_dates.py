"""whether a run was asked for an earlier date than its schedule's last run

Revision: 0058
Before: 0057
"""

import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "0058", "0057", None, None


def upgrade() -> None:
    column = sa.Column("of_earlier_date", sa.Boolean(), nullable=False, server_default=sa.false())
    op.add_column("export_history", column)


def downgrade() -> None:
    op.drop_column("export_history", "of_earlier_date")
