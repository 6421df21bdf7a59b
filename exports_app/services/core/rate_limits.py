"""Rate limits. They are part of the services, so that they apply to the API and the pages."""

import math
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar, Union

from limits import RateLimitItem, parse
from limits.strategies import MovingWindowRateLimiter

from exports_app import log, setting_urls
from exports_app.domain.allowance import Allowance
from exports_app.domain.errors import TooManyRequests
from exports_app.services.core.rate_limit_storage import BoundedStorage

if TYPE_CHECKING:
    from exports_app.services.core.shared_rate_limits import SharedStorage

SECONDS = 1.0
"""How long to wait for Redis."""

_log = log.get(__name__)
Result = TypeVar("Result")
Storage = Union[BoundedStorage, "SharedStorage"]


class Counts:
    """Where hits are counted: in this process, or in Redis for all processes with this redis_url.

    While Redis cannot be reached, each process counts by itself: a weaker limit is better than no
    limit, or no access.
    """

    def __init__(self, redis_url: str = "", current_url: Callable[[], str] | None = None) -> None:
        """current_url: the same with the password that counts now, asked for each new
        connection."""
        self.own = BoundedStorage()
        self.shared: SharedStorage | None = None
        if redis_url:
            self.shared = _shared(redis_url, current_url or (lambda: redis_url))

    def unreachable(self) -> bool:
        """Whether Redis is configured and does not answer."""
        return self.shared is not None and not self.shared.check()

    def using(self, work: Callable[[Storage], Result]) -> Result:
        """Do the work on the shared counts, or on this process's own while Redis cannot be reached.
        Raises what the work raises."""
        if self.shared is not None:
            try:
                return work(self.shared)
            except TooManyRequests:
                raise
            except Exception as e:  # noqa: BLE001  (whatever its client raises: see the class)
                _log.warning(
                    "Redis cannot be reached: this process counts by itself",
                    reason=type(e).__name__,
                )
        return work(self.own)


def _shared(url: str, current_url: Callable[[], str]) -> "SharedStorage":
    # Only here: most installations have no Redis
    from exports_app.redis_credentials import CurrentCredentials
    from exports_app.services.core.shared_rate_limits import SharedStorage

    place = setting_urls.without_credentials(url)
    return SharedStorage(
        # The library's name for a socket
        f"redis+{place}" if place.startswith("unix:") else place,
        credential_provider=CurrentCredentials(current_url),
        socket_timeout=SECONDS,
        socket_connect_timeout=SECONDS,
    )


class RateLimit:
    """A limit on hits per key and time."""

    def __init__(self, rate: str, counts: Counts | None = None, name: str = "") -> None:
        """rate: e.g. ``10/minute``. name: of the limit, among others in the same counts."""
        self._counts = counts or Counts()
        self._item: RateLimitItem = parse(rate)
        self._name = name

    def hit(self, *key: str) -> None:
        """Count a hit. Raises TooManyRequests with the seconds to wait."""
        self._take(*key)

    def take(self, policy: str, key: str) -> Allowance:
        """Count a hit, and say what is left. Raises TooManyRequests, which says so too. policy:
        what callers know the limit as; each has counts of its own."""
        return self._take(policy, key, policy=policy)

    def check(self, *key: str) -> None:
        """Raises TooManyRequests where another hit would be too many. Counts nothing."""
        self._counts.using(lambda storage: self._check(MovingWindowRateLimiter(storage), *key))

    def _check(self, limiter: MovingWindowRateLimiter, *key: str) -> None:
        if not limiter.test(self._item, self._name, *key):
            reset = limiter.get_window_stats(self._item, self._name, *key).reset_time
            raise TooManyRequests(_seconds_until(reset))

    def _take(self, *key: str, policy: str = "") -> Allowance:
        limit, seconds = self._item.amount, self._item.get_expiry()
        of = self._item.key_for(self._name, *key)
        window = self._counts.using(lambda storage: storage.take(of, limit, seconds))
        wait = _seconds_until(window.oldest + seconds)
        left = Allowance(policy, limit, seconds, max(0, limit - window.count), wait)
        if not window.taken:
            raise TooManyRequests(wait, allowance=left if policy else None)
        return left


def _seconds_until(then: float) -> int:
    return max(1, math.ceil(then - time.time()))
