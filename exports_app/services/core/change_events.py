"""Change events. A change is published after its commit, from any thread; listeners must return at
once."""

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
    """Members or settings of a tenant."""
    WEBHOOKS = "webhooks"
    """A tenant's webhooks, or their deliveries."""
    SESSIONS = "sessions"
    """One or all sessions of a user have ended. The user's id is in place of the tenant's."""


EVERY_TENANT = "*"
"""In place of a tenant's id: changes of any tenant may have been missed."""


@dataclass(frozen=True)
class Change:
    topic: Topic
    tenant_id: str

    def concerns(self, tenants: Tenants) -> bool:
        """Whether it may change what is shown of these tenants."""
        return tenants is None or self.tenant_id == EVERY_TENANT or self.tenant_id in tenants


Listener = Callable[[Change], None]


class Changes:
    """Within one process. `db/notify_events.py` has the same methods for several processes."""

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
        """Receive what other processes publish, within the block. Here there are none."""
        return nullcontext()

    def flush(self) -> None:
        """Wait until all events are sent to other processes, before the database is closed."""

    def publish(self, change: Change) -> None:
        for listener in self._listeners:
            try:
                listener(change)
            except Exception:  # noqa: BLE001  (the change is committed: no listener may make it look failed)
                _log.exception("a listener of changes failed", topic=change.topic)
