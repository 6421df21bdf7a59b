"""The last release at work on a database that the new version has migrated, as during an upgrade of
many machines."""

import io
import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from exports_app import wiring
from exports_app.db import migrate
from exports_app.domain.runs.states import RunStatus
from exports_app.settings import Settings
from exports_app.wiring import Services
from tests.conftest import SECRET_KEY
from tests.faults.post import Post
from tests.paths import ROOT
from tests.postgres import Postgres
from tests.world import Cast, execute, make_cast, make_schedule, runs_of, sql

pytestmark = pytest.mark.long

LAST = "0.1.0"
"""The last release."""
SCRIPT = Path(__file__).parent / "last_release.py"
PATIENCE = 300


def git(*arguments: str) -> bytes:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, check=False).stdout


def commit_of_release() -> str:
    """Its tag, or the commit that gave it its section in the changelog: not all copies of a
    repository have its tags."""
    if git("rev-parse", "--verify", "--quiet", f"v{LAST}^{{commit}}"):
        return f"v{LAST}"
    commits = git("log", f"-S## {LAST} (", "--format=%H", "--", "CHANGELOG.md").split()
    assert commits, "this test needs the history of the repository: git fetch --unshallow --tags"
    return commits[-1].decode()


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its code."""
    archive = git("archive", "--format=tar", commit_of_release())
    folder = tmp_path_factory.mktemp("release")
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        files.extractall(folder, filter="data")
    return folder


@pytest.fixture
def settings(postgres: Postgres, tmp_path: Path) -> Settings:
    """Over PostgreSQL: on SQLite one server works at a time, and its triggers call functions of the
    app that an older version lacks."""
    postgres.drop("rolling")
    postgres.sql("CREATE DATABASE rolling")
    return Settings(
        data_dir=tmp_path / "data",
        secret_key=SecretStr(SECRET_KEY),
        demo=False,
        database_url=SecretStr(postgres.url("rolling")),
    )


@pytest.fixture
def services(settings: Settings) -> Iterator[Services]:
    """Of the new version."""
    built = wiring.build(settings)
    migrate.upgrade(built.database)
    built.files.prepare()
    yield built
    built.close()


@pytest.fixture
def cast(services: Services, password_hash: str) -> Cast:
    return make_cast(services, password_hash)


def at_work(release: Path, settings: Settings, cast: Cast, letters: Post) -> dict[str, Any]:
    """What the last release reads and does."""
    asked = {
        "settings": {
            "data_dir": str(settings.data_dir),
            "database_url": settings.database_url.get_secret_value(),
            "secret_key": SECRET_KEY,
            "demo": False,
        },
        "tenant": cast.acme.id,
        "user": cast.admin.user.id,
        "draft": {
            "name": "Of the old",
            "export_type": "campaigns",
            "format": "csv",
            "schedule": "0 9 * * 1",
            "timezone": "Europe/Berlin",
            "recipients": ["old@example.com"],
        },
    }
    done = subprocess.run(
        [sys.executable, str(SCRIPT), json.dumps(asked)],
        cwd=release,
        env=os.environ | letters.settings() | {"PYTHONPATH": str(release)},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def test_the_last_release_lists_runs_and_delivers(
    release: Path, settings: Settings, services: Services, cast: Cast, letters: Post
) -> None:
    who = cast.admin.who
    finished = make_schedule(services, who, name="Finished")
    services.schedules.trigger(who, finished.id)
    run = services.run_queue.claim()
    assert run is not None
    execute(services, run)
    waiting = make_schedule(services, who, name="Waiting", recipients=("new@example.com",))
    services.schedules.trigger(who, waiting.id)
    due = make_schedule(services, who, name="Due")
    long_ago = services.clock() - timedelta(minutes=1)
    with services.store.write() as tx:
        tx.schedules.advance({due.id: long_ago})

    seen = at_work(release, settings, cast, letters)
    assert seen["schedules"] == ["Due", "Finished", "Waiting"]
    assert seen["histories"] == {"Due": 0, "Finished": 1, "Waiting": 1}
    assert seen["names"] == ["Finished", "Waiting"]
    assert (seen["total"], seen["members"], seen["ticks"]) == (3, 2, 1)
    sent = ["completed", ["accepted"]]
    assert seen["done"] == [["Due", *sent], ["Of the old", *sent], ["Waiting", *sent]]

    # And the new version reads what the old one did
    (made,) = [s for s in _schedules(services, cast) if s.name == "Of the old"]
    for schedule in (finished, waiting, due, made):
        (ended,) = runs_of(services, schedule)
        assert ended.status is RunStatus.COMPLETED
        assert ended.spec.name == schedule.name
    counted = dict(sql(services, "SELECT status, count(*) FROM export_history GROUP BY status"))
    figures = services.health.figures()
    assert {k: v for k, v in figures.runs.items() if v} == counted
    assert services.run_queue.claim() is None
    assert services.export_analytics.read(who, cast.acme.id)
    _again(services, cast, made.id)


def _schedules(services: Services, cast: Cast) -> list[Any]:
    from exports_app.services.core.records import Page

    with services.store.read() as tx:
        return list(
            tx.schedules.find(frozenset({cast.acme.id}), {}, "", Page(1, 50, sort="name"))[0]
        )


def _again(services: Services, cast: Cast, schedule_id: str) -> None:
    services.schedules.trigger(cast.admin.who, schedule_id)
    run = services.run_queue.claim()
    assert run is not None
    assert execute(services, run).status is RunStatus.COMPLETED
