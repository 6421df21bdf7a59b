"""The real server as a process of its own, in a folder and on a port of its own."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.paths import ROOT

START_SECONDS = 180.0
"""A first start installs npm packages and builds the pages."""
STOP_SECONDS = 10.0

OURS = (
    "DATABASE_URL",
    "REDIS_URL",
    "FILES_URL",
    "DATA_DIR",
    "HOST",
    "PORT",
    "PUBLIC_URL",
    "TRUSTED_PROXIES",
    "SECRET_KEY",
    "TZ",
    "DEMO",
    "LOG_LEVEL",
)


@dataclass
class Server:
    process: "subprocess.Popen[bytes]"
    url: str
    log: Path

    @property
    def output(self) -> str:
        """Everything it has printed so far, stdout and stderr."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Send the signal to the server's own pid and return its exit code; fails after
        STOP_SECONDS."""
        self.process.send_signal(how)
        return self.process.wait(STOP_SECONDS)


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port: int = s.getsockname()[1]
        return port


def environment(folder: Path, env: Mapping[str, str]) -> dict[str, str]:
    """This process's environment without the app's own settings, then DATA_DIR in `folder`, a free
    PORT, no time to drain, which each stop would take, and `env`."""
    clean = {
        k: v
        for k, v in os.environ.items()
        if k not in OURS and not k.startswith(("SMTP_", "REFLEX_", "__REFLEX_"))
    }
    ours = {"DATA_DIR": str(folder / "data"), "PORT": str(free_port()), "DRAIN_SECONDS": "0"}
    return clean | ours | env


def command(*, backend_only: bool) -> list[str]:
    return [
        sys.executable,
        "-m",
        "exports_app",
        "serve",
        *(["--backend-only"] if backend_only else []),
    ]


@contextmanager
def start_server(
    folder: Path,
    env: Mapping[str, str] | None = None,
    *,
    backend_only: bool = True,
    project: Path = ROOT,
) -> Iterator[Server]:
    """A server that answers /api/health; stopped at the end, its whole process group killed if it
    does not stop.

    folder: for its data and `server.log`. env: settings on top of DATA_DIR and a free PORT.
    project: the folder of its code.
    """
    folder.mkdir(parents=True, exist_ok=True)
    full, log = environment(folder, env or {}), folder / "server.log"
    with run_server(command(backend_only=backend_only), full, log, project) as server:
        yield server


@contextmanager
def run_server(
    arguments: Sequence[str], env: Mapping[str, str], log: Path, cwd: Path
) -> Iterator[Server]:
    """As `start_server`, by a command of the test's own. env: the whole environment, with PORT."""
    with log.open("ab") as out:
        process = subprocess.Popen(
            arguments,
            cwd=cwd,
            env=env,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    server = Server(process, f"http://127.0.0.1:{env['PORT']}", log)
    try:
        _until_healthy(server)
        yield server
        if process.poll() is None:
            server.stop()
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _until_healthy(server: Server) -> None:
    deadline = time.monotonic() + START_SECONDS
    with httpx.Client() as client:
        while True:
            code = server.process.poll()
            assert code is None, f"the server ended with {code}:\n{server.output}"
            try:
                if client.get(f"{server.url}/api/health").status_code == 200:
                    return
            except httpx.TransportError:
                pass
            assert time.monotonic() < deadline, f"the server did not answer:\n{server.output}"
            time.sleep(0.05)


def refused(
    folder: Path, env: Mapping[str, str] | None = None
) -> "subprocess.CompletedProcess[str]":
    """Run a server that must not start, to its end."""
    full = environment(folder, env or {})
    return subprocess.run(
        command(backend_only=True),
        cwd=ROOT,
        env=full,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
