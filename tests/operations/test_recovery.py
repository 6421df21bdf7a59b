"""docs/recovery.md, walked as an operator would."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import httpx
import pytest

from tests.e2e.client import wait_until
from tests.faults.full_disk import fill
from tests.faults.house import INJECTED
from tests.operations import newer_code
from tests.operations.handbook import blocks, constant, walk
from tests.operations.machine import PATIENCE, Machine

pytestmark = pytest.mark.long
DOCUMENT = "recovery.md"
DOCTOR = ".venv/bin/python -m exports_app doctor"


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
        doctor = machine.shell("cd /opt/exports; set -a; . /etc/exports.env; " + DOCTOR)
        assert doctor.returncode == 1
        assert "BAD  database: its file is missing, and a server is running" in doctor.stdout
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


def test_an_upgrade_went_wrong(machine: Machine) -> None:
    """The newer version is this one with one more migration."""
    with machine.signed_in() as api:
        weekly = api.schedule("Weekly", "ok@example.com")
        run = api.run(weekly)
    with walk(machine, DOCUMENT, "Backup") as backup:
        backup.rest()
    machine.stop_app()
    older = _schema(machine)
    migration = machine.installed.project / newer_code.FILE
    try:
        migration.write_text(newer_code.migration(older))
        machine.start()
        assert _schema(machine) == newer_code.SCHEMA
        machine.stop_app()
        migration.unlink(missing_ok=True)
        machine.done("systemctl start exports-web")
        line = constant(blocks(DOCUMENT, "Back to the version before")[0].text)
        wait_until("it refuses", lambda: line in constant(machine.log("exports-web")), PATIENCE)
        assert "Traceback" not in machine.log("exports-web")

        with walk(machine, DOCUMENT, "Back to the version before") as recovery:
            recovery.rest()
        assert _schema(machine) == older
        with machine.signed_in() as api:
            (kept,) = api.history(weekly)
            assert (kept["id"], kept["status"]) == (run, "completed")

        machine.stop_app()
        migration.write_text(newer_code.migration(older))
        machine.app("restore --force /backup/2026-11-30")
        assert _schema(machine) == newer_code.SCHEMA
        machine.start()
    finally:
        migration.unlink(missing_ok=True)


def _schema(machine: Machine) -> str:
    with closing(sqlite3.connect(machine.data / "exports.db")) as connection:
        return str(connection.execute("SELECT version_num FROM alembic_version").fetchone()[0])


def test_the_disk_is_full(small_machine: Machine) -> None:
    """What an earlier restore moved away has filled it. Nothing needs a restart."""
    machine = small_machine
    ballast = machine.data / "exports.before-20261101T090000Z" / "exports.db"
    if not machine.is_small:
        _refuse_to_write_while_there_is(machine, ballast)
    with machine.signed_in() as api:
        weekly = api.schedule("Weekly", "hang@example.com")
        run = api.trigger(weekly)
        wait_until("the message is on the wire", lambda: machine.post.ledger, PATIENCE)
        ballast.parent.mkdir()
        if machine.is_small:
            fill(machine.data / "exports.db", ballast)
        else:
            ballast.touch()
        machine.installed.give(machine.data)
        machine.post.let_go.set()
        trouble = "database or disk is full"
        wait_until("it is logged", lambda: trouble in machine.log("exports-web"), PATIENCE)
        if machine.is_small:  # the other way refuses only the writes of the app's transactions
            wait_until("it is down", lambda: not machine.answers("/api/health"), PATIENCE)

        with walk(machine, DOCUMENT, "The disk is full") as recovery:
            recovery.next(code=int(machine.is_small))  # of doctor
            recovery.rest()

        wait_until("the run has ended", lambda: api.has_ended(weekly, run), PATIENCE)
        (ended,) = api.history(weekly)
        assert ended["status"] == "completed"
    assert len(machine.post.to("hang@example.com")) == 1


def test_the_certificate_has_expired(machine: Machine) -> None:
    """Requests go on meanwhile, as those of callers who do not look at its date."""
    machine.certify("/etc/ssl/exports", datetime.now(UTC) - timedelta(days=1))
    machine.done("systemctl reload nginx")
    wait_until("it is refused", lambda: _is_refused(machine), PATIENCE)
    machine.certify("/etc/ssl/exports.new")
    with walk(machine, DOCUMENT, "The certificate has expired") as recovery, _asking(machine) as go:
        recovery.next(code=1)
        recovery.rest()
        wait_until("it is the new one", lambda: not _is_refused(machine), PATIENCE)
        go(50)


def _is_refused(machine: Machine) -> bool:
    try:
        return not machine.answers("/api/live")
    except httpx.ConnectError as e:
        return "certificate has expired" in str(e)


@contextmanager
def _asking(machine: Machine) -> Iterator[Callable[[int], object]]:
    """Requests in new connections, one after the other, each of which is answered. Yields what
    waits for so many more."""
    answers: list[int] = []
    stopped = Event()

    def ask() -> None:
        while not stopped.is_set():
            with machine.client(expired=True) as client:
                answers.append(client.get("/api/live").status_code)

    def more(number: int) -> object:
        aim = len(answers) + number
        return wait_until("they are answered", lambda: len(answers) >= aim or done.done(), PATIENCE)

    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(ask)
        try:
            more(10)
            yield more
        finally:
            stopped.set()
        done.result()
    assert set(answers) == {200}


def _refuse_to_write_while_there_is(machine: Machine, file: Path) -> None:
    """The database, as on a full disk."""
    injected = machine.root / "injected"
    shutil.copytree(INJECTED, injected)
    machine.installed.give(injected)
    machine.set(PYTHONPATH=str(injected), FAULT_POINT="database full", FAULT_FILE=str(file))
    machine.restart()


def _lose(folder: Path) -> None:
    """What is in it."""
    for entry in folder.iterdir():
        if entry.is_dir():
            shutil.rmtree(entry)
        else:
            entry.unlink()
