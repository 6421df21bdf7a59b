"""indexes by which old notifications and links of password resets are found

Revision: 0030
Before: 0029
"""

import sqlalchemy as sa
from exports_app.db.concurrent_indexes import create_index, drop_index

revision, down_revision, branch_labels, depends_on = "0030", "0029", None, None

WITH_RUN = {dialect: sa.text("history_id IS NOT NULL") for dialect in ("sqlite_where", "postgresql_where")}


def upgrade() -> None:
    create_index("ix_notices_history_id", "notices", ["history_id"], **WITH_RUN)
    create_index("ix_notices_created_at", "notices", ["created_at"])
    create_index("ix_password_resets_expires_at", "password_resets", ["expires_at"])


def downgrade() -> None:
    drop_index("ix_password_resets_expires_at", "password_resets")
    drop_index("ix_notices_created_at", "notices")
    drop_index("ix_notices_history_id", "notices")
