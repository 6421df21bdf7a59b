"""what was removed from the history of each schedule, and how long a tenant keeps its history

Revision: 0029
Before: 0026
"""

import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "0029", "0026", None, None

# Sorted by code point in every database
ID = sa.String(36).with_variant(sa.String(36, collation="C"), "postgresql")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("tenants", sa.Column("keep_runs_days", sa.Integer(), nullable=True))
    op.create_table(
        "removed_runs",
        sa.Column("scheduled_export_id", ID, nullable=False),
        sa.Column("runs", sa.BigInteger(), nullable=False),
        sa.Column("last_created_at", INSTANT, nullable=False),
        sa.Column("first_tick", INSTANT, nullable=True),
        sa.Column("last_tick", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(
            ["scheduled_export_id"],
            ["scheduled_exports.id"],
            name=op.f("fk_removed_runs_scheduled_export_id_scheduled_exports"),
        ),
        sa.PrimaryKeyConstraint("scheduled_export_id", name=op.f("pk_removed_runs")),
    )


def downgrade() -> None:
    op.drop_table("removed_runs")
    op.drop_column("tenants", "keep_runs_days")
