"""The app's change signal. Whoever commits a change publishes it, from any thread; listeners must return at once."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from exports_app import log

_log = log.get(__name__)


class Topic(StrEnum):
    SCHEDULES = "schedules"
    RUNS = "runs"
    CAMPAIGNS = "campaigns"


@dataclass(frozen=True)
class Change:
    topic: Topic
    tenant_id: str


Listener = Callable[[Change], None]


class Changes:
    """In one process. Many processes bring another carrier behind the same two methods."""

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

    def publish(self, change: Change) -> None:
        for listener in self._listeners:
            try:
                listener(change)
            except Exception:  # noqa: BLE001  (the change is committed: no listener may make it look failed)
                _log.exception("a listener of changes failed", topic=change.topic)
