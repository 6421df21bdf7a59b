"""One server on one SQLite file. The operating system releases these locks however a process
ends."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import make_url

from exports_app.launch.errors import StartError
from exports_app.settings import Settings

PATIENCE = 10.0
"""Seconds to wait for a worker to end whose server was killed."""
_POLL = 0.1


def database_file(settings: Settings) -> Path | None:
    """The SQLite file, None where the database is a server of its own (which many processes may
    share)."""
    if not settings.embedded:
        return None
    name = make_url(settings.url).database
    return (
        Path(name).resolve()
        if name and name != ":memory:"
        else settings.data_dir.resolve() / "memory"
    )


@contextmanager
def server(settings: Settings) -> Iterator[None]:
    """Held by the serving command for its whole life; entered only once no worker of an earlier
    server is left.

    Raises StartError at once when another server runs, after PATIENCE seconds when only its worker
    does.
    """
    file = database_file(settings)
    if file is None:
        yield
        return
    with _open(file, "server") as handle:
        # A forked worker must not keep its dead server's lock: it has its own
        os.register_at_fork(after_in_child=handle.close)
        if not _take(handle, 0):
            raise StartError(
                f"another server is running on {file}: stop it first, or set another DATA_DIR or DATABASE_URL"
            )
        with worker(settings):
            pass
        yield


@contextmanager
def worker(settings: Settings) -> Iterator[None]:
    """Held by the process that runs the engine. Waits PATIENCE seconds for an earlier one to end,
    then raises StartError."""
    file = database_file(settings)
    if file is None:
        yield
        return
    with _open(file, "worker") as handle:
        if not _take(handle, PATIENCE):
            raise StartError(
                f"a server process is still working on {file}: wait for it to end, or stop it"
            )
        yield


def _open(file: Path, role: str) -> BinaryIO:
    path = file.with_name(f"{file.name}.{role}.lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("ab")
    except OSError as e:
        raise StartError(f"the data folder {path.parent} cannot be written: {e.strerror}") from None


def _take(handle: BinaryIO, patience: float) -> bool:
    deadline = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(_POLL)
        else:
            return True
