"""emails to people about their accounts

Revision: 0012
Before: 0011
"""

import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "0012", "0011", None, None

MESSAGES = "account_messages"
# Sorted by code point in every database
ID = sa.String(36).with_variant(sa.String(36, collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        MESSAGES,
        sa.Column("id", ID, nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("subject_id", ID, nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("target", sa.String(length=320), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_messages")),
    )
    op.create_index(op.f("ix_account_messages_created_at"), MESSAGES, ["created_at"])
    op.create_index(op.f("ix_account_messages_next_attempt_at"), MESSAGES, ["next_attempt_at"])
    op.create_index("ix_account_messages_subject_id_created_at", MESSAGES, ["subject_id", "created_at"])


def downgrade() -> None:
    op.drop_table(MESSAGES)
