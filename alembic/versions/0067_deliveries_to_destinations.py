"""one delivery of a run to each destination

Revision: 0067
Before: 0066
"""

import sqlalchemy as sa
from exports_app.db.concurrent_indexes import create_index, drop_index

revision, down_revision, branch_labels, depends_on = "0067", "0066", None, None

NAME = "ix_deliveries_history_id_destination_id"


def upgrade() -> None:
    where = sa.text("destination_id IS NOT NULL")
    options = {"unique": True, "sqlite_where": where, "postgresql_where": where}
    create_index(NAME, "deliveries", ["history_id", "destination_id"], **options)


def downgrade() -> None:
    drop_index(NAME, "deliveries")
