"""The change signal between processes: PostgreSQL's LISTEN and NOTIFY behind the two methods of
`Changes`.

Who publishes tells its own listeners at once, and the others through the database. What is missed
while a connection is away is made up for by one word to everybody: anything may have changed.
"""

import json
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psycopg
from sqlalchemy import text

from exports_app import log
from exports_app.db.engine import Database
from exports_app.domain.errors import Unavailable
from exports_app.services.core.change_events import EVERY_TENANT, Change, Changes, Topic

CHANNEL = "exports_app_changes"
FLUSH_SECONDS = 5.0
"""That a process waits at its end for what it has still to tell."""
LOOK_SECONDS = 0.5
"""Between two looks whether to stop."""
APART_SECONDS = 0.05
"""Between two tellings: what a run changes in between is told once."""
AGAIN_SECONDS = 1.0
"""Between two tries to connect."""

_log = log.get(__name__)


class SharedChanges(Changes):
    def __init__(self, database: Database) -> None:
        super().__init__()
        self._database = database
        self._name = uuid.uuid4().hex
        """Of this process: it has told its own listeners already."""
        self._waiting = threading.Condition()
        self._untold: dict[Change, None] = {}
        self._telling = False

    def publish(self, change: Change) -> None:
        """The others are told by a thread of its own: a commit that notifies waits for every other
        one that does."""
        super().publish(change)
        with self._waiting:
            self._untold[change] = None
            if self._telling:
                return
            self._telling = True
        try:
            threading.Thread(target=self._tell_all, name="changes-told", daemon=True).start()
        except RuntimeError:  # no thread is to be had
            self._tell_all()

    def flush(self) -> None:
        with self._waiting:
            self._waiting.wait_for(lambda: not self._telling, FLUSH_SECONDS)

    def _tell_all(self) -> None:
        while True:
            with self._waiting:
                changes, self._untold = list(self._untold), {}
                if not changes:
                    self._telling = False
                    self._waiting.notify_all()
                    return
            self._tell(changes)
            time.sleep(APART_SECONDS)

    def _tell(self, changes: list[Change]) -> None:
        told = [
            {"channel": CHANNEL, "told": json.dumps([self._name, one.topic, one.tenant_id])}
            for one in changes
        ]
        try:
            with self._database.write() as connection:
                connection.execute(
                    text("SET LOCAL synchronous_commit = off")
                )  # nothing is written that a crash could lose
                connection.execute(text("SELECT pg_notify(:channel, :told)"), told)
        # the changes are committed; the others hear that anything may have changed, once they
        # connect again
        except Unavailable:
            _log.warning(
                "changes could not be told to the other processes: the database cannot be reached"
            )
        except Exception:  # noqa: BLE001  (the next ones must be told, whatever was wrong with these)
            _log.exception("changes could not be told to the other processes")

    @contextmanager
    def listen(self) -> Iterator[None]:
        stopped = threading.Event()
        listener = threading.Thread(
            target=self._listen, args=(stopped,), name="changes", daemon=True
        )
        listener.start()
        try:
            yield
        finally:
            stopped.set()
            listener.join(LOOK_SECONDS * 4)
            self.flush()

    def _listen(self, stopped: threading.Event) -> None:
        missed = False
        while not stopped.is_set():
            try:
                with self._database.connect_apart() as connection:
                    connection.execute(f"LISTEN {CHANNEL}")
                    if missed:
                        for topic in Topic:
                            super().publish(Change(topic, EVERY_TENANT))
                    while not stopped.is_set():
                        for heard in connection.notifies(timeout=LOOK_SECONDS):
                            self._hear(heard.payload)
                        connection.execute(
                            "SELECT 1"
                        )  # a connection that is half open says nothing by itself
            except psycopg.Error as e:
                _log.warning(
                    "changes of other processes are not heard: trying again", reason=str(e).strip()
                )
                missed = True
                stopped.wait(AGAIN_SECONDS)
            except Exception:  # noqa: BLE001  (pages must stay live, whatever one message did)
                _log.exception("listening for changes failed: trying again")
                missed = True
                stopped.wait(AGAIN_SECONDS)

    def _hear(self, payload: str) -> None:
        # Another version of ours may say what we do not know
        with suppress(ValueError):
            name, topic, tenant_id = json.loads(payload)
            if name != self._name:
                super().publish(Change(Topic(topic), str(tenant_id)))
