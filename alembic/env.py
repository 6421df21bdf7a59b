"""Migrations run through exports_app.db.migrate, or by `alembic` itself for those who write them."""

from alembic import context
from exports_app import settings
from exports_app.db import migrate, search
from exports_app.db.engine import Database
from exports_app.db.models import metadata
from sqlalchemy import Connection


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=True,
        compare_type=True,
        include_object=search.has_model,
        transactional_ddl=connection.dialect.name == "postgresql",
        transaction_per_migration=True,
        on_version_apply=context.config.attributes.get("progress"),
    )
    context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    database = Database(settings.get().url)
    with migrate.connected(database) as opened:
        run(opened)
    database.dispose()
