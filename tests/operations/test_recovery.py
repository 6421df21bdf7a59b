"""docs/recovery.md, walked as an operator would."""

import shutil
from pathlib import Path

import pytest

from tests.e2e.client import wait_until
from tests.operations.handbook import walk
from tests.operations.machine import PATIENCE, Machine

pytestmark = pytest.mark.long
DOCUMENT = "recovery.md"


def test_the_data_folder_is_lost(machine: Machine) -> None:
    """A message that waited at the backup went out after it: it is held, and goes out no second
    time."""
    with machine.signed_in() as api:
        weekly = api.schedule("Weekly", "ok+weekly@example.com")
        finished = api.run(weekly)
        machine.post.stop()
        waiting = api.schedule("Waiting", "ok+waiting@example.com")
        api.trigger(waiting)
        wait_until("it waits for the mail server", lambda: api.attempts(waiting), PATIENCE)
        with walk(machine, DOCUMENT, "Backup") as backup:
            backup.rest()
        machine.post.start()
        wait_until("it is sent", lambda: machine.post.to("ok+waiting@example.com"), PATIENCE)

    with walk(machine, DOCUMENT, "The data folder is lost") as recovery:
        _lose(machine.data)
        wait_until("it is down", lambda: not machine.answers("/api/health"), PATIENCE)
        assert "the database file is gone" in machine.log("exports-web")
        assert "database: will be made by the first start" in machine.app("doctor")
        recovery.rest()

    with machine.signed_in() as api:
        (kept,) = api.history(weekly)
        assert (kept["id"], kept["status"]) == (finished, "completed")
        file = api.http.get(f"/api/scheduled-exports/{weekly}/history/{finished}/file")
        assert file.status_code == 200
        (held,) = api.history(waiting)
        assert (held["status"], held["errorCode"]) == ("partial", "restored")
        api.run(weekly)  # it works again
    assert len(machine.post.to("ok+waiting@example.com")) == 1
    assert len(machine.post.to("ok+weekly@example.com")) == 2


def _lose(folder: Path) -> None:
    """What is in it."""
    for entry in folder.iterdir():
        if entry.is_dir():
            shutil.rmtree(entry)
        else:
            entry.unlink()
