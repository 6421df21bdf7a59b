"""notices about a schedule that no run is the reason of

Revision: 0023
Before: 0022
"""

import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "0023", "0022", None, None

NOTICES, RUN = "notices", "history_id"
REFERENCES = {"tenant_id": "tenants", "scheduled_export_id": "scheduled_exports", RUN: "export_history"}


def upgrade() -> None:
    _set_nullable(True)


def downgrade() -> None:
    op.execute(f"DELETE FROM {NOTICES} WHERE {RUN} IS NULL")
    _set_nullable(False)


def _set_nullable(nullable: bool) -> None:
    with op.batch_alter_table(NOTICES) as table:
        table.alter_column(RUN, existing_type=sa.String(36), nullable=nullable)
        if op.get_bind().dialect.name == "sqlite":
            # The table is made anew, with its foreign keys in any order: name them one after another
            for column, other in REFERENCES.items():
                name = table.f(f"fk_{NOTICES}_{column}_{other}")
                table.drop_constraint(name, type_="foreignkey")
                table.create_foreign_key(name, other, [column], ["id"])
