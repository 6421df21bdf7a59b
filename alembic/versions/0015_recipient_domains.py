"""the domains that a tenant sends its files to

Revision: 0015
Before: 0014
"""

import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "0015", "0014", None, None


def upgrade() -> None:
    op.add_column("tenants", sa.Column("recipient_domains", sa.JSON(), nullable=True))


def downgrade() -> None:
    op.drop_column("tenants", "recipient_domains")
