"""The command line over an empty folder."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commands import Commands, Result
from tests.integration.launch.cli.process import OURS, Run, free_port


@pytest.fixture(scope="session")
def commands() -> Iterator[Commands]:
    with Commands() as opened:
        yield opened


@pytest.fixture
def run(commands: Commands, tmp_path: Path) -> Run:
    """`python -m exports_app ...` over a data folder of its own; env: settings, typed: its
    stdin."""

    def command(*args: str, typed: str | bytes = "", **env: str) -> Result:
        clean = {k: v for k, v in os.environ.items() if k not in OURS and not k.startswith("SMTP_")}
        clean |= {"DATA_DIR": str(tmp_path / "data"), "PORT": str(free_port()), "PYTHONUTF8": "1"}
        return commands.run(
            args, clean | env, typed if isinstance(typed, bytes) else typed.encode()
        )

    return command


@pytest.fixture
def migrated(migrated_file: Path, tmp_path: Path) -> None:
    """The data folder has its database: a command that finds none runs every migration."""
    (tmp_path / "data").mkdir()
    shutil.copy(migrated_file, tmp_path / "data" / "exports.db")
