"""Request coalescing: what many open pages read at the same moment is read once.

A change in a tenant makes all its open pages load again, most of them with the same view. Callers
check access first; the shared reading depends only on the tenant and the view.

Pages that the server itself has load again do so in groups. A group shares what was read since it
began, also where something changed meanwhile: that change has them load once more.
"""

import threading
import time
from collections.abc import Callable, Collection, Hashable
from concurrent.futures import Future
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Generic, TypeVar

from exports_app.services.core.change_events import Change, Changes, Topic

V = TypeVar("V")
GROUP_SECONDS = 2.0
"""The longest that the pages of a group share a reading."""

_group: ContextVar[float | None] = ContextVar("readings_since", default=None)


def begin_group(since: float | None) -> None:
    """For the rest of this task: the page belongs to a group that began then (time.monotonic());
    None: someone asked for it."""
    _group.set(since)


def in_group() -> bool:
    """Whether the server itself has this page load again: nobody waits for it."""
    return _group.get() is not None


@dataclass
class _Reading(Generic[V]):
    begun: float
    future: "Future[V]"
    changed: bool = False
    """What was read may have changed since it began."""


class RequestCoalescing(Generic[V]):
    """kept: seconds that a reading is shared, since changes by other processes or the clock are not
    published. topics: changes that end a tenant's readings. errors: those that are shared like a
    reading."""

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
        """The result of `read`, or of another caller's with the same view. Raises what it raises;
        only `errors` are shared with later callers.

        fresh: read again, e.g. after a conflict.
        """
        key, now = (tenant_id, view), time.monotonic()
        kept = max(self._kept, GROUP_SECONDS)
        with self._lock:
            self._readings = {k: r for k, r in self._readings.items() if now - r.begun < kept}
            shared = None if fresh else self._readings.get(key)
            if shared is not None and not self._may_share(shared, now):
                shared = None
            reading = self._readings[key] = shared or _Reading(now, Future())
        if shared is None:
            try:
                reading.future.set_result(read())
            except BaseException as e:  # noqa: BLE001  (raised below, for all who wait)
                if not isinstance(e, self._errors):
                    with self._lock:
                        self._readings = {
                            k: r for k, r in self._readings.items() if r is not reading
                        }
                reading.future.set_exception(e)
        return reading.future.result()

    def _may_share(self, reading: _Reading[V], now: float) -> bool:
        since = _group.get()
        if since is not None and reading.begun >= since:
            return True
        return not reading.changed and now - reading.begun < self._kept

    def _on_change(self, change: Change) -> None:
        """Share the tenant's readings that began before the change only within their group."""
        if change.topic not in self._topics:
            return
        with self._lock:
            for (tenant_id, _), reading in self._readings.items():
                if change.concerns(frozenset({tenant_id})):
                    reading.changed = True
