"""Bring a database to the newest schema, or say that it is not there yet."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from exports_app.db.engine import Database

ROOT = Path(__file__).resolve().parents[2]


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(ROOT / "alembic"))
    return config


def upgrade(database: Database, to: str = "head") -> None:
    """Run the missing migrations, all in one transaction: a failed one leaves nothing behind."""
    config = _config()
    with database.migrate() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, to)


def downgrade(database: Database, to: str = "base") -> None:
    config = _config()
    with database.migrate() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, to)


def is_current(database: Database) -> bool:
    """Whether the database has the schema this code was written for."""
    with database.read() as connection:
        heads = set(MigrationContext.configure(connection).get_current_heads())
    return heads == set(ScriptDirectory.from_config(_config()).get_heads())
