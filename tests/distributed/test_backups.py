"""The commands of docs/recovery.md about PostgreSQL, as they stand there."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from pydantic import SecretStr

from exports_app import wiring
from exports_app.db import migrate
from exports_app.domain.runs.states import RunStatus
from exports_app.services.core.records import Run, Schedule
from exports_app.settings import Settings
from exports_app.wiring import Services
from tests.conftest import SECRET_KEY
from tests.e2e.client import wait_until
from tests.operations.handbook import blocks, scripts
from tests.paths import ROOT
from tests.postgres import Postgres, programs
from tests.world import Cast, make_cast, make_schedule, runs_of, the_run, trigger_and_execute

PATIENCE = 120
PYTHON = ".venv/bin/python"


@dataclass
class Place:
    """An installation over PostgreSQL, and the folder that stands for /backup."""

    server: Postgres
    folder: Path
    backup: Path
    held: ExitStack

    @property
    def settings(self) -> Settings:
        return Settings(
            data_dir=self.folder / "data",
            files_url=str(self.folder / "store"),
            secret_key=SecretStr(SECRET_KEY),
            demo=False,
            database_url=SecretStr(self.server.url("exports")),
        )

    def services(self) -> Services:
        built = wiring.build(self.settings)
        self.held.callback(built.close)
        return built

    def walk(self, commands: str) -> str:
        """Run them in a shell. Returns what they print."""
        commands = commands.replace("/backup/", f"{self.backup}/")
        env = os.environ | {
            "PATH": f"{programs()}:{os.environ['PATH']}",
            "DATABASE_URL": self.server.url("exports"),
            "FILES_URL": str(self.folder / "store"),
            "DATA_DIR": str(self.folder / "data"),
            "SECRET_KEY": SECRET_KEY,
            "DEMO": "0",
        }
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", commands.replace(PYTHON, sys.executable)],
            cwd=ROOT,
            env=env,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert done.returncode == 0, f"{commands}\n{done.stdout}{done.stderr}"
        return done.stdout

    def own(self, path: Path) -> None:
        """Give it to the server's user, who may not be ours."""
        if self.server.user is not None:
            subprocess.run(["chown", "-R", self.server.user, str(path)], check=True, timeout=60)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """With a server of its own, which is configured and restarted."""
    server = Postgres()
    with ExitStack() as held:
        held.callback(server.remove)
        backup = server.folder / "backup"
        (backup / "wal").mkdir(parents=True)
        server.start()
        server.sql("CREATE DATABASE exports")
        made = Place(server, tmp_path, backup, held)
        made.own(backup)
        services = made.services()
        migrate.upgrade(services.database)
        services.files.prepare()
        services.close()
        yield made


@dataclass(frozen=True)
class Filled:
    cast: Cast
    schedule: Schedule
    run: Run
    waiting: Run


@pytest.fixture
def filled(place: Place, password_hash: str) -> Filled:
    """With a run that has ended, and one that waits."""
    services = place.services()
    cast = make_cast(services, password_hash)
    schedule = make_schedule(services, cast.admin.who)
    run = trigger_and_execute(services, cast.admin.who, schedule)
    waiting = services.schedules.trigger(cast.admin.who, schedule.id)
    services.close()
    return Filled(cast, schedule, run, waiting)


@pytest.mark.long
def test_a_dump_is_restored_and_what_may_have_been_sent_is_held(
    place: Place, filled: Filled
) -> None:
    dump, restore = scripts("recovery.md", "Backups of PostgreSQL")
    place.walk(dump.text)
    services = place.services()
    trigger_and_execute(services, filled.cast.admin.who, filled.schedule)
    services.close()
    place.server.drop("exports")
    place.server.sql("CREATE DATABASE exports")
    shutil.rmtree(place.folder / "store")
    (place.folder / "store").mkdir()

    said = place.walk(restore.text)
    assert "Held: 1 unfinished run," in said
    services = place.services()
    assert {run.id for run in runs_of(services, filled.schedule)} == {
        filled.run.id,
        filled.waiting.id,
    }
    assert the_run(services, filled.run) == filled.run
    assert services.files.find(filled.run.file_key or "") is not None
    assert the_run(services, filled.waiting).status is RunStatus.CANCELLED
    assert services.run_queue.claim() is None
    assert services.audit_verification.check().all_faults == []


@pytest.mark.long
def test_a_moment_before_an_accident_comes_back(place: Place, filled: Filled) -> None:
    archiving, base, recovery = blocks("recovery.md", "Point-in-time recovery")
    server = place.server
    configuration = server.data / "postgresql.conf"
    server.stop()
    with configuration.open("a") as lines:
        lines.write(archiving.text.replace("/backup/", f"{place.backup}/"))
    server.start()
    place.walk(base.text)
    services = place.services()
    later = trigger_and_execute(services, filled.cast.admin.who, filled.schedule)
    services.close()
    with psycopg.connect(server.url("exports"), autocommit=True) as connection:
        row = connection.execute("SELECT clock_timestamp()::text").fetchone()
        assert row is not None
        moment = row[0]
        connection.execute("UPDATE tenants SET name = 'an accident'")
        connection.execute("SELECT pg_switch_wal()")
        archived = "SELECT archived_count > 0 AND failed_count = 0 FROM pg_stat_archiver"
        wait_until(
            "the log is archived",
            lambda: connection.execute(archived).fetchone() == (True,),
            PATIENCE,
        )
    server.stop()

    server.data.rename(server.folder / "data.broken")
    shutil.copytree(place.backup / "base", server.data)
    server.data.chmod(0o700)
    lines = recovery.text.replace("/backup/", f"{place.backup}/")
    lines = re.sub(r"recovery_target_time = '.*'", f"recovery_target_time = '{moment}'", lines)
    with (server.data / "postgresql.auto.conf").open("a") as file:
        file.write(lines)
    (server.data / "recovery.signal").touch()
    place.own(server.data)
    server.start()
    with psycopg.connect(server.url("exports"), autocommit=True) as connection:
        wait_until(
            "it accepts writes",
            lambda: connection.execute("SELECT pg_is_in_recovery()").fetchone() == (False,),
            PATIENCE,
        )
        names = connection.execute("SELECT name FROM tenants ORDER BY name").fetchall()
        assert names == [("Acme",), ("Globex",)]
    hold = f"{PYTHON} -m exports_app hold-restored"
    assert "Held: 1 unfinished run," in place.walk(hold)
    services = place.services()
    assert the_run(services, later).status is RunStatus.COMPLETED


def test_what_is_held_is_refused_while_a_server_runs(place: Place, filled: Filled) -> None:
    from exports_app.db.process_registry import ProcessKind

    services = place.services()
    with services.process_registry.register(ProcessKind.WORKER):
        with pytest.raises(AssertionError, match="a server or worker is running on this database"):
            place.walk(f"{PYTHON} -m exports_app hold-restored")
    assert the_run(services, filled.waiting).status is RunStatus.PENDING


def test_backup_and_restore_say_what_to_do_instead(place: Place, tmp_path: Path) -> None:
    for command in ("backup", "restore"):
        with pytest.raises(AssertionError, match=r"use pg_dump .*docs/recovery\.md, Backup"):
            place.walk(f"{PYTHON} -m exports_app {command} {tmp_path / 'folder'}")
