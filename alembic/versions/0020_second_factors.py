"""second factors, and tenants that require them

Revision: 0020
Before: 0019
"""

import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "0020", "0019", None, None

FACTORS, CODES = "second_factors", "recovery_codes"
# Sorted by code point in every database
ID = sa.String(36).with_variant(sa.String(36, collation="C"), "postgresql")


def upgrade() -> None:
    op.add_column("users", sa.Column("second_factor_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("tenants", sa.Column("second_factor_required", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        FACTORS,
        sa.Column("user_id", ID, nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_step", sa.BigInteger(), nullable=True),
        sa.Column("is_confirmed", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], op.f("fk_second_factors_user_id_users"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_second_factors")),
    )
    op.create_table(
        CODES,
        sa.Column("user_id", ID, nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], op.f("fk_recovery_codes_user_id_users"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "code_hash", name=op.f("pk_recovery_codes")),
    )


def downgrade() -> None:
    op.drop_table(CODES)
    op.drop_table(FACTORS)
    op.drop_column("tenants", "second_factor_required")
    op.drop_column("users", "second_factor_at")
