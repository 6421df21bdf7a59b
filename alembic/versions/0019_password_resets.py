"""links to set a new password, and when one-time passwords expire

Passwords that were given before can be used for three more days.

Revision: 0019
Before: 0018
"""

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "0019", "0018", None, None

RESETS = "password_resets"
INSTANT = sa.DateTime(timezone=True)
# Sorted by code point in every database
ID = sa.String(36).with_variant(sa.String(36, collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        RESETS,
        sa.Column("id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("token_version", sa.Integer(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("sent_by", ID, nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_password_resets_user_id_users"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_password_resets")),
        sa.UniqueConstraint("user_id", name=op.f("uq_password_resets_user_id")),
    )
    op.add_column("users", sa.Column("one_time_expires_at", INSTANT, nullable=True))
    users = sa.table("users", sa.column("must_change_password", sa.Boolean()), sa.column("one_time_expires_at", INSTANT))
    until = datetime.now(UTC) + timedelta(hours=72)
    op.execute(users.update().where(users.c.must_change_password).values(one_time_expires_at=until))


def downgrade() -> None:
    op.drop_column("users", "one_time_expires_at")
    op.drop_table(RESETS)
