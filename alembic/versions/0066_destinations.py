"""destinations of files

Revision: 0066
Before: 0065
"""

import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "0066", "0065", None, None

# Sorted by code point in every database
ID = sa.String(36).with_variant(sa.String(36, collation="C"), "postgresql")
NAME = sa.String(100).with_variant(sa.String(100, collation="C"), "postgresql")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _make_destinations()
    op.create_table(
        "schedule_destinations",
        sa.Column("scheduled_export_id", ID, nullable=False),
        sa.Column("destination_id", ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["scheduled_export_id"],
            ["scheduled_exports.id"],
            name=op.f("fk_schedule_destinations_scheduled_export_id_scheduled_exports"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["destination_id"],
            ["destinations.id"],
            name=op.f("fk_schedule_destinations_destination_id_destinations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("scheduled_export_id", "destination_id", name=op.f("pk_schedule_destinations")),
    )
    columns = ("destination_id", "scheduled_export_id")
    op.create_index(f"ix_schedule_destinations_{'_'.join(columns)}", "schedule_destinations", columns)
    op.add_column("scheduled_exports", sa.Column("destination_ids", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("deliveries", sa.Column("destination_id", ID, nullable=True))
    op.add_column("deliveries", sa.Column("location", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("deliveries", "location")
    op.drop_column("deliveries", "destination_id")
    op.drop_column("scheduled_exports", "destination_ids")
    op.drop_table("schedule_destinations")
    op.drop_table("destinations")


def _make_destinations() -> None:
    op.create_table(
        "destinations",
        sa.Column("id", ID, nullable=False),
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("channel", sa.String(50), nullable=False),
        sa.Column("name", NAME, nullable=False),
        sa.Column("config", sa.JSON(), nullable=False),
        sa.Column("secrets", sa.Text(), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("failing_since", INSTANT, nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("last_used_at", INSTANT, nullable=True),
        sa.Column("created_by", ID, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("deleted_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_destinations_tenant_id_tenants"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name=op.f("fk_destinations_created_by_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_destinations")),
    )
    live = sa.text("deleted_at IS NULL")
    op.create_index(
        "ix_destinations_name", "destinations", ["tenant_id", "name"], unique=True, sqlite_where=live, postgresql_where=live
    )
