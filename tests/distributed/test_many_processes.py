"""Several servers and workers over one PostgreSQL do what one process does: once, and whatever
happens to each of them."""

import signal
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from exports_app.domain.access import Principal
from exports_app.domain.runs.states import RunStatus
from exports_app.services.core.records import Run, Schedule
from exports_app.services.identity import passwords
from exports_app.wiring import Services
from tests.distributed.conftest import PATIENCE, Installation, ended
from tests.e2e.client import wait_until
from tests.e2e.server import environment, free_port, refused
from tests.mailserver import MailServer
from tests.paths import ROOT
from tests.world import PASSWORD, make_campaigns, make_cast, make_schedule, sql

LESS_THAN_THE_WAIT = 50.0
"""Seconds."""


@dataclass
class House:
    services: Services
    admin: Principal

    def schedule(self, name: str, **more: object) -> Schedule:
        return make_schedule(self.services, self.admin, name=name, **more)

    def trigger(self, schedule: Schedule) -> str:
        return self.services.schedules.trigger(self.admin, schedule.id).id

    def all_end(self, run_ids: list[str], seconds: float = PATIENCE) -> dict[str, Run]:
        found: dict[str, Run] = wait_until(
            "all runs have ended", lambda: ended(self.services, run_ids), seconds
        )
        return found


@pytest.fixture
def house(installation: Installation) -> House:
    services = installation.services()
    cast = make_cast(services, passwords.hash_password(PASSWORD))
    make_campaigns(services, cast)
    return House(services, cast.admin.who)


def messages(mails: MailServer) -> Counter[str]:
    """How many copies of each."""
    return Counter(message.message["Message-ID"] for message in mails.messages)


def caller(url: str) -> httpx.Client:
    login = httpx.post(
        f"{url}/api/auth/login",
        json={"email": "admin@example.com", "password": PASSWORD},
        timeout=30,
    )
    return httpx.Client(
        base_url=url, timeout=30, headers={"Authorization": f"Bearer {login.json()['accessToken']}"}
    )


def test_a_run_asked_for_at_one_server_and_made_by_a_worker_is_fetched_from_another_without_redis(
    installation: Installation, house: House
) -> None:
    first, second = installation.web(), installation.web()
    installation.worker()
    schedule = house.schedule("Anywhere")
    with caller(first.url) as a, caller(second.url) as b:
        history_id = a.post(f"/api/scheduled-exports/{schedule.id}/trigger").json()["historyId"]
        run = house.all_end([history_id])[history_id]
        assert run.status is RunStatus.COMPLETED
        file = b.get(f"/api/scheduled-exports/{schedule.id}/history/{history_id}/file")
        assert file.text.startswith("campaign_id,")
        assert b.get("/api/health").json()["status"] == "ok"
        assert list(messages(installation.mails).values()) == [1]
        assert sql(
            house.services, "SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo'"
        ) == [(0,)]
        installation.redis.stop()
        try:
            history_id = a.post(f"/api/scheduled-exports/{schedule.id}/trigger").json()["historyId"]
            assert house.all_end([history_id])[history_id].status is RunStatus.COMPLETED
        finally:
            installation.redis.start()


def test_who_waits_at_a_server_is_answered_when_the_run_ends_elsewhere(
    installation: Installation, house: House
) -> None:
    """The clients give up before the time is over, at which they would be answered in any case."""
    first, second = installation.web(), installation.web()
    installation.worker()
    schedule = house.schedule("Awaited")
    with caller(first.url) as a, caller(second.url) as b, ThreadPoolExecutor(1) as pool:
        cursor = b.get("/api/runs/ended", params={"from": "now"}).json()["nextCursor"]
        asked = {"cursor": cursor, "wait": 60}
        waits = pool.submit(b.get, "/api/runs/ended", params=asked, timeout=LESS_THAN_THE_WAIT)
        trigger = f"/api/scheduled-exports/{schedule.id}/trigger"
        run = a.post(trigger, params={"wait": 60}, timeout=LESS_THAN_THE_WAIT).json()
        assert run["status"] == "completed"
        assert [found["id"] for found in waits.result().json()["items"]] == [run["historyId"]]


@pytest.mark.long
def test_without_a_worker_a_server_does_the_work_itself(
    installation: Installation, house: House
) -> None:
    installation.web()
    run_id = house.trigger(house.schedule("By the server"))
    assert house.all_end([run_id])[run_id].status is RunStatus.COMPLETED


def test_a_worker_is_seen(installation: Installation) -> None:
    port, web = free_port(), installation.web()
    metrics = f"http://127.0.0.1:{port}/metrics"
    with httpx.Client(trust_env=False) as client:
        assert "exports_workers 0.0" in client.get(f"{web.url}/api/metrics").text
        installation.worker(WORKER_METRICS_PORT=str(port))
        wait_until(
            "the worker is counted",
            lambda: "exports_workers 1.0" in client.get(f"{web.url}/api/metrics").text,
            PATIENCE,
        )
        assert client.get(f"http://127.0.0.1:{port}/live").status_code == 200
        told = client.get(metrics).text
        assert "exports_healthy 1.0" in told, told


