"""Which program listens on a port of this machine, or has locked a file, as far as Linux tells."""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
LISTENING = "0A"
"""TCP_LISTEN in /proc/net/tcp (include/net/tcp_states.h of Linux)."""

WRITE_LOCK = "120"
"""The byte of the shared memory that a writer locks in WAL mode (sqlite.org/walformat.html)."""


@dataclass(frozen=True)
class Holder:
    """command: its first words."""

    pid: int
    command: str

    @property
    def is_ours(self) -> bool:
        return "exports_app" in self.command

    def __str__(self) -> str:
        return f"{self.command} (process {self.pid})"


def of_port(port: int) -> Holder | None:
    """None where no program listens, or where /proc does not tell: processes of other users are
    known to root only."""
    inodes = set(_listening(port))
    if not inodes:
        return None
    names = {f"socket:[{inode}]" for inode in inodes}
    for process in PROC.glob("[0-9]*"):
        if names & set(_opened(process)):
            return Holder(int(process.name), _command(process))
    return None


def of_lock(file: Path) -> Holder | None:
    """The process that has locked an SQLite file for writing; None where there is none, or where
    /proc does not tell."""
    shared = file.with_name(f"{file.name}-shm")
    files = {_in_locks(f): f for f in (file, shared) if f.exists()}
    with suppress(OSError):
        for line in (PROC / "locks").read_text().splitlines():
            # "1: POSIX  ADVISORY  WRITE 4242 08:01:1234 120 120": the process, file, bytes
            fields = [field for field in line.split() if field != "->"]
            locked = files.get(fields[5])
            if fields[3] != "WRITE" or locked is None or int(fields[4]) <= 0:
                continue
            if locked == file or fields[6] == WRITE_LOCK:
                pid = int(fields[4])
                return Holder(pid, _command(PROC / str(pid)))
    return None


def _in_locks(file: Path) -> str:
    """Its name in /proc/locks: files of two disks may have the same inode."""
    stat = file.stat()
    return f"{os.major(stat.st_dev):02x}:{os.minor(stat.st_dev):02x}:{stat.st_ino}"


def _listening(port: int) -> Iterator[str]:
    for table in ("net/tcp", "net/tcp6"):
        with suppress(OSError):
            for line in (PROC / table).read_text().splitlines()[1:]:
                fields = line.split()
                if fields[3] == LISTENING and int(fields[1].rpartition(":")[2], 16) == port:
                    yield fields[9]


def _opened(process: Path) -> Iterator[str]:
    with suppress(OSError):  # of another user, or ended
        for descriptor in (process / "fd").iterdir():
            with suppress(OSError):
                yield str(descriptor.readlink())


def _command(process: Path) -> str:
    """Without the arguments behind the first three: they may hold secrets."""
    with suppress(OSError):
        words = (process / "cmdline").read_bytes().decode(errors="replace").split("\0")
        if shown := " ".join(filter(None, [os.path.basename(words[0]), *words[1:3]])):  # noqa: PTH119
            return shown
    return "another program"
