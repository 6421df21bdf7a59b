"""passwords that were given to their users, and where a browser is signed in

Revision: 0009
Before: 0008
"""

import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "0009", "0008", None, None


def upgrade() -> None:
    op.add_column("users", sa.Column("must_change_password", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("sessions", sa.Column("device", sa.String(length=200), nullable=True))
    op.add_column("sessions", sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    for name in ("last_used_at", "device"):
        op.drop_column("sessions", name)
    op.drop_column("users", "must_change_password")
