"""tags of scheduled exports, and saved views of their list

Revision: 0048
Before: 0050
"""

import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "0048", "0050", None, None

# Sorted by code point in every database
ID = sa.String(36).with_variant(sa.String(36, collation="C"), "postgresql")
NAME = sa.String(40).with_variant(sa.String(40, collation="C"), "postgresql")
FOLDED = sa.String(120).with_variant(sa.String(120, collation="C"), "postgresql")
INSTANT = sa.DateTime(timezone=True)

TEXTS = "search_scheduled_exports"
FOUND = ("name", "description", "recipients")
"""What was searched before. The tenant and the deletion are looked at too."""

KEEP = """
CREATE OR REPLACE FUNCTION search_scheduled_exports_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    DELETE FROM search_scheduled_exports WHERE id = OLD.id;
  ELSIF NEW.deleted_at IS NULL THEN
    INSERT INTO search_scheduled_exports (id, tenant_id, text)
      VALUES (NEW.id, NEW.tenant_id, search_fold(rtrim({text}) COLLATE "C"))
      ON CONFLICT (id) DO UPDATE SET tenant_id = EXCLUDED.tenant_id, text = EXCLUDED.text;
  ELSE
    DELETE FROM search_scheduled_exports WHERE id = NEW.id;
  END IF;
  RETURN NULL;
END
$$
"""
CHANGE = """
CREATE OR REPLACE TRIGGER search_scheduled_exports_change
  AFTER UPDATE OF {columns} ON scheduled_exports
  FOR EACH ROW WHEN ({differs}) EXECUTE FUNCTION search_scheduled_exports_keep()
"""


def upgrade() -> None:
    op.add_column("scheduled_exports", sa.Column("tags", sa.JSON(), nullable=False, server_default="[]"))
    _search("tags")
    _make_tags()
    _make_views()


def downgrade() -> None:
    op.drop_table("saved_views")
    op.drop_table("schedule_tags")
    _search()
    op.drop_column("scheduled_exports", "tags")


def _make_tags() -> None:
    op.create_table(
        "schedule_tags",
        sa.Column("scheduled_export_id", ID, nullable=False),
        sa.Column("folded", FOLDED, nullable=False),
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("name", NAME, nullable=False),
        sa.ForeignKeyConstraint(
            ["scheduled_export_id"],
            ["scheduled_exports.id"],
            name=op.f("fk_schedule_tags_scheduled_export_id_scheduled_exports"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenants.id"],
            name=op.f("fk_schedule_tags_tenant_id_tenants"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("scheduled_export_id", "folded", name=op.f("pk_schedule_tags")),
    )
    for columns in (("tenant_id", "folded", "scheduled_export_id"), ("tenant_id", "name")):
        op.create_index(f"ix_schedule_tags_{'_'.join(columns)}", "schedule_tags", columns)


def _make_views() -> None:
    op.create_table(
        "saved_views",
        sa.Column("id", ID, nullable=False),
        sa.Column("tenant_id", ID, nullable=False),
        sa.Column("maker_id", ID, nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("filters", sa.JSON(), nullable=False),
        sa.Column("is_shared", sa.Boolean(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenants.id"],
            name=op.f("fk_saved_views_tenant_id_tenants"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["maker_id"],
            ["users.id"],
            name=op.f("fk_saved_views_maker_id_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_views")),
    )
    columns = ("tenant_id", "is_shared", "maker_id")
    op.create_index(f"ix_saved_views_{'_'.join(columns)}", "saved_views", columns)


def _search(*more: str) -> None:
    """What a search finds, with more columns that hold lists. No schedule has tags yet, so that the
    texts stay as they are: without a space at their end."""
    if op.get_context().dialect.name == "postgresql":
        _search_postgresql(more)
    else:
        _search_sqlite(more)


def _search_postgresql(more: tuple[str, ...]) -> None:
    parts = [*(f"coalesce(NEW.{column}, '')" for column in FOUND[:2])]
    parts += [f"search_list(NEW.{column})" for column in (FOUND[2], *more)]
    columns = (*FOUND, *more, "tenant_id", "deleted_at")
    # JSON has no comparison
    differs = (f"OLD.{column}::text IS DISTINCT FROM NEW.{column}::text" for column in columns)
    op.execute(KEEP.format(text=" || ' ' || ".join(parts)))
    op.execute(CHANGE.format(columns=", ".join(columns), differs=" OR ".join(differs)))


def _search_sqlite(more: tuple[str, ...]) -> None:
    lists = (f"coalesce((SELECT group_concat(value, ' ') FROM json_each(NEW.{column})), '')" for column in (FOUND[2], *more))
    parts = [*(f"coalesce(NEW.{column}, '')" for column in FOUND[:2]), *lists]
    together = " || ' ' || ".join(parts)
    add = (
        f"INSERT INTO {TEXTS} (id, tenant_id, text) SELECT NEW.id, NEW.tenant_id,"
        f" search_fold(rtrim({together})) WHERE NEW.deleted_at IS NULL"
    )
    columns = (*FOUND, *more, "tenant_id", "deleted_at")
    differs = " OR ".join(f"OLD.{column} IS NOT NEW.{column}" for column in columns)
    for event in ("insert", "update"):
        op.execute(f"DROP TRIGGER {TEXTS}_{event}")
    op.execute(f"CREATE TRIGGER {TEXTS}_insert AFTER INSERT ON scheduled_exports BEGIN {add}; END")
    op.execute(
        f"CREATE TRIGGER {TEXTS}_update AFTER UPDATE OF {', '.join(columns)} ON scheduled_exports"
        f" WHEN {differs} BEGIN DELETE FROM {TEXTS} WHERE id = OLD.id; {add}; END"
    )
