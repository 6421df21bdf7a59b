"""The watch over the event loop names what keeps it from everyone else."""

import asyncio
import gc
import time

from tests.loopwatch import watched


def burn(seconds: float) -> None:
    until = time.thread_time() + seconds
    while time.thread_time() < until:
        pass


async def careless() -> None:
    await asyncio.sleep(0)
    burn(0.08)


async def careful() -> None:
    await asyncio.to_thread(burn, 0.08)


def test_it_names_what_works_on_the_loop() -> None:
    with watched() as watch:
        watch.about = "a careless handler"
        asyncio.run(careless())
    (told,) = watch.slow
    assert "careless" in told
    assert told.endswith("(while: a careless handler)")


def test_it_may_watch_with_the_garbage_collector_on() -> None:
    with watched():
        assert not gc.isenabled()
    with watched(collecting=True):
        assert gc.isenabled()
        assert gc.get_freeze_count() > 0
    assert gc.isenabled()
    assert gc.get_freeze_count() == 0


def test_what_works_in_a_thread_or_only_waits_is_not_named() -> None:
    async def waits() -> None:
        await asyncio.sleep(0.1)

    with watched() as watch:
        asyncio.run(careful())
        asyncio.run(waits())
    assert watch.slow == []
    assert 0 < watch.longest < 0.05
