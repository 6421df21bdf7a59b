"""Rate limits that are counted in this process: their memory and the work of a hit have an upper
bound."""

import sys
import threading
import time
from inspect import signature
from types import FrameType
from typing import Any

import pytest
from limits.storage import MemoryStorage

from exports_app.domain.errors import TooManyRequests
from exports_app.services.core.rate_limit_storage import MAX_KEYS, BoundedStorage
from exports_app.services.core.rate_limits import Counts, RateLimit


class Clock:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = time.time()
        monkeypatch.setattr(time, "time", lambda: self.now)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def keys_of(counts: Counts) -> int:
    """Keys of the largest of its tables."""
    assert isinstance(counts.own, MemoryStorage)
    return max(len(table) for table in vars(counts.own).values() if isinstance(table, dict))


def lines_of(limit: RateLimit, key: str) -> int:
    """Lines of Python that a hit runs, in this thread and in those that it starts."""
    lines = 0

    def trace(_: FrameType, event: str, __: Any) -> Any:
        nonlocal lines
        lines += event == "line"
        return trace

    before = set(threading.enumerate())
    threading.settrace(trace)
    sys.settrace(trace)
    try:
        limit.hit(key)
        for thread in set(threading.enumerate()) - before:
            thread.join()
    finally:
        sys.settrace(None)
        threading.settrace(None)  # type: ignore[arg-type]
    return lines


def test_many_made_up_keys_leave_few_and_cost_later_hits_nothing() -> None:
    counts, most = Counts(), 10_000
    assert signature(BoundedStorage).parameters["most"].default == MAX_KEYS
    assert isinstance(counts.own, BoundedStorage)
    counts.own = BoundedStorage(most)
    limit = RateLimit("5/hour", counts, "reset")
    for number in range(2 * most):
        limit.hit(f"p{number}@example.com")
    assert keys_of(counts) <= most
    assert lines_of(limit, "another@example.com") < 500


def test_counters_are_bounded_too() -> None:
    storage = BoundedStorage(most=100)
    for number in range(1_000):
        storage.incr(f"guess/{number}", 3600)
    assert (storage.size(), len(storage.storage), len(storage.expirations)) == (100, 100, 100)
    assert (storage.get("guess/999"), storage.get("guess/0")) == (1, 0)


def test_expired_keys_go_away_with_later_hits(clock: Clock) -> None:
    counts = Counts()
    minute, day = RateLimit("5/minute", counts, "a"), RateLimit("5/day", counts, "b")
    day.hit("kept")  # one that lasts does not keep those behind it
    for number in range(1_000):
        minute.hit(str(number))
        counts.own.incr(f"counter {number}", 60)
    assert keys_of(counts) == 2_001
    clock.now += 61
    for _ in range(500):
        counts.own.incr("later", 60)
    assert keys_of(counts) <= 3


def test_a_counter_keeps_its_place_among_those_that_expire_in_turn(clock: Clock) -> None:
    storage = BoundedStorage()
    storage.incr("counted for a day", 86_400)
    storage.incr("counted for a day", 3_600, 1)
    for number in range(5):
        storage.incr(f"counted for an hour {number}", 3_600)
    clock.now += 3_601
    storage.incr("later", 60)
    assert storage.size() == 2


def test_a_flood_of_one_limit_displaces_no_key_of_another() -> None:
    storage = BoundedStorage(most=100)
    storage.incr("acquainted", 30 * 86_400)
    storage.incr("blocked", 2)
    for number in range(1_000):
        storage.acquire_entry(f"flood/{number}", 5, 3600)
    assert (storage.get("acquainted"), storage.get("blocked"), storage.size()) == (1, 1, 100)


def test_a_flood_hardly_frees_another_key_whose_hits_take_little_memory() -> None:
    counts = Counts()
    counts.own = BoundedStorage(most=100)
    limit = RateLimit("3/hour", counts)
    refused = 0
    for number in range(1_000):
        limit.hit(f"flood/{number}")
        try:
            limit.hit("guessed")
        except TooManyRequests:
            refused += 1
    assert refused > 900
    assert isinstance(counts.own, BoundedStorage)
    assert max(len(events) for events in counts.own.events.values()) <= 3


def test_a_moving_window_frees_its_hits_and_forgets_old_ones(clock: Clock) -> None:
    counts = Counts()
    limit = RateLimit("3/minute", counts)
    for _ in range(20):
        for _ in range(3):
            limit.hit("ann")
        with pytest.raises(TooManyRequests) as refused:
            limit.hit("ann")
        assert refused.value.retry_after == 60
        clock.now += 61
    assert isinstance(counts.own, BoundedStorage)
    assert [len(events) for events in counts.own.events.values()] == [3]


def test_a_counter_that_was_cleared_may_last_longer_the_next_time(clock: Clock) -> None:
    storage = BoundedStorage()
    for seconds in (1, 2, 4):
        assert storage.incr("wait", seconds) == 1
        storage.clear("wait")
        assert storage.size() == 0
    storage.incr("wait", 1)
    clock.now += 2
    assert storage.incr("wait", 4) == 1
    clock.now += 3
    storage.incr("other", 4)
    assert storage.get("wait") == 1
