"""slugs of scheduled exports; the app gives them to those that exist, beside writers

Revision: 0057
Before: 0056
"""

import sqlalchemy as sa
from alembic import op
from exports_app.db.concurrent_indexes import create_index, drop_index

revision, down_revision, branch_labels, depends_on = "0057", "0056", None, None

TABLE = "scheduled_exports"
# Sorted by code point in every database
SLUG = sa.String(80).with_variant(sa.String(80, collation="C"), "postgresql")
OF_TENANT, OF_ALL = "ix_scheduled_exports_slug", "ix_scheduled_exports_slug_of_all"
WITHOUT = "ix_scheduled_exports_without_slug"


def upgrade() -> None:
    server = op.get_context().dialect.name == "postgresql"
    # Another attempt finds the column of the first
    op.add_column(TABLE, sa.Column("slug", SLUG, nullable=True), if_not_exists=server or None)
    live = sa.text("deleted_at IS NULL")
    create_index(OF_TENANT, TABLE, ["tenant_id", "slug"], unique=True, sqlite_where=live, postgresql_where=live)
    create_index(OF_ALL, TABLE, ["tenant_id", "slug", "deleted_at"])
    without = sa.text("slug IS NULL AND deleted_at IS NULL")
    create_index(WITHOUT, TABLE, ["slug", "id"], sqlite_where=without, postgresql_where=without)


def downgrade() -> None:
    drop_index(WITHOUT, TABLE)
    drop_index(OF_ALL, TABLE)
    drop_index(OF_TENANT, TABLE)
    op.drop_column(TABLE, "slug")
