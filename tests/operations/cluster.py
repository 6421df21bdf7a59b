"""Two web servers and a worker over PostgreSQL, Redis and one folder of files, behind the balancer
of docs/deploy, as processes on this machine."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.distributed.conftest import PATIENCE, Installation, Worker
from tests.e2e.server import environment, free_port, start_server
from tests.paths import ROOT
from tests.proxies import HOST, Front, front

METRICS_TOKEN = "health tells who has it why it is down"
UNLIMITED = {"RATE_LIMIT_API": "100000/minute", "RATE_LIMIT_LOGIN": "100000/minute"}
"""All requests of a test come from a few callers."""
DRAIN_SECONDS = "4"
"""The balancers of docs/deploy see within 2 that a server is not ready."""


@dataclass
class Web:
    """A web server that can be started again, as a service manager does: at the same port, with the
    same data folder."""

    folder: Path
    settings: dict[str, str]
    held: ExitStack = field(default_factory=ExitStack)

    def start(self, project: Path = ROOT) -> None:
        """Until it answers. project: the folder of its code."""
        self.server = self.held.enter_context(
            start_server(self.folder, self.settings, backend_only=False, project=project)
        )

    def begin_to_stop(self) -> None:
        self.server.process.send_signal(signal.SIGTERM)

    def stopped(self) -> int:
        """The exit code, once it has ended."""
        return self.server.process.wait(PATIENCE)


@dataclass
class Cluster:
    installation: Installation
    front: Front
    webs: list[Web]
    worker: Worker
    settings: dict[str, str]

    def restart_worker(self, project: Path = ROOT) -> None:
        self.worker.send(signal.SIGTERM)
        assert self.worker.ended() == 0, self.worker.output
        self.worker = self.installation.worker(project, **self.settings)

    def migrate(self, project: Path) -> None:
        """project: the folder of the code whose migrations run."""
        done = subprocess.run(
            [sys.executable, "-m", "exports_app", "migrate"],
            cwd=project,
            env=environment(self.installation.folder / "migrating", self.installation.settings()),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout

    def log(self) -> str:
        """All that balancer, servers and workers have written."""
        apps = [web.server.output for web in self.webs]
        return "\n".join([self.front.log(), *apps, self.worker.output])


@contextmanager
def cluster(installation: Installation, balancer: str) -> Iterator[Cluster]:
    """All of it, ready. balancer: ``nginx`` or ``caddy``."""
    folder = installation.folder
    port, ports = free_port(), [str(free_port()) for _ in range(2)]
    ours = {
        "PUBLIC_URL": f"https://{HOST}:{port}",
        "TRUSTED_PROXIES": "127.0.0.1",
        "DRAIN_SECONDS": DRAIN_SECONDS,
        "METRICS_TOKEN": METRICS_TOKEN,
        **UNLIMITED,
    }
    settings = installation.settings() | ours
    with ExitStack() as held:
        webs = [
            Web(folder / f"server-{number}", settings | {"PORT": own}, held)
            for number, own in enumerate(ports, start=1)
        ]
        for web in webs:
            web.start()
        apps = [web.server.url for web in webs]
        balanced = held.enter_context(front(balancer, folder / balancer, apps, port))
        yield Cluster(installation, balanced, webs, installation.worker(**ours), ours)
