"""An empty database, and the migrations."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory

from exports_app.db import migrate
from exports_app.db.engine import Database


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """Empty: not even a schema."""
    made = Database(f"sqlite:///{tmp_path / 'exports.db'}")
    yield made
    made.dispose()


@pytest.fixture
def migrated(migrated_file: Path, tmp_path: Path) -> Iterator[Database]:
    """With the newest schema and no row: a copy of what the migrations made once."""
    file = tmp_path / "migrated.db"
    shutil.copy(migrated_file, file)
    made = Database(f"sqlite:///{file}")
    yield made
    made.dispose()


@pytest.fixture
def scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(migrate._config())
