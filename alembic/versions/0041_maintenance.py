"""whether the installation is in maintenance

Revision: 0041
Before: 0044
"""

import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "0041", "0044", None, None

NAMES = ("maintenance_since", "maintenance_reason", "maintenance_ended_at")


def upgrade() -> None:
    since, reason, ended = NAMES
    op.add_column("installation", sa.Column(since, sa.DateTime(timezone=True), nullable=True))
    op.add_column("installation", sa.Column(reason, sa.String(200), nullable=True))
    op.add_column("installation", sa.Column(ended, sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    for name in NAMES:
        op.drop_column("installation", name)
