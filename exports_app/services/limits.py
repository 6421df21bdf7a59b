"""Rate limits. They sit in the services, so that every way in is held."""

import math
import time

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage, Storage, storage_from_string
from limits.strategies import MovingWindowRateLimiter

from exports_app import log
from exports_app.domain.errors import TooManyRequests

SECONDS = 1.0
"""For Redis to answer."""

_log = log.get(__name__)


class Counts:
    """Where hits are counted: in this process, or with redis_url for all that share it.

    While Redis is away each process counts by itself: a limit that holds less is better than a door that is shut, or open.
    """

    def __init__(self, redis_url: str = "") -> None:
        self.own: Storage = MemoryStorage()
        timeouts = {"socket_timeout": SECONDS, "socket_connect_timeout": SECONDS}
        url = f"redis+{redis_url}" if redis_url.startswith("unix:") else redis_url  # as this library calls it
        self.shared = storage_from_string(url, **timeouts) if url else None

    def away(self) -> bool:
        """Whether Redis is meant to be there and does not answer."""
        return self.shared is not None and not self.shared.check()


class RateLimit:
    """So many hits per key and span of time."""

    def __init__(self, rate: str, counts: Counts | None = None, name: str = "") -> None:
        """rate: e.g. ``10/minute``. name: of the limit, among others in the same counts."""
        counts = counts or Counts()
        self._item: RateLimitItem = parse(rate)
        self._name = name
        self._own = MovingWindowRateLimiter(counts.own)
        self._shared = MovingWindowRateLimiter(counts.shared) if counts.shared is not None else None

    def hit(self, *key: str) -> None:
        """Count one. Raises TooManyRequests with the seconds to wait."""
        if self._shared is not None:
            try:
                self._hit(self._shared, *key)
            except TooManyRequests:
                raise
            except Exception as e:  # noqa: BLE001  (whatever its client raises: see `Counts`)
                _log.warning("Redis cannot be reached: this process counts by itself", reason=type(e).__name__)
            else:
                return
        self._hit(self._own, *key)

    def _hit(self, limiter: MovingWindowRateLimiter, *key: str) -> None:
        if not limiter.hit(self._item, self._name, *key):
            reset = limiter.get_window_stats(self._item, self._name, *key).reset_time
            raise TooManyRequests(max(1, math.ceil(reset - time.time())))
