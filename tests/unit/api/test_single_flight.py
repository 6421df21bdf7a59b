"""Work that is done once for all who ask at the same time."""

import asyncio
import threading

import pytest

from exports_app.api import single_flight
from exports_app.api.single_flight import SingleFlight


class Work:
    """Returns how often it was begun, once it is let go."""

    def __init__(self, *, held: bool) -> None:
        self.count = 0
        self.go_on = threading.Event()
        if not held:
            self.go_on.set()

    def __call__(self) -> int:
        self.count += 1
        assert self.go_on.wait(60)
        return self.count


def test_all_who_ask_meanwhile_share_it() -> None:
    async def story() -> None:
        flight, work = SingleFlight[int]("test"), Work(held=True)
        asked = [asyncio.create_task(flight.do(work, 60)) for _ in range(5)]
        await asyncio.sleep(0)
        work.go_on.set()
        assert await asyncio.gather(*asked) == [1] * 5
        assert await flight.do(work, 60) == 2

    asyncio.run(story())


def test_what_is_stuck_is_not_begun_again_and_nobody_waits_for_longer_than_they_will() -> None:
    async def story() -> None:
        flight, work = SingleFlight[int]("test"), Work(held=True)
        for _ in range(3):
            with pytest.raises(TimeoutError):
                await flight.do(work, 0.01)
        assert work.count == 1
        work.go_on.set()
        assert await flight.do(work, 60) == 1

    asyncio.run(story())


def test_a_result_of_just_now_is_given_while_the_next_one_takes_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(single_flight, "QUICK_SECONDS", 0.01)
    monkeypatch.setattr(single_flight, "FRESH_SECONDS", 600.0)

    async def story() -> None:
        flight, quick, slow = SingleFlight[int]("test"), Work(held=False), Work(held=True)
        assert await flight.do(quick, 60) == 1
        quick.count = 6
        assert await flight.do(quick, 60) == 7
        assert await flight.do(slow, 60) == 7
        monkeypatch.setattr(single_flight, "FRESH_SECONDS", 0.0)
        with pytest.raises(TimeoutError):
            await flight.do(slow, 0.01)
        slow.go_on.set()

    asyncio.run(story())
