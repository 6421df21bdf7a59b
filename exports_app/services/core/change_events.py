"""The app's change signal. Whoever commits a change publishes it, from any thread; listeners must
return at once."""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from enum import StrEnum

from exports_app import log
from exports_app.services.core.interfaces import Tenants

_log = log.get(__name__)


class Topic(StrEnum):
    SCHEDULES = "schedules"
    RUNS = "runs"
    CAMPAIGNS = "campaigns"
    TENANTS = "tenants"
    """Its people or its settings."""
    SESSIONS = "sessions"
    """A person's sessions: one of them or all have ended. In place of a tenant's id stands
    theirs."""


EVERY_TENANT = "*"
"""In place of a tenant's id: nobody can say whose, since changes were missed."""


@dataclass(frozen=True)
class Change:
    topic: Topic
    tenant_id: str

    def concerns(self, tenants: Tenants) -> bool:
        """Whether those who see these tenants should look again."""
        return tenants is None or self.tenant_id == EVERY_TENANT or self.tenant_id in tenants


Listener = Callable[[Change], None]


class Changes:
    """In one process. Between many, `db/notify_events.py` is behind the same methods."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: tuple[Listener, ...] = ()

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Returns the function that ends the subscription."""
        with self._lock:
            self._listeners += (listener,)

        def stop() -> None:
            with self._lock:
                self._listeners = tuple(x for x in self._listeners if x is not listener)

        return stop

    def listen(self) -> AbstractContextManager[None]:
        """Hear what other processes publish, for the length of the block; here there are none."""
        return nullcontext()

    def flush(self) -> None:
        """Wait until what was published has been told, before the database is closed."""

    def publish(self, change: Change) -> None:
        for listener in self._listeners:
            try:
                listener(change)
            except Exception:  # noqa: BLE001  (the change is committed: no listener may make it look failed)
                _log.exception("a listener of changes failed", topic=change.topic)
