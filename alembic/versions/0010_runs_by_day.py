"""an index by which a tenant's runs of the last days are counted

Revision: 0010
Before: 0009
"""

from alembic import op

revision, down_revision, branch_labels, depends_on = "0010", "0009", None, None

NAME = "ix_export_history_tenant_id_created_at"


def upgrade() -> None:
    op.create_index(op.f(NAME), "export_history", ["tenant_id", "created_at"])


def downgrade() -> None:
    op.drop_index(op.f(NAME), "export_history")
