"""Lanes: so many at work, so many waiting, and for so long. In virtual time."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from exports_app.db.engine import OTHERS, POOL_OVERFLOW, POOL_SIZE
from exports_app.domain.errors import Overloaded
from exports_app.services.core.lanes import Lane, Lanes
from tests import virtual_time

Work = Callable[[], Coroutine[Any, Any, None]]


async def work(lane: Lane, seconds: float, done: list[float] | None = None) -> None:
    async with lane.place():
        await asyncio.sleep(seconds)
        if done is not None:
            done.append(asyncio.get_running_loop().time())


def test_as_many_work_at_once_as_there_are_places() -> None:
    async def story() -> None:
        lane, done = Lane("test", 2, 10), list[float]()
        began = asyncio.get_running_loop().time()
        await asyncio.gather(*(work(lane, 1, done) for _ in range(5)))
        assert [round(at - began) for at in done] == [1, 1, 2, 2, 3]

    virtual_time.run(story())


def test_a_full_queue_refuses_at_once() -> None:
    async def story() -> None:
        lane = Lane("test", 1, 2)
        others = [asyncio.create_task(work(lane, 1)) for _ in range(3)]
        await asyncio.sleep(0)
        began = asyncio.get_running_loop().time()
        with pytest.raises(Overloaded):
            await lane.enter()
        assert asyncio.get_running_loop().time() == began
        await asyncio.gather(*others)
        await work(lane, 1)

    virtual_time.run(story())


def test_nobody_waits_for_longer_than_the_longest_wait() -> None:
    async def story() -> None:
        lane = Lane("test", 1, 10, longest_wait=5)
        slow = asyncio.create_task(work(lane, 60))
        await asyncio.sleep(0)
        began = asyncio.get_running_loop().time()
        ends = await asyncio.gather(*(work(lane, 1) for _ in range(3)), return_exceptions=True)
        assert [type(end) for end in ends] == [Overloaded] * 3
        assert round(asyncio.get_running_loop().time() - began) == 5
        await slow
        await work(lane, 1)  # whoever gave up holds no place

    virtual_time.run(story())


def test_whoever_is_cancelled_while_waiting_holds_up_nobody() -> None:
    async def story() -> None:
        lane, done = Lane("test", 1, 10), list[float]()
        first = asyncio.create_task(work(lane, 1))
        await asyncio.sleep(0)
        gone = asyncio.create_task(work(lane, 60))
        last = asyncio.create_task(work(lane, 1, done))
        await asyncio.sleep(0)
        gone.cancel()
        began = asyncio.get_running_loop().time()
        await asyncio.gather(first, last)
        assert round(done[0] - began) == 2

    virtual_time.run(story())


def test_a_turn_that_comes_while_its_caller_is_cancelled_goes_to_the_next() -> None:
    async def story() -> None:
        lane, done = Lane("test", 1, 10), list[float]()
        await lane.enter()
        gone = asyncio.create_task(work(lane, 60))
        last = asyncio.create_task(work(lane, 1, done))
        await asyncio.sleep(0)
        lane.leave()
        gone.cancel()
        await last
        assert done

    virtual_time.run(story())


def test_whoever_comes_back_goes_before_those_who_had_no_place_yet() -> None:
    async def story() -> None:
        lane, order = Lane("test", 1, 10), list[str]()

        async def noted(name: str, take: Work) -> None:
            await take()
            order.append(name)
            await asyncio.sleep(1)
            lane.leave()

        async def back() -> None:
            await lane.come_back(begun=False)

        await lane.enter()
        new = asyncio.create_task(noted("new", lane.enter))
        await asyncio.sleep(0)
        returned = asyncio.create_task(noted("back", back))
        await asyncio.sleep(0)
        lane.leave()
        await asyncio.gather(new, returned)
        assert order == ["back", "new"]

    virtual_time.run(story())


def test_long_answers_take_turns_with_whoever_comes() -> None:
    async def story() -> None:
        lane, done = Lane("test", 2, 10, longest_wait=5), list[float]()

        async def long_answer() -> None:
            await lane.enter()
            for _ in range(60):
                await asyncio.sleep(1)
                lane.leave()
                await lane.come_back(begun=True)
            lane.leave()

        answers = [asyncio.create_task(long_answer()) for _ in range(3)]
        await asyncio.sleep(3.5)
        began = asyncio.get_running_loop().time()
        await work(lane, 1, done)
        assert done[0] - began < 4
        await asyncio.gather(*answers)

    virtual_time.run(story())


def test_an_answer_that_has_begun_waits_for_as_long_as_it_takes() -> None:
    async def story() -> None:
        lane = Lane("test", 1, 0, longest_wait=5)
        slow = asyncio.create_task(work(lane, 60))
        await asyncio.sleep(0)
        with pytest.raises(Overloaded):
            await lane.come_back(begun=False)
        await lane.come_back(begun=True)
        assert slow.done()

    virtual_time.run(story())


def test_all_lanes_together_leave_connections_for_the_engine() -> None:
    lanes = vars(Lanes()).values()
    assert sum(lane.places for lane in lanes) + OTHERS <= POOL_SIZE + POOL_OVERFLOW