def test_what_a_killed_worker_had_begun_another_one_ends(
    installation: Installation, house: House
) -> None:
    workers = [installation.worker() for _ in range(2)]
    runs = [house.trigger(house.schedule(f"No. {i}")) for i in range(12)]
    wait_until(
        "one was claimed",
        lambda: sql(house.services, "SELECT 1 FROM export_history WHERE attempt > 0"),
        PATIENCE,
    )
    workers[0].send(signal.SIGKILL)
    done = house.all_end(runs)
    assert {run.status for run in done.values()} == {RunStatus.COMPLETED}
    copies = messages(installation.mails)
    assert len(copies) == len(runs)


@pytest.mark.long
def test_a_rolling_restart_of_all_loses_and_repeats_nothing(
    installation: Installation, house: House
) -> None:
    server, workers = installation.web(), [installation.worker() for _ in range(2)]
    schedules = [house.schedule(f"No. {i}") for i in range(10)]
    runs = [house.trigger(one) for one in schedules]
    for worker in workers:
        installation.worker()
        runs += [house.trigger(one) for one in schedules]
        worker.send(signal.SIGTERM)
        assert worker.ended() == 0, worker.output
    installation.web()
    runs += [house.trigger(one) for one in schedules]
    assert server.stop() == 0, server.output
    done = house.all_end(runs)
    assert {run.status for run in done.values()} == {RunStatus.COMPLETED}
    assert {run.deaths for run in done.values()} == {0}
    assert set(messages(installation.mails).values()) == {1}
    assert len(messages(installation.mails)) == len(runs)


def test_workers_come_back_by_themselves_when_postgresql_does(
    installation: Installation, house: House
) -> None:
    workers = [installation.worker() for _ in range(2)]
    before = [house.trigger(house.schedule(f"Before {i}")) for i in range(4)]
    installation.postgres.stop(immediate=True)
    for worker in workers:
        wait_until(
            "the worker has noticed",
            lambda worker=worker: "cannot be reached" in worker.output,
            PATIENCE,
        )
    installation.postgres.start()
    after = [house.trigger(house.schedule(f"After {i}")) for i in range(4)]
    done = house.all_end(before + after)
    assert {run.status for run in done.values()} == {RunStatus.COMPLETED}
    assert len(messages(installation.mails)) == len(before + after)
    assert all(worker.process.poll() is None for worker in workers)


def worker_that_ends(folder: Path, env: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "exports_app", "worker"]
    return subprocess.run(
        command,
        cwd=ROOT,
        env=environment(folder, env),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


class TestWhatIsRefusedAtTheStart:
    def test_a_second_server_without_redis(self, installation: Installation) -> None:
        installation.web(REDIS_URL="")
        assert_refused(
            refused(installation.folder / "second", installation.settings() | {"REDIS_URL": ""}),
            "REDIS_URL",
        )

    @pytest.mark.long
    def test_a_second_server_with_redis_beside_one_without_it(
        self, installation: Installation
    ) -> None:
        installation.web(REDIS_URL="")
        assert_refused(
            refused(installation.folder / "second", installation.settings()), "REDIS_URL"
        )

    def test_a_server_among_others_without_the_key_of_all(self, installation: Installation) -> None:
        done = refused(
            installation.folder / "keyless", installation.settings() | {"SECRET_KEY": ""}
        )
        assert_refused(done, "the same SECRET_KEY")

    def test_a_worker_on_sqlite(self, tmp_path: Path) -> None:
        assert_refused(worker_that_ends(tmp_path, {}), "DATABASE_URL=postgresql")

    @pytest.mark.long
    def test_a_worker_without_the_key_of_all(
        self, tmp_path: Path, installation: Installation
    ) -> None:
        assert_refused(worker_that_ends(tmp_path, {"DATABASE_URL": installation.url}), "SECRET_KEY")

    @pytest.mark.parametrize("process", ["worker", pytest.param("server", marks=pytest.mark.long)])
    def test_a_database_that_is_not_migrated(
        self, tmp_path: Path, installation: Installation, process: str
    ) -> None:
        installation.postgres.sql("CREATE DATABASE bare")
        try:
            settings = installation.settings() | {"DATABASE_URL": installation.postgres.url("bare")}
            done = (
                worker_that_ends(tmp_path, settings)
                if process == "worker"
                else refused(tmp_path, settings)
            )
            assert done.returncode == 1
            assert "run 'python -m exports_app migrate' first" in done.stderr
        finally:
            installation.postgres.drop("bare")


def assert_refused(done: "subprocess.CompletedProcess[str]", word: str) -> None:
    """In one line."""
    assert done.returncode == 1
    assert word in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
