"""indexes of the schedules that need attention, by tenant, and of those that are due next

Revision: 0035
Before: 0034
"""

import sqlalchemy as sa
from exports_app.db.concurrent_indexes import create_index, drop_index

revision, down_revision, branch_labels, depends_on = "0035", "0034", None, None

ACTIVE = {"sqlite_where": "is_active = 1 AND deleted_at IS NULL", "postgresql_where": "is_active AND deleted_at IS NULL"}
FAILING = {dialect: f"{where} AND failing_since IS NOT NULL" for dialect, where in ACTIVE.items()}
PAUSED = {"sqlite_where": "is_active = 0 AND deleted_at IS NULL", "postgresql_where": "NOT is_active AND deleted_at IS NULL"}
# Each has the columns of its condition too: only then does SQLite read no row to see that it holds
INDEXES = {
    "failing": (("tenant_id", "is_active", "failures", "failing_since", "id", "deleted_at"), FAILING),
    "paused": (("tenant_id", "is_active", "paused_at", "name", "id", "deleted_at"), PAUSED),
    "owned": (("tenant_id", "is_active", "owner_id", "name", "id", "deleted_at"), ACTIVE),
    "times": (("tenant_id", "is_active", "schedule", "timezone", "next_run_at", "name", "id", "deleted_at"), ACTIVE),
}


def upgrade() -> None:
    for name, (columns, where) in INDEXES.items():
        options = {dialect: sa.text(condition) for dialect, condition in where.items()}
        create_index(f"ix_scheduled_exports_{name}", "scheduled_exports", columns, **options)


def downgrade() -> None:
    for name in reversed(INDEXES):
        drop_index(f"ix_scheduled_exports_{name}", "scheduled_exports")
