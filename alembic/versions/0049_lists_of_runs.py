"""indexes for the list of all runs of a tenant: by status, trigger, error and recipient

Revision: 0049
Before: 0051
"""

import sqlalchemy as sa
from exports_app.db.concurrent_indexes import create_index, drop_index

revision, down_revision, branch_labels, depends_on = "0049", "0051", None, None

RUNS = "export_history"


def _where(condition: str) -> dict[str, sa.TextClause]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def upgrade() -> None:
    create_index("ix_export_history_by_status", RUNS, ["status", "tenant_id", "created_at", "id"])
    by_trigger = ["trigger", "tenant_id", "created_at", "id"]
    create_index("ix_export_history_by_trigger", RUNS, by_trigger, **_where("trigger <> 'schedule'"))
    with_error = ["tenant_id", "created_at", "id"]
    create_index("ix_export_history_with_error", RUNS, with_error, **_where("error IS NOT NULL"))
    create_index("ix_deliveries_target", "deliveries", ["target", "history_id"])


def downgrade() -> None:
    drop_index("ix_deliveries_target", "deliveries")
    for name in ("with_error", "by_trigger", "by_status"):
        drop_index(f"ix_export_history_{name}", RUNS)
