"""Counts of rate limits in this process, whose memory has an upper bound."""

import threading
import time
from collections import OrderedDict, defaultdict
from dataclasses import dataclass

from limits.storage import MemoryStorage

MAX_KEYS = 100_000
"""Keys that one storage keeps; about 80 MB."""
MAX_REMOVED = 8
"""Expired keys that one hit removes at most: a hit adds one key, so their number shrinks."""


@dataclass(frozen=True)
class Window:
    """A moving window after a hit. taken: whether the hit was still allowed. count: hits that
    count. oldest: when the first of them was, as of `time.time`."""

    taken: bool
    count: int
    oldest: float


class BoundedStorage(MemoryStorage):
    """A MemoryStorage with a bound. The library's scans all keys after a hit, and never removes
    keys of moving windows.

    Here each hit removes a few expired keys. With more than `most` keys, the oldest key of the
    lifetime with the most keys is removed: whoever makes up keys for one limit displaces only keys
    of limits with the same lifetime.
    """

    def __init__(self, most: int = MAX_KEYS) -> None:
        self._most = most
        self._lock = threading.RLock()
        self._lifetimes: dict[str, float] = {}
        """Seconds, by key."""
        self._expiries: dict[float, OrderedDict[str, float]] = {}
        """When keys expire, by lifetime and key. The next one to expire is the first of its
        lifetime."""
        super().__init__()
        self.timer.cancel()
        # One lock for all: a lock for each key would be most of the memory
        self.locks = defaultdict(lambda: self._lock)

    def size(self) -> int:
        """The number of keys."""
        return len(self._lifetimes)

    def _MemoryStorage__schedule_expiry(self) -> None:  # noqa: N802 (the library's name for it)
        """No sweep over all keys: see `_remember`."""

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        with self._lock:
            value = super().incr(key, expiry, amount)
            self._remember(key, expiry, self.expirations.get(key, 0))
            return value

    def get(self, key: str) -> int:
        with self._lock:
            return super().get(key)

    def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        with self._lock:
            acquired = super().acquire_entry(key, limit, expiry, amount)
            if acquired:
                del self.events[key][limit:]  # never read
                self._remember(key, expiry, time.time() + expiry)
            return acquired

    def take(self, key: str, limit: int, seconds: int) -> Window:
        """A hit of a moving window, which counts unless there were `limit` in the last
        `seconds`."""
        with self._lock:
            taken = self.acquire_entry(key, limit, seconds)
            oldest, count = self.get_moving_window(key, limit, seconds)
            return Window(taken, count, oldest)

    def clear(self, key: str) -> None:
        with self._lock:
            super().clear(key)
            self._forget(key)

    def reset(self) -> int | None:
        with self._lock:
            self._lifetimes.clear()
            self._expiries.clear()
            return super().reset()

    def _remember(self, key: str, lifetime: float, expires: float) -> None:
        filed = self._lifetimes.get(key)
        # Unchanged keys keep their place in the order of expiry
        if filed is None or self._expiries[filed][key] != expires:
            self._forget(key)
            self._lifetimes[key] = lifetime
            if lifetime not in self._expiries:
                self._expiries[lifetime] = OrderedDict()
            self._expiries[lifetime][key] = expires
        self._remove_expired()
        while len(self._lifetimes) > self._most:
            largest = max(self._expiries, key=lambda lifetime: len(self._expiries[lifetime]))
            self.clear(next(iter(self._expiries[largest])))

    def _forget(self, key: str) -> None:
        lifetime = self._lifetimes.pop(key, None)
        if lifetime is None:
            return
        expiries = self._expiries[lifetime]
        del expiries[key]
        if not expiries:
            del self._expiries[lifetime]

    def _remove_expired(self) -> None:
        now, removed = time.time(), 0
        for expiries in list(self._expiries.values()):
            while expiries and removed < MAX_REMOVED:
                key, expires = next(iter(expiries.items()))
                if expires > now:
                    break
                self.clear(key)
                removed += 1
