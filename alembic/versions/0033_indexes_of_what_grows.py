"""indexes of what grows: pages in their order, and what housekeeping looks for

Revision: 0033
Before: 0032
"""

from collections.abc import Iterator

import sqlalchemy as sa
from exports_app.db.concurrent_indexes import create_index, drop_index

revision, down_revision, branch_labels, depends_on = "0033", "0032", None, None

SCHEDULES, AUDIT, RUNS = "scheduled_exports", "audit_entries", "export_history"
LISTED_BY = ("name", "created_at", "next_run_at", "last_run_at")
LIVE = "deleted_at IS NULL"
OPEN = "accepted_at IS NULL AND revoked_at IS NULL"
KEPT = "file_key IS NOT NULL AND file_removed_at IS NULL"
SENDING = "status = 'sending'"
ACTIVE = ("is_active = 1 AND deleted_at IS NULL", "is_active AND deleted_at IS NULL")
WITH_DEMO_PASSWORD = ("has_demo_password = 1", "has_demo_password")

Where = str | tuple[str, str] | None
"""A condition; two where SQLite's and PostgreSQL's differ."""


def made() -> Iterator[tuple[str, str, tuple[str, ...], Where]]:
    for column in LISTED_BY:
        yield f"ix_{SCHEDULES}_tenant_id_{column}_id", SCHEDULES, ("tenant_id", column, "id"), LIVE
        yield f"ix_{SCHEDULES}_{column}_id", SCHEDULES, (column, "id"), LIVE
    yield f"ix_{SCHEDULES}_owner_id_tenant_id", SCHEDULES, ("owner_id", "tenant_id", "deleted_at"), None
    yield f"ix_{SCHEDULES}_zone", SCHEDULES, ("is_active", "timezone", "id"), ACTIVE
    yield "ix_users_name_id", "users", ("name", "id"), None
    yield "ix_users_with_demo_password", "users", ("email",), WITH_DEMO_PASSWORD
    yield "ix_campaigns_name_id", "campaigns", ("name", "id"), None
    yield f"ix_{AUDIT}_at_id", AUDIT, ("at", "id"), None
    yield (f"ix_{AUDIT}_tenant_id_action_at_id", AUDIT, ("tenant_id", "action", "at", "id"), None)
    yield f"ix_{AUDIT}_action_at_id", AUDIT, ("action", "at", "id"), None
    yield f"ix_{RUNS}_kept_since", RUNS, ("tenant_id", "completed_at", "id"), KEPT
    for messages in ("notices", "account_messages"):
        yield f"ix_{messages}_sending", messages, ("status",), SENDING
    yield "ix_invitations_open_from", "invitations", ("invited_by",), OPEN


REPLACED = (
    *((f"ix_{SCHEDULES}_tenant_id_{column}", SCHEDULES, ("tenant_id", column), LIVE) for column in LISTED_BY),
    (f"ix_{AUDIT}_at", AUDIT, ("at",), None),
)
"""By longer ones."""


def upgrade() -> None:
    for index in made():
        _create(*index)
    for name, table, _, _ in REPLACED:
        drop_index(name, table)


def downgrade() -> None:
    for index in REPLACED:
        _create(*index)
    for name, table, _, _ in made():
        drop_index(name, table)


def _create(name: str, table: str, columns: tuple[str, ...], where: Where) -> None:
    sqlite, postgresql = (where, where) if where is None or isinstance(where, str) else where
    create_index(
        name,
        table,
        columns,
        sqlite_where=None if sqlite is None else sa.text(sqlite),
        postgresql_where=None if postgresql is None else sa.text(postgresql),
    )
