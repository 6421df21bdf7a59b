"""An installation of several processes on loopback: PostgreSQL, Redis, a mail server, servers and
workers."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from exports_app import wiring
from exports_app.db import migrate
from exports_app.services.core.records import Run
from exports_app.settings import Settings
from exports_app.wiring import Services
from tests.conftest import SECRET_KEY
from tests.e2e.client import wait_until
from tests.e2e.server import Server, environment, start_server
from tests.mailserver import MailServer, mail_server
from tests.paths import ROOT
from tests.postgres import Emptier, Postgres, postgres_server
from tests.redis_server import Redis, redis_server

LEASE_SECONDS = 3
PATIENCE = 60.0


@dataclass
class Worker:
    process: "subprocess.Popen[bytes]"
    log: Path

    @property
    def output(self) -> str:
        return self.log.read_text(errors="replace")

    def send(self, how: signal.Signals) -> None:
        self.process.send_signal(how)

    def ended(self) -> int:
        return self.process.wait(PATIENCE)


@dataclass
class Installation:
    """folder: of everything that its processes write, the files aside."""

    postgres: Postgres
    redis: Redis
    mails: MailServer
    folder: Path
    held: ExitStack = field(default_factory=ExitStack)
    made: int = 0

    @property
    def url(self) -> str:
        return self.postgres.url("installation")

    def settings(self) -> dict[str, str]:
        return {
            "DATABASE_URL": self.url,
            "REDIS_URL": self.redis.url,
            "FILES_URL": str(self.folder / "shared"),
            "SECRET_KEY": SECRET_KEY,
            "SMTP_HOST": self.mails.host,
            "SMTP_PORT": str(self.mails.port),
            "SMTP_TLS": "none",
            "SMTP_FROM": "reports@example.com",
            "LEASE_SECONDS": str(LEASE_SECONDS),
            "RETRY_BASE_SECONDS": "1",
            "DRAIN_SECONDS": "2",
            "LOG_LEVEL": "info",
        }

    def _next(self, name: str) -> Path:
        self.made += 1
        folder = self.folder / f"{name}-{self.made}"
        folder.mkdir()
        return folder

    def web(self, *, pages: bool = False, **env: str) -> Server:
        started = start_server(self._next("web"), self.settings() | env, backend_only=not pages)
        return self.held.enter_context(started)

    def worker(self, project: Path = ROOT, **env: str) -> Worker:
        """One that is ready. project: the folder of its code."""
        return self.held.enter_context(self._worker(self._next("worker"), project, env))

    @contextmanager
    def _worker(self, folder: Path, project: Path, env: dict[str, str]) -> Iterator[Worker]:
        log = folder / "worker.log"
        with log.open("ab") as out:
            process = subprocess.Popen(
                [sys.executable, "-m", "exports_app", "worker"],
                cwd=project,
                env=environment(folder, self.settings() | env),
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        worker = Worker(process, log)
        try:
            wait_until(
                f"the worker is ready: {worker.output}",
                lambda: "worker ready" in worker.output,
                PATIENCE,
            )
            yield worker
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def services(self) -> Services:
        """For a look from outside."""
        where = Settings(
            data_dir=self.folder / "looking",
            secret_key=SecretStr(SECRET_KEY),
            demo=False,
            database_url=SecretStr(self.url),
        )
        built = wiring.build(where)
        self.held.callback(built.close)
        return built


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[Postgres, Redis]]:
    with postgres_server() as postgres, redis_server() as redis:
        postgres.sql("CREATE DATABASE installation")
        yield postgres, redis


@pytest.fixture
def installation(servers: tuple[Postgres, Redis], tmp_path: Path) -> Iterator[Installation]:
    """With a migrated database, and no process yet."""
    (tmp_path / "shared").mkdir()
    with mail_server() as mails, ExitStack() as held:
        made = Installation(*servers, mails, tmp_path, held)
        services = made.services()
        if not migrate.is_current(services.database):
            migrate.upgrade(services.database)
        services.close()
        with closing(Emptier(made.url)) as emptier:
            emptier()
        yield made


def ended(services: Services, run_ids: list[str]) -> dict[str, Run] | None:
    """The runs, once all of them have ended."""
    with services.store.read() as tx:
        found: dict[str, Any] = {run_id: tx.runs.get(run_id) for run_id in run_ids}
    return found if all(run.completed_at for run in found.values()) else None
