"""The engine's pulse while the machine's clock is set."""

import asyncio
import datetime as dt
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
import structlog
from apscheduler.schedulers import base

from exports_app.engine import pulse
from exports_app.engine.pulse import Job, Pulse

HOUR = 3600.0


class MachineClock:
    """The wall clock that APScheduler and the pulse see; the monotonic one goes on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.set_by = 0.0
        """Seconds."""
        clock = self

        class Now(dt.datetime):
            @classmethod
            def now(cls, tz: dt.tzinfo | None = None) -> Any:
                return dt.datetime.now(tz) + dt.timedelta(seconds=clock.set_by)

        monkeypatch.setattr(base, "datetime", Now)
        monkeypatch.setattr(pulse, "datetime", Now)
        monkeypatch.setattr(
            pulse,
            "time",
            SimpleNamespace(time=lambda: time.time() + clock.set_by, monotonic=time.monotonic),
        )


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> MachineClock:
    monkeypatch.setattr(pulse, "LOOK_SECONDS", 0.05)
    return MachineClock(monkeypatch)


async def until(condition: Callable[[], bool], seconds: float = 15) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 (it counts what APScheduler calls)
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    "seconds",
    [
        -HOUR,
        HOUR,
        *(pytest.param(days * 24 * HOUR, marks=pytest.mark.long) for days in (-1, 1)),
    ],
)
def test_it_goes_on_when_the_clock_is_set(clock: MachineClock, seconds: float) -> None:
    beats, others = list[None](), list[None]()

    async def other() -> None:
        others.append(None)

    async def scenario() -> None:
        jobs = [Job("other", other, dt.timedelta(seconds=1))]
        async with Pulse(lambda: beats.append(None), jobs).run():
            await until(lambda: len(beats) >= 2 and len(others) >= 1)
            clock.set_by = seconds
            beaten, done = len(beats), len(others)
            await until(lambda: len(beats) >= beaten + 3 and len(others) >= done + 2)

    with structlog.testing.capture_logs() as entries:
        asyncio.run(scenario())
    (entry,) = [e for e in entries if "clock was set" in e["event"]]
    assert entry["seconds"] == pytest.approx(seconds, abs=2)


def test_it_goes_on_when_the_scheduler_stands_still(
    clock: MachineClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulse, "LATE_SECONDS", 0.2)
    beats = list[None]()

    async def scenario() -> None:
        beating = Pulse(lambda: beats.append(None))
        async with beating.run():
            await until(lambda: len(beats) >= 1)
            beating._scheduler.remove_all_jobs()
            beaten = len(beats)
            await until(lambda: len(beats) >= beaten + 2)

    asyncio.run(scenario())


def test_a_small_correction_is_no_jump(clock: MachineClock) -> None:
    beats = list[None]()

    async def scenario() -> None:
        async with Pulse(lambda: beats.append(None)).run():
            await until(lambda: len(beats) >= 1)
            clock.set_by = -0.5
            beaten = len(beats)
            await until(lambda: len(beats) >= beaten + 2)

    with structlog.testing.capture_logs() as entries:
        asyncio.run(scenario())
    assert entries == []
