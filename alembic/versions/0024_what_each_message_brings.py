"""what each message of a run brings, and how often it was sent again by itself

Revision: 0024
Before: 0023
"""

import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "0024", "0023", None, None

DELIVERIES = "deliveries"
COLUMNS = ("sent_as", "sent_size", "resends")


def upgrade() -> None:
    op.add_column(DELIVERIES, sa.Column("sent_as", sa.String(10), nullable=True))
    op.add_column(DELIVERIES, sa.Column("sent_size", sa.BigInteger(), nullable=True))
    op.add_column(DELIVERIES, sa.Column("resends", sa.Integer(), nullable=False, server_default="0"))


def downgrade() -> None:
    for name in COLUMNS:
        op.drop_column(DELIVERIES, name)
