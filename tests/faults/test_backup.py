"""Backups of a large database while a server works, and those that were killed."""

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from exports_app.domain.runs.states import FINISHED
from tests.e2e.client import wait_until
from tests.e2e.server import environment
from tests.faults.app import PATIENCE
from tests.faults.house import House
from tests.paths import ROOT
from tests.world import sql

ROWS = 300_000
"""Of metrics beside the rest: enough that the copy takes many steps."""
FILL = """
INSERT INTO campaign_metrics (campaign_id, date, impressions, clicks, conversions, spend, revenue)
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
SELECT (SELECT id FROM campaigns ORDER BY id LIMIT 1), date('1200-01-01', i || ' days'),
  i, i, i, i, i FROM n
"""


def started(house: House, *arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "exports_app", *arguments],
        cwd=ROOT,
        env=environment(house.folder, house.settings()),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def done(house: House, *arguments: str) -> "subprocess.CompletedProcess[str]":
    process = started(house, *arguments)
    out, error = process.communicate(timeout=PATIENCE * 4)
    return subprocess.CompletedProcess(arguments, process.returncode, out, error)


@pytest.fixture
def large(house: House) -> House:
    sql(house.services, FILL, ROWS)
    return house


@pytest.mark.long
def test_a_backup_under_writes_ends_and_is_restored(large: House, tmp_path: Path) -> None:
    """The server runs hundreds of exports meanwhile."""
    house, folder = large, tmp_path / "backup"
    names = [f"export {i}" for i in range(30)]
    for name in names:
        house.once(name, "ok@example.com")
    house.make_due()
    app = house.serve()
    wait_until("a run is at work", house.runs, PATIENCE)
    made = done(house, "backup", str(folder))
    assert made.returncode == 0, made.stderr
    house.all_end(len(names), app)
    app.end()

    before = {run.id: run for run in house.runs()}
    restored = done(house, "restore", str(folder), "--force")
    assert restored.returncode == 0, restored.stderr
    house.services.database.dispose()
    after = {run.id: run for run in house.runs()}
    assert after.keys() <= before.keys() | {
        run.id for run in after.values() if run.error_code == "restored"
    }
    assert all(run.status in FINISHED for run in after.values())
    for run in after.values():
        if run.error_code != "restored":
            assert run == before[run.id]
            assert house.services.files.has(run.file_key or "")
    with closing(sqlite3.connect(house.folder / "exports.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    letters = len(house.post.ledger)
    house.serve()
    wait_until("the server answers", lambda: house.services.health.troubles() == [], PATIENCE)
    assert len(house.post.ledger) == letters  # nothing goes out twice


@pytest.mark.long
@pytest.mark.parametrize("stage", ["copying the database", "verifying"])
def test_a_backup_that_was_killed_is_refused(large: House, tmp_path: Path, stage: str) -> None:
    house, folder = large, tmp_path / "backup"
    process = started(house, "backup", str(folder))
    assert process.stderr is not None
    while stage not in process.stderr.readline():
        assert process.poll() is None
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert folder.exists()
    refused = done(house, "restore", str(folder), "--force")
    assert refused.returncode == 1
    assert "has no manifest.json: the backup is incomplete" in refused.stderr
    again = done(house, "backup", str(folder))
    assert "already exists" in again.stderr
