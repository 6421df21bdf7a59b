"""Two hosts with a web server and a worker each, over PostgreSQL, Redis and one folder of files,
behind the balancer of docs/deploy. Servers and workers run as a user other than root."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from tests.build_context import committed
from tests.distributed.conftest import Installation
from tests.e2e.client import wait_until
from tests.e2e.server import free_port
from tests.operations.host import Host
from tests.operations.installed import Installed, copy_pages
from tests.paths import ROOT
from tests.proxies import HOST, Front, front

METRICS_TOKEN = "health tells who has it why it is down"
UNLIMITED = {"RATE_LIMIT_API": "100000/minute", "RATE_LIMIT_LOGIN": "100000/minute"}
"""All requests of a test come from a few callers."""
DRAIN_SECONDS = "4"
"""The balancers of docs/deploy see within 2 that a server is not ready."""
START_SECONDS = 180.0
"""Both hosts start, and compile all modules."""
UNITS = ("exports-web", "exports-worker")


class Origin:
    """Where hosts get the project from: a repository of git with this version."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in committed():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, target)
        self.git("init", "--quiet", "--initial-branch", "main")
        self.commit("This version")

    def git(self, *arguments: str) -> None:
        options = ["user.name=Test", "user.email=test@example.com", "safe.directory=*"]
        given = [word for option in options for word in ("-c", option)]
        subprocess.run(["git", *given, *arguments], cwd=self.folder, check=True, timeout=60)

    def commit(self, message: str) -> None:
        self.git("add", "--all", "--force")
        self.git("commit", "--quiet", "--message", message)


@dataclass
class Cluster:
    installation: Installation
    front: Front
    hosts: list[Host]
    origin: Origin

    def log(self) -> str:
        """All that balancer, servers and workers have written."""
        apps = [host.log(unit) for host in self.hosts for unit in UNITS]
        return "\n".join([self.front.log(), *apps])


@contextmanager
def cluster(installation: Installation, installed: Installed, balancer: str) -> Iterator[Cluster]:
    """All of it, ready. balancer: ``nginx`` or ``caddy``."""
    whole = Path(tempfile.mkdtemp(prefix="exports-cluster-"))
    whole.chmod(0o755)
    port = free_port()
    with ExitStack() as held:
        held.callback(shutil.rmtree, whole)
        origin = Origin(whole / "origin")
        (whole / "files").mkdir()
        for owned in (origin.folder, whole / "files"):
            installed.give(owned)
        settings = installation.settings() | {
            "FILES_URL": str(whole / "files"),
            "PUBLIC_URL": f"https://{HOST}:{port}",
            "TRUSTED_PROXIES": "127.0.0.1",
            "HOST": "127.0.0.1",
            "DRAIN_SECONDS": DRAIN_SECONDS,
            "METRICS_TOKEN": METRICS_TOKEN,
            **UNLIMITED,
        }
        hosts = [_host(whole / f"host-{number}", installed, origin, settings) for number in (1, 2)]
        for host in hosts:
            held.callback(host.kill)
        with ThreadPoolExecutor() as pool:
            list(pool.map(_start, hosts))
        apps = [f"http://127.0.0.1:{host.app_port}" for host in hosts]
        balanced = held.enter_context(front(balancer, installation.folder / balancer, apps, port))
        yield Cluster(installation, balanced, hosts, origin)


def _host(root: Path, installed: Installed, origin: Origin, settings: dict[str, str]) -> Host:
    """As docs/deploying.md lays it out, with the virtual environment of `installed`."""
    host = Host(root, replace(installed, project=root / "opt/exports"))
    host.lay_out("exports.env", *(f"{unit}.service" for unit in UNITS))
    host.set(PORT=str(host.app_port), DATA_DIR="/var/lib/exports", **settings)
    project = host.installed.project
    host.installed.give(root)
    host.done(f"git clone --quiet {origin.folder} /opt/exports")
    (project / ".venv").symlink_to(installed.project / ".venv")
    copy_pages(project)
    host.installed.give(project / ".web")
    return host


def _start(host: Host) -> None:
    host.done(f"systemctl start {' '.join(UNITS)}")

    def is_ready() -> bool:
        assert host.pid("exports-web"), host.log("exports-web")
        return host.shell("curl -fs http://127.0.0.1:3720/api/ready").returncode == 0

    wait_until("it is ready", is_ready, START_SECONDS)
