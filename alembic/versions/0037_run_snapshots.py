"""a run's snapshot is stored once, by its hash

Revision: 0037
Before: 0036
"""

import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "0037", "0036", None, None


def upgrade() -> None:
    # Rows are moved there in housekeeping: see repositories/runs/snapshots.py
    op.create_table(
        "run_specs",
        sa.Column("hash", sa.String(32), nullable=False),
        sa.Column("spec", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_run_specs")),
    )
    op.add_column("export_history", sa.Column("spec_hash", sa.String(32), nullable=True))


def downgrade() -> None:
    runs = sa.table("export_history", sa.column("spec", sa.JSON()), sa.column("spec_hash", sa.String()))
    specs = sa.table("run_specs", sa.column("hash", sa.String()), sa.column("spec", sa.JSON()))
    stored = sa.select(specs.c.spec).where(specs.c.hash == runs.c.spec_hash).scalar_subquery()
    empty = sa.cast(runs.c.spec, sa.Text()) == "{}"
    op.execute(runs.update().where(empty, runs.c.spec_hash.is_not(None)).values(spec=stored))
    op.drop_column("export_history", "spec_hash")
    op.drop_table("run_specs")
