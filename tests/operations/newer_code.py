"""The code of a newer version: this one with one more migration."""

from pathlib import Path

from alembic.script import ScriptDirectory

from tests.paths import ROOT

SCHEMA = "9999"
FILE = f"alembic/versions/{SCHEMA}_of_tomorrow.py"
MIGRATION = """
from alembic import op

revision, down_revision = "9999", "{}"


def upgrade() -> None:
    op.execute("CREATE TABLE of_tomorrow (id INTEGER)")
"""


def migration(after: str) -> str:
    """after: the newest migration of this version."""
    return MIGRATION.format(after)


def write(project: Path) -> None:
    newest = ScriptDirectory(str(ROOT / "alembic")).get_current_head() or ""
    (project / FILE).write_text(migration(newest), encoding="utf-8")
