"""The command line as a process, and what it answered."""

import socket
from collections.abc import Callable

from tests.commands import Result

OURS = (
    "DATABASE_URL",
    "DATA_DIR",
    "HOST",
    "PORT",
    "PUBLIC_URL",
    "SECRET_KEY",
    "TZ",
    "DEMO",
    "LOG_LEVEL",
    "EXPORTS_APP_URL",
    "EXPORTS_APP_KEY",
)
PASSWORD = "correct horse battery"
CSV = "campaign_name,currency,date\nSummer,EUR,2026-01-02\n"
Run = Callable[..., Result]


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port: int = s.getsockname()[1]
        return port


def refused(done: Result) -> str:
    """The one line that a refused command says."""
    assert done.returncode != 0
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("exports_app: ")
    return lines[0]


def went_well(done: Result) -> str:
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout
