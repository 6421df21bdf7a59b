"""indexes of runs by their snapshot, and of those that hold theirs themselves

Revision: 0038
Before: 0037
"""

import sqlalchemy as sa
from exports_app.db.concurrent_indexes import create_index, drop_index

revision, down_revision, branch_labels, depends_on = "0038", "0037", None, None


def _where(condition: str) -> dict[str, sa.TextClause]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def upgrade() -> None:
    create_index("ix_export_history_spec_hash", "export_history", ["spec_hash"], **_where("spec_hash IS NOT NULL"))
    own = _where("spec_hash IS NULL AND completed_at IS NOT NULL")
    create_index("ix_export_history_own_spec", "export_history", ["completed_at"], **own)


def downgrade() -> None:
    drop_index("ix_export_history_own_spec", "export_history")
    drop_index("ix_export_history_spec_hash", "export_history")
