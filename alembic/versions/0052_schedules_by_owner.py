"""an index for the list of a tenant's scheduled exports by owner

Revision: 0052
Before: 0047
"""

import sqlalchemy as sa
from exports_app.db.concurrent_indexes import create_index, drop_index

revision, down_revision, branch_labels, depends_on = "0052", "0047", None, None

NAME, SCHEDULES = "ix_scheduled_exports_tenant_id_owner_id_name_id_deleted_at", "scheduled_exports"


def upgrade() -> None:
    live = sa.text("deleted_at IS NULL")
    columns = ["tenant_id", "owner_id", "name", "id", "deleted_at"]
    create_index(NAME, SCHEDULES, columns, sqlite_where=live, postgresql_where=live)


def downgrade() -> None:
    drop_index(NAME, SCHEDULES)
