"""which keys, file store and time zone the installation has

Revision: 0040
Before: 0039
"""

import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "0040", "0039", None, None


def upgrade() -> None:
    op.create_table(
        "installation",
        sa.Column("id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("salt", sa.String(32), nullable=False),
        sa.Column("signing_key", sa.String(32), nullable=False),
        sa.Column("encryption_key", sa.String(32), nullable=False),
        sa.Column("file_store", sa.String(36), nullable=False),
        sa.Column("time_zone", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_installation")),
    )


def downgrade() -> None:
    op.drop_table("installation")
