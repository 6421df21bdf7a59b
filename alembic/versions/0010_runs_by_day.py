"""indexes by which a tenant's runs of the last days are counted, and those that have not ended

Revision: 0010
Before: 0009
"""

import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "0010", "0009", None, None

NAME = "ix_export_history_tenant_id_created_at"
OPEN, LIVE = "ix_export_history_open", sa.text("status IN ('pending', 'processing')")


def upgrade() -> None:
    op.create_index(op.f(NAME), "export_history", ["tenant_id", "created_at"])
    columns = ["tenant_id", "status", "next_attempt_at", "created_at"]
    op.create_index(op.f(OPEN), "export_history", columns, sqlite_where=LIVE, postgresql_where=LIVE)


def downgrade() -> None:
    op.drop_index(op.f(OPEN), "export_history")
    op.drop_index(op.f(NAME), "export_history")
