"""Locks that allow one server per SQLite file.

The operating system releases them however a process ends.
"""

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
"""Seconds to wait until the worker of a killed server has ended."""
_POLL = 0.1


def database_file(settings: Settings) -> Path | None:
    """The SQLite file; None for a database server, which many processes may share."""
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
    """Hold the lock of the serving command, after the worker of an earlier server has ended.

    Raises StartError at once if another server runs, and after PATIENCE seconds if only its worker
    does.
    """
    file = database_file(settings)
    if file is None:
        yield
        return
    with _open(file, "server") as handle:
        # A forked worker must not keep the lock of its dead server: it has a lock of its own
        os.register_at_fork(after_in_child=handle.close)
        if not _take(handle, 0):
            raise StartError(
                f"another server is running on {file}: stop it first, or set another DATA_DIR or"
                " DATABASE_URL"
            )
        with worker(settings):
            pass
        yield


@contextmanager
def worker(settings: Settings) -> Iterator[None]:
    """Hold the lock of the process that runs the engine.

    Raises StartError if an earlier one has not ended after PATIENCE seconds.
    """
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
