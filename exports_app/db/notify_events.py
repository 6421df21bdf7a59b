"""The change signal between processes: PostgreSQL's LISTEN and NOTIFY behind the two methods of
`Changes`.

A process notifies its own listeners at once, and the others through the database. Changes that a
process missed while it had no connection are replaced by one per topic for all tenants.
"""

import json
import threading
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
"""A process waits so long at its end for changes that are not sent yet."""
STOP_CHECK_SECONDS = 0.5
"""Between two checks whether to stop."""
APART_SECONDS = 0.05
"""Between two notifications: the same change in between is sent once. A flush ends the wait."""
RETRY_SECONDS = 1.0
"""Between two attempts to connect."""

_log = log.get(__name__)


class SharedChanges(Changes):
    def __init__(self, database: Database) -> None:
        super().__init__()
        self._database = database
        self._name = uuid.uuid4().hex
        """Of this process, whose listeners were notified already."""
        self._waiting = threading.Condition()
        self._unsent: dict[Change, None] = {}
        self._sending = False
        self._flushing = 0

    def publish(self, change: Change) -> None:
        """Other processes are notified in a thread: a commit that notifies waits for all others
        that do."""
        super().publish(change)
        with self._waiting:
            self._unsent[change] = None
            if self._sending:
                return
            self._sending = True
        try:
            threading.Thread(target=self._send_all, name="changes-sent", daemon=True).start()
        except RuntimeError:  # no thread can be started
            self._send_all()

    def flush(self) -> None:
        with self._waiting:
            self._flushing += 1
            self._waiting.notify_all()
            self._waiting.wait_for(lambda: not self._sending, FLUSH_SECONDS)
            self._flushing -= 1

    def _send_all(self) -> None:
        while True:
            with self._waiting:
                changes, self._unsent = list(self._unsent), {}
                if not changes:
                    self._sending = False
                    self._waiting.notify_all()
                    return
            self._send(changes)
            with self._waiting:
                self._waiting.wait_for(lambda: self._flushing, APART_SECONDS)

    def _send(self, changes: list[Change]) -> None:
        payloads = [
            {
                "channel": CHANNEL,
                "payload": json.dumps([self._name, change.topic, change.tenant_id]),
            }
            for change in changes
        ]
        try:
            with self._database.write() as connection:
                # Nothing is written that a crash could lose
                connection.execute(text("SET LOCAL synchronous_commit = off"))
                connection.execute(text("SELECT pg_notify(:channel, :payload)"), payloads)
        except Unavailable as e:
            # The changes are committed; when the others connect again, they take everything as
            # changed
            _log.warning(
                "changes could not be told to the other processes: the database cannot be reached",
                reason=e.why,
            )
        except Exception:  # noqa: BLE001  (whatever failed, the next changes must still be sent)
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
            listener.join(STOP_CHECK_SECONDS * 4)
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
                        for notification in connection.notifies(timeout=STOP_CHECK_SECONDS):
                            self._receive(notification.payload)
                        # Only a statement shows that a connection is half open
                        connection.execute("SELECT 1")
            except psycopg.Error as e:
                _log.warning(
                    "changes of other processes are not heard: trying again",
                    reason=str(e).strip(),
                )
                missed = True
                stopped.wait(RETRY_SECONDS)
            except Exception:  # noqa: BLE001  (whatever failed, pages must go on getting changes)
                _log.exception("listening for changes failed: trying again")
                missed = True
                stopped.wait(RETRY_SECONDS)

    def _receive(self, payload: str) -> None:
        # Another version of the app may send topics that this one does not know
        with suppress(ValueError):
            name, topic, tenant_id = json.loads(payload)
            if name != self._name:
                super().publish(Change(Topic(topic), str(tenant_id)))
