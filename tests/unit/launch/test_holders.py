"""Who has locked a file, by /proc/locks."""

import os
from pathlib import Path

import pytest

from exports_app.launch import holders


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(holders, "PROC", tmp_path)
    file = tmp_path / "exports.db"
    file.touch()
    return file


def note(file: Path, device: int) -> None:
    place = f"{os.major(device):02x}:{os.minor(device):02x}:{file.stat().st_ino}"
    line = f"1: POSIX  ADVISORY  WRITE 4242 {place} 1073741824 1073742335\n"
    (holders.PROC / "locks").write_text(line)


def test_who_has_locked_the_file(database: Path) -> None:
    note(database, database.stat().st_dev)
    held = holders.of_lock(database)
    assert held is not None
    assert held.pid == 4242


def test_a_file_of_another_disk_with_the_same_inode_is_another_file(database: Path) -> None:
    note(database, database.stat().st_dev + 1)
    assert holders.of_lock(database) is None
