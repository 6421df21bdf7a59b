"""when the mail about the coming expiry of an API key was written

Revision: 0061
Before: 0060
"""

import sqlalchemy as sa
from alembic import op
from exports_app.db.concurrent_indexes import create_index, drop_index

revision, down_revision, branch_labels, depends_on = "0061", "0060", None, None

TABLE, INDEX = "api_keys", "ix_api_keys_expiring"


def upgrade() -> None:
    server = op.get_context().dialect.name == "postgresql"
    # Another attempt finds the column of the first
    column = sa.Column("expiry_mailed_at", sa.DateTime(timezone=True), nullable=True)
    op.add_column(TABLE, column, if_not_exists=server or None)
    where = sa.text("expiry_mailed_at IS NULL AND revoked_at IS NULL AND expires_at IS NOT NULL")
    create_index(INDEX, TABLE, ["expires_at"], sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    drop_index(INDEX, TABLE)
    op.drop_column(TABLE, "expiry_mailed_at")
