"""Counts of rate limits in Redis. A module of its own: most installations have no Redis."""

import time
from typing import Any

from limits.storage import RedisStorage

from exports_app.services.core.rate_limit_storage import Window

TAKE = b"""
local now, limit, seconds = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local since = tonumber(now) - seconds
local last = redis.call('lindex', KEYS[1], limit - 1)
local taken = not (last and tonumber(last) >= since)
if taken then
    redis.call('lpush', KEYS[1], now)
    redis.call('ltrim', KEYS[1], 0, limit - 1)
    redis.call('expire', KEYS[1], seconds)
end
local low, high = 0, redis.call('llen', KEYS[1])
while low < high do
    local middle = math.floor((low + high) / 2)
    if tonumber(redis.call('lindex', KEYS[1], middle)) >= since then
        low = middle + 1
    else
        high = middle
    end
end
return {taken and 1 or 0, low, redis.call('lindex', KEYS[1], low - 1)}
"""
"""The library's moving window, which takes a second call to tell what is left: the times of the
hits, the newest first."""


class SharedStorage(RedisStorage):
    """The library's storage, and a hit that also tells what is left, in one round trip."""

    def __init__(self, url: str, **options: Any) -> None:
        super().__init__(url, **options)
        self._take = self.get_connection().register_script(TAKE)

    def take(self, key: str, limit: int, seconds: int) -> Window:
        """As `BoundedStorage.take`."""
        arguments: list[str | int] = [repr(time.time()), limit, seconds]
        taken, count, oldest = self._take([self.prefixed_key(key)], arguments)
        return Window(bool(taken), int(count), float(oldest))
