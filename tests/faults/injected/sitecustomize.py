"""Python imports this at its start, in the process under test: it ends itself at a named point. The
product knows nothing of it.

FAULT_POINT: one of POINTS. FAULT_FILE: grows by a byte with each death, of which there are
FAULT_TIMES. FAULT_RUN: only at runs of schedules with this name.
"""

import fcntl
import importlib.abc
import importlib.util
import os
import pathlib
import signal
import sqlite3
import sys
from functools import wraps

POINTS = {
    "in the tick": ("exports_app.db.repositories.runs.runs", "RunRepository", "add_all"),
    "before the claim": ("exports_app.db.repositories.runs.queue", "RunQueueRepository", "claim"),
    "after the claim": ("exports_app.services.runs.queue", "RunQueue", "claim"),
    "in the middle of the file": ("exports_app.engine.file_writer", "FileWriter", "_chunks"),
    "before the rename": ("exports_app.storage.local", "LocalFiles", "keep"),
    "before the message": ("exports_app.channels.email", "EmailSender", "send"),
    "between acceptance and note": ("exports_app.channels.email", "EmailSender", "send"),
    "between a destination's acceptance and its note": (
        "exports_app.engine.destination_delivery",
        "DestinationDelivery",
        "_send",
    ),
    "between a webhook's answer and its note": (
        "exports_app.services.webhooks.sending",
        "WebhookSending",
        "_post",
    ),
    "before the close": ("exports_app.services.runs.ending", "RunEndings", "close"),
    "at this run's file": ("exports_app.engine.worker", "Worker", "_produce"),
    "database full": ("exports_app.db.engine", "Database", "_transaction"),
    "disk full": ("exports_app.storage.local", "LocalFiles", "keep"),
}
AFTER = {
    "in the tick",
    "after the claim",
    "between acceptance and note",
    "between a destination's acceptance and its note",
    "between a webhook's answer and its note",
}


def counted():
    """Whether it shall happen once more. Two threads may ask at once, and one of them ends the
    other."""
    file, times = os.environ["FAULT_FILE"], int(os.environ.get("FAULT_TIMES", "1"))
    with pathlib.Path(file).open("ab") as deaths:
        fcntl.flock(deaths, fcntl.LOCK_EX)
        if deaths.seek(0, os.SEEK_END) >= times:
            return False
        deaths.write(b"x")
    return True


def die():
    if counted():
        os.kill(os.getpid(), signal.SIGKILL)


def full():
    if counted():
        raise OSError(28, "No space left on device")


def refuse():
    """As long as FAULT_FILE is there."""
    if pathlib.Path(os.environ["FAULT_FILE"]).exists():
        import sqlalchemy.exc

        error = sqlite3.OperationalError("database or disk is full")
        error.sqlite_errorcode = sqlite3.SQLITE_FULL
        raise sqlalchemy.exc.OperationalError("BEGIN IMMEDIATE", {}, error)


INSTEAD = {"disk full": full, "database full": refuse}


def wrapped(point, original):
    if point == "in the middle of the file":

        def chunks(*args, **kwargs):
            for chunk in original(*args, **kwargs):
                yield chunk
                die()  # the next one is asked for: this one was written

        return chunks

    @wraps(original)
    def call(*args, **kwargs):
        if point == "at this run's file":
            if args[1].spec.name == os.environ["FAULT_RUN"]:
                die()
        elif point not in AFTER:
            INSTEAD.get(point, die)()
        answer = original(*args, **kwargs)
        if point in AFTER and (
            answer or point == "between acceptance and note"
        ):  # not where there was nothing to do
            die()
        return answer

    return call


class Finder(importlib.abc.MetaPathFinder):
    def __init__(self, point):
        self.point, (self.module, self.owner, self.name) = point, POINTS[point]

    def find_spec(self, fullname, path=None, target=None):
        if fullname != self.module:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(fullname)
        executed = spec.loader.exec_module

        def exec_module(module):
            executed(module)
            owner = getattr(module, self.owner)
            setattr(owner, self.name, wrapped(self.point, getattr(owner, self.name)))

        spec.loader.exec_module = exec_module
        return spec


if os.environ.get("FAULT_POINT"):
    sys.meta_path.insert(0, Finder(os.environ["FAULT_POINT"]))
