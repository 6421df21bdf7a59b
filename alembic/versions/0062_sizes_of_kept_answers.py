"""how large the answers are that are kept for repeated requests

Revision: 0062
Before: 0061
"""

import sqlalchemy as sa
from alembic import op
from exports_app.db.concurrent_indexes import create_index, drop_index

revision, down_revision, branch_labels, depends_on = "0062", "0061", None, None

TABLE, INDEX = "idempotency_keys", "ix_idempotency_keys_kept"


def upgrade() -> None:
    server = op.get_context().dialect.name == "postgresql"
    # Another attempt finds the column of the first
    column = sa.Column("size", sa.Integer(), nullable=True)
    op.add_column(TABLE, column, if_not_exists=server or None)
    create_index(INDEX, TABLE, ["user_id", "expires_at", "size"])


def downgrade() -> None:
    drop_index(INDEX, TABLE)
    op.drop_column(TABLE, "size")
