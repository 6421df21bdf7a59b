"""The code of a newer version: this one with one more migration."""

import shutil
from pathlib import Path

from alembic.script import ScriptDirectory

from tests.build_context import committed
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


def lay_out(folder: Path) -> None:
    """The whole of it; its pages are those of this version."""
    for name in committed():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, target)
    newest = ScriptDirectory(str(ROOT / "alembic")).get_current_head() or ""
    (folder / FILE).write_text(migration(newest), encoding="utf-8")
    (folder / ".web").symlink_to(ROOT / ".web")
