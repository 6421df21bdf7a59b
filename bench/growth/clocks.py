"""How long something takes: by the clock on the wall, or in processor time, which depends less on
what else the machine does."""

import time
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import psycopg


class Clock(Protocol):
    def begin(self) -> None: ...

    def ms(self) -> float:
        """Milliseconds since `begin`."""


class Wall:
    def begin(self) -> None:
        self._began = time.perf_counter()

    def ms(self) -> float:
        return (time.perf_counter() - self._began) * 1000


class Processor:
    """Of this process, and of PostgreSQL's processes for it. url: empty: there is no server."""

    def __init__(self, url: str) -> None:
        self._server = _postmaster(url) if url else 0

    def begin(self) -> None:
        self._of_server = self._processes()
        self._own = time.process_time()

    def ms(self) -> float:
        own = (time.process_time() - self._own) * 1000
        now = self._processes()
        theirs = sum(spent - self._of_server.get(pid, 0) for pid, spent in now.items())
        return own + theirs / 1_000_000

    def _processes(self) -> dict[int, int]:
        """Nanoseconds that each backend of the server has worked, by its process's number."""
        if not self._server:
            return {}
        spent = {}
        for path in Path("/proc").iterdir():
            if not path.name.isdigit():
                continue
            with suppress(OSError):  # it has ended meanwhile
                if _parent(path) == self._server and b"growth" in _title(path):
                    spent[int(path.name)] = int((path / "schedstat").read_text().split()[0])
        return spent


def _parent(process: Path) -> int:
    return int((process / "stat").read_text().rpartition(")")[2].split()[1])


def _title(process: Path) -> bytes:
    return (process / "cmdline").read_bytes()


def _postmaster(url: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT pg_backend_pid()").fetchone()
        assert row is not None
        return _parent(Path("/proc", str(row[0])))


def clock(kind: str, url: str) -> Clock:
    """kind: wall or cpu."""
    if kind == "cpu" and not Path("/proc/self/schedstat").exists():
        raise SystemExit("bench: processor time is counted on Linux alone: leave out --cpu")
    return Processor(url) if kind == "cpu" else Wall()
