"""indexes by which the queue is read in steps, however many runs wait

Revision: 0006
Before: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

RUNS = "export_history"
READY = "status = 'pending' AND next_attempt_at IS NULL"
LATER = "status = 'pending' AND next_attempt_at IS NOT NULL"
DIED = "status = 'pending' AND deaths > 0"
LIVE = "status IN ('pending', 'processing')"


def upgrade() -> None:
    for name, columns, where in (
        ("ix_export_history_ready", ["status", "tenant_id", "trigger", "created_at", "id"], READY),
        ("ix_export_history_later", ["status", "tenant_id", "trigger", "next_attempt_at", "id"], LATER),
        ("ix_export_history_live", ["scheduled_export_id", "status"], LIVE),
        ("ix_export_history_died", ["status", "created_at"], DIED),
    ):
        op.create_index(op.f(name), RUNS, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))
    op.create_index(
        op.f("ix_scheduled_exports_due"),
        "scheduled_exports",
        ["is_active", "next_run_at", "id"],
        sqlite_where=sa.text("is_active = 1 AND deleted_at IS NULL"),
        postgresql_where=sa.text("is_active AND deleted_at IS NULL"),
    )
    op.create_index(op.f("ix_deliveries_status"), "deliveries", ["status"])


def downgrade() -> None:
    op.drop_index(op.f("ix_deliveries_status"), "deliveries")
    op.drop_index(op.f("ix_scheduled_exports_due"), "scheduled_exports")
    for name in ("died", "live", "later", "ready"):
        op.drop_index(op.f(f"ix_export_history_{name}"), RUNS)
