"""the time zone data with which next_run_at was computed

Revision: 0026
Before: 0025
"""

import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "0026", "0025", None, None


def upgrade() -> None:
    op.create_table(
        "zone_data",
        sa.Column("zone", sa.String(64), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("zone", name=op.f("pk_zone_data")),
    )


def downgrade() -> None:
    op.drop_table("zone_data")
