"""who deleted a schedule, and an index of deleted ones

Revision: 0047
Before: 0048
"""

import sqlalchemy as sa
from alembic import op
from exports_app.db.concurrent_indexes import create_index, drop_index
from exports_app.db.types import identifier

revision, down_revision, branch_labels, depends_on = "0047", "0048", None, None

SCHEDULES, INDEX = "scheduled_exports", "ix_scheduled_exports_deleted"


def upgrade() -> None:
    # On PostgreSQL, where the index is built beside writers, a failed migration is done again
    server = op.get_context().dialect.name == "postgresql"
    column = sa.Column("deleted_by", identifier(), nullable=True)
    op.add_column(SCHEDULES, column, if_not_exists=server or None)
    deleted = sa.text("deleted_at IS NOT NULL")
    columns = ["tenant_id", "deleted_at", "id"]
    create_index(INDEX, SCHEDULES, columns, sqlite_where=deleted, postgresql_where=deleted)


def downgrade() -> None:
    drop_index(INDEX, SCHEDULES)
    op.drop_column(SCHEDULES, "deleted_by")
