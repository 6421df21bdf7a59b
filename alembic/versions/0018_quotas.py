"""what a tenant may take: its own quotas, and the messages it sent on a day

Revision: 0018
Before: 0017
"""

import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "0018", "0017", None, None

# Sorted by code point in every database
ID = sa.String(36).with_variant(sa.String(36, collation="C"), "postgresql")
QUOTAS = {
    "quota_pending_runs": sa.Integer(),
    "quota_messages_per_day": sa.Integer(),
    "quota_file_bytes": sa.BigInteger(),
    "quota_schedules": sa.Integer(),
}
INDEX, KEPT = "ix_export_history_kept", sa.text("file_key IS NOT NULL AND file_removed_at IS NULL")


def upgrade() -> None:
    for name, kind in QUOTAS.items():
        op.add_column("tenants", sa.Column(name, kind, nullable=True))
    op.create_table(
        "messages_of_day",
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("messages", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenants.id"],
            name=op.f("fk_messages_of_day_tenant_id_tenants"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "day", name=op.f("pk_messages_of_day")),
    )
    columns = ["tenant_id", "file_size"]
    op.create_index(op.f(INDEX), "export_history", columns, sqlite_where=KEPT, postgresql_where=KEPT)


def downgrade() -> None:
    op.drop_index(op.f(INDEX), "export_history")
    op.drop_table("messages_of_day")
    for name in reversed(QUOTAS):
        op.drop_column("tenants", name)
