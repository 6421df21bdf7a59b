"""when an account's owner showed that they read its mailbox

Nobody has shown it yet: existing accounts stay without it.

Revision: 0011
Before: 0010
"""

import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "0011", "0010", None, None


def upgrade() -> None:
    op.add_column("users", sa.Column("email_proven_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("users", "email_proven_at")
