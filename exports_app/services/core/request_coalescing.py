"""What many open pages ask for in the same moment is read once.

A change of a tenant makes every page that shows it load anew, most of them with the same view.
Access is asked for before, each time; what is shared depends on the tenant and the view alone.
"""

import threading
import time
from collections.abc import Callable, Collection, Hashable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Generic, TypeVar

from exports_app.services.core.change_events import Change, Changes, Topic

V = TypeVar("V")


@dataclass(frozen=True)
class _Reading(Generic[V]):
    begun: float
    future: "Future[V]"


class RequestCoalescing(Generic[V]):
    """kept: seconds, for what changed without a word: other processes, the clock. topics: what ends
    a tenant's readings. errors: those that are kept like a reading, since the next one would come
    to the same."""

    def __init__(
        self,
        changes: Changes,
        kept: float,
        topics: Collection[Topic] = tuple(Topic),
        errors: tuple[type[Exception], ...] = (),
    ) -> None:
        self._kept = kept
        self._topics = frozenset(topics)
        self._errors = errors
        self._lock = threading.Lock()
        self._readings: dict[tuple[str, Hashable], _Reading[V]] = {}
        changes.subscribe(self._on_change)

    def get(
        self, tenant_id: str, view: Hashable, read: Callable[[], V], *, fresh: bool = False
    ) -> V:
        """What `read` gives, or gave to somebody with the same view. Raises what it raises, and
        keeps no other error than those.

        fresh: a reading of one's own, for who has just learnt that what is shown is no longer so.
        """
        key, now = (tenant_id, view), time.monotonic()
        with self._lock:
            self._readings = {k: r for k, r in self._readings.items() if now - r.begun < self._kept}
            shared = None if fresh else self._readings.get(key)
            reading = self._readings[key] = shared or _Reading(now, Future())
        if shared is None:
            try:
                reading.future.set_result(read())
            except BaseException as e:  # noqa: BLE001  (raised below, to everybody who waits for it, and to nobody later)
                if not isinstance(e, self._errors):
                    with self._lock:
                        self._readings = {
                            k: r for k, r in self._readings.items() if r is not reading
                        }
                reading.future.set_exception(e)
        return reading.future.result()

    def _on_change(self, change: Change) -> None:
        """Nothing that was begun before it serves anybody who comes after it."""
        if change.topic not in self._topics:
            return
        with self._lock:
            self._readings = {
                k: r for k, r in self._readings.items() if not change.concerns(frozenset({k[0]}))
            }
