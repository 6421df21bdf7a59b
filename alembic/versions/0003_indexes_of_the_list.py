"""indexes for a list of many scheduled exports

Revision: 0003
Before: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TABLE = "scheduled_exports"
COUNTED = ["tenant_id", "deleted_at", "is_active", "last_status", "export_type", "format", "next_run_at"]
SORTED = ("name", "created_at", "next_run_at", "last_run_at")


def upgrade() -> None:
    live = sa.text("deleted_at IS NULL")
    for column in SORTED:
        name = op.f(f"ix_scheduled_exports_tenant_id_{column}")
        op.create_index(name, TABLE, ["tenant_id", column], sqlite_where=live, postgresql_where=live)
    op.create_index(op.f("ix_scheduled_exports_counted"), TABLE, COUNTED)


def downgrade() -> None:
    op.drop_index(op.f("ix_scheduled_exports_counted"), TABLE)
    for column in SORTED:
        op.drop_index(op.f(f"ix_scheduled_exports_tenant_id_{column}"), TABLE)
