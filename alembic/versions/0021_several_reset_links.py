"""several links at once to set the password of an account

Revision: 0021
Before: 0020
"""

from alembic import op

revision, down_revision, branch_labels, depends_on = "0021", "0020", None, None

RESETS = "password_resets"
OF_USER = "ix_password_resets_user_id"


def upgrade() -> None:
    with op.batch_alter_table(RESETS) as table:
        table.drop_constraint(table.f("uq_password_resets_user_id"), type_="unique")
        table.create_index(table.f(OF_USER), ["user_id"])


def downgrade() -> None:
    op.execute("DELETE FROM password_resets WHERE id NOT IN (SELECT min(id) FROM password_resets GROUP BY user_id)")
    with op.batch_alter_table(RESETS) as table:
        table.drop_index(table.f(OF_USER))
        table.create_unique_constraint(table.f("uq_password_resets_user_id"), ["user_id"])
