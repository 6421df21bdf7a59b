"""downloads of files are listed, and the links of a run can be revoked

Revision: 0013
Before: 0012
"""

import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "0013", "0012", None, None

# Sorted by code point in every database
ID = sa.String(36).with_variant(sa.String(36, collation="C"), "postgresql")
INDEX = "ix_file_downloads_history_id_at"


def upgrade() -> None:
    op.add_column("export_history", sa.Column("links_revoked_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "file_downloads",
        sa.Column("id", ID, nullable=False),
        sa.Column("history_id", ID, nullable=False),
        sa.Column("way", sa.String(length=10), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_id", ID, nullable=True),
        sa.Column("target", sa.String(length=320), nullable=True),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("device", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["history_id"],
            ["export_history.id"],
            name=op.f("fk_file_downloads_history_id_export_history"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_file_downloads")),
    )
    op.create_index(op.f(INDEX), "file_downloads", ["history_id", "at"])


def downgrade() -> None:
    op.drop_table("file_downloads")
    op.drop_column("export_history", "links_revoked_at")
