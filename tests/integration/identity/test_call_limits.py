"""Calls are counted, and what is left is told: in memory, in Redis, and while Redis is away."""

import time
from typing import Any

import pytest

from exports_app.domain.errors import TooManyRequests
from exports_app.services.core.rate_limits import Counts, RateLimit
from tests.e2e.server import free_port
from tests.redis_server import redis_server


@pytest.fixture(params=["memory", "redis", "redis away"])
def counts(request: pytest.FixtureRequest) -> Any:
    if request.param == "redis":
        with redis_server() as server:
            yield Counts(server.url)
    elif request.param == "memory":
        yield Counts()
    else:
        yield Counts(f"redis://127.0.0.1:{free_port()}/0")


def test_a_hit_tells_what_is_left(counts: Counts, monkeypatch: pytest.MonkeyPatch) -> None:
    began = now = time.time()
    monkeypatch.setattr(time, "time", lambda: now)
    limit, other = (RateLimit("3/minute", counts, name) for name in ("calls", "other"))

    def seen() -> tuple[int, int]:
        left = limit.take("user", "ann")
        assert (left.policy, left.limit, left.window) == ("user", 3, 60)
        return left.remaining, left.resets_in

    assert seen() == (2, 60)
    now = began + 10
    assert seen() == (1, 50)
    assert seen() == (0, 50)
    assert limit.take("user", "ben").remaining == 2
    assert other.take("user", "ann").remaining == 2
    with pytest.raises(TooManyRequests) as refused:
        limit.take("user", "ann")
    told = refused.value.allowance
    assert told
    assert (told.remaining, told.resets_in, refused.value.retry_after) == (0, 50, 50)
    now = began + 61  # the first one counts no longer
    assert seen() == (0, 9)


def test_it_is_one_call_to_redis(monkeypatch: pytest.MonkeyPatch) -> None:
    with redis_server() as server:
        counts = Counts(server.url)
        limit = RateLimit("3/minute", counts, "calls")
        limit.take("user", "ann")  # loads the script
        assert counts.shared
        client = counts.shared.get_connection()
        calls: list[Any] = []
        execute = client.execute_command  # type: ignore[attr-defined]
        monkeypatch.setattr(
            client, "execute_command", lambda *a, **k: calls.append(a) or execute(*a, **k)
        )
        assert limit.take("user", "ann").remaining == 1
        assert [call[0] for call in calls] == ["EVALSHA"]
