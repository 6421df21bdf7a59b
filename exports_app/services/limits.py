"""Rate limits, kept in this process. They sit in the services, so that every way in is held."""

import math
import time

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from exports_app.domain.errors import TooManyRequests


class RateLimit:
    """So many hits per key and span of time."""

    def __init__(self, rate: str) -> None:
        """rate: e.g. ``10/minute``."""
        self._item: RateLimitItem = parse(rate)
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def hit(self, *key: str) -> None:
        """Count one. Raises TooManyRequests with the seconds to wait."""
        if not self._limiter.hit(self._item, *key):
            reset = self._limiter.get_window_stats(self._item, *key).reset_time
            raise TooManyRequests(max(1, math.ceil(reset - time.time())))
