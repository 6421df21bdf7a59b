"""what happens on bad days: retries and their attempts, policies of a schedule, notices

Revision: 0005
Before: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

SCHEDULES = "scheduled_exports"
RUNS = "export_history"
ATTEMPTS = "run_attempts"
NOTICES = "notices"
# Sorted by code point in every database
ID = sa.String(36).with_variant(sa.String(36, collation="C"), "postgresql")


def upgrade() -> None:
    for name, kind, default in (
        ("overlap", sa.String(10), "skip"),
        ("catch_up", sa.String(10), "latest"),
        ("catch_up_hours", sa.Integer(), "168"),
        ("jitter_seconds", sa.Integer(), "0"),
        ("pause_after", sa.Integer(), "5"),
        ("on_unknown", sa.String(10), "resend"),
        ("failures", sa.Integer(), "0"),
    ):
        op.add_column(SCHEDULES, sa.Column(name, kind, nullable=False, server_default=default))
    for name, kind in (
        ("retry_attempts", sa.Integer()),
        ("retry_base_seconds", sa.Integer()),
        ("failing_since", sa.DateTime(timezone=True)),
        ("paused_at", sa.DateTime(timezone=True)),
        ("paused_reason", sa.Text()),
    ):
        op.add_column(SCHEDULES, sa.Column(name, kind, nullable=True))
    op.add_column(RUNS, sa.Column("deaths", sa.Integer(), nullable=False, server_default="0"))
    op.add_column(RUNS, sa.Column("overlaps", sa.Boolean(), nullable=False, server_default=sa.false()))
    _attempts()
    _notices()


def _attempts() -> None:
    op.create_table(
        ATTEMPTS,
        sa.Column("id", ID, nullable=False),
        sa.Column("history_id", ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(length=20), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("error_code", sa.String(length=50), nullable=True),
        sa.ForeignKeyConstraint(["history_id"], ["export_history.id"], name=op.f("fk_run_attempts_history_id_export_history")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run_attempts")),
    )
    op.create_index(op.f("ix_run_attempts_history_id"), ATTEMPTS, ["history_id"])


def _notices() -> None:
    op.create_table(
        NOTICES,
        sa.Column("id", ID, nullable=False),
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("scheduled_export_id", ID, nullable=False),
        sa.Column("history_id", ID, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("target", sa.String(length=320), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_notices_tenant_id_tenants")),
        sa.ForeignKeyConstraint(
            ["scheduled_export_id"], ["scheduled_exports.id"], name=op.f("fk_notices_scheduled_export_id_scheduled_exports")
        ),
        sa.ForeignKeyConstraint(["history_id"], ["export_history.id"], name=op.f("fk_notices_history_id_export_history")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
    )
    op.create_index(op.f("ix_notices_scheduled_export_id_created_at"), NOTICES, ["scheduled_export_id", "created_at"])
    op.create_index(op.f("ix_notices_next_attempt_at"), NOTICES, ["next_attempt_at"])


def downgrade() -> None:
    op.drop_table(NOTICES)
    op.drop_table(ATTEMPTS)
    for column in ("overlaps", "deaths"):
        op.drop_column(RUNS, column)
    for column in ("paused_reason", "paused_at", "failing_since", "retry_base_seconds", "retry_attempts", "failures"):
        op.drop_column(SCHEDULES, column)
    for column in ("on_unknown", "pause_after", "jitter_seconds", "catch_up_hours", "catch_up", "overlap"):
        op.drop_column(SCHEDULES, column)
