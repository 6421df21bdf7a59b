"""how files are sent and how long they are kept

Revision: 0004
Before: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

SCHEDULES = "scheduled_exports"
RUNS = "export_history"
TENANTS = "tenants"
IN_ORDER = "ix_campaigns_tenant_id_name_id"


def upgrade() -> None:
    op.add_column(SCHEDULES, sa.Column("delivery", sa.String(10), nullable=False, server_default="auto"))
    op.add_column(SCHEDULES, sa.Column("link_days", sa.Integer(), nullable=False, server_default="7"))
    op.add_column(SCHEDULES, sa.Column("time_limit", sa.Integer(), nullable=False, server_default="3600"))
    op.add_column(RUNS, sa.Column("sent_as", sa.String(10), nullable=True))
    op.add_column(RUNS, sa.Column("sent_size", sa.BigInteger(), nullable=True))
    op.add_column(RUNS, sa.Column("link_expires_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(RUNS, sa.Column("removed_characters", sa.BigInteger(), nullable=True))
    op.add_column(RUNS, sa.Column("file_removed_at", sa.DateTime(timezone=True), nullable=True))
    for column in ("max_rows", "max_mb", "keep_days"):
        op.add_column(TENANTS, sa.Column(column, sa.Integer(), nullable=True))
    _order(unique=True)


def _order(*, unique: bool) -> None:
    op.drop_index(op.f(IN_ORDER), "campaigns")
    op.create_index(op.f(IN_ORDER), "campaigns", ["tenant_id", "name", "id"], unique=unique)


def downgrade() -> None:
    _order(unique=False)
    for column in ("keep_days", "max_mb", "max_rows"):
        op.drop_column(TENANTS, column)
    for column in ("file_removed_at", "removed_characters", "link_expires_at", "sent_size", "sent_as"):
        op.drop_column(RUNS, column)
    for column in ("time_limit", "link_days", "delivery"):
        op.drop_column(SCHEDULES, column)
