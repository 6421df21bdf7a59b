"""The engine's pulse while the machine's clock is set."""

import asyncio
import datetime as dt
import threading
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


def test_a_clock_that_is_set_again_and_again_puts_off_no_job(clock: MachineClock) -> None:
    done = list[None]()

    async def sweep() -> None:
        done.append(None)

    async def scenario() -> None:
        jobs = [Job("sweep", sweep, dt.timedelta(hours=1), after=dt.timedelta(seconds=1))]
        async with Pulse(lambda: None, jobs).run():

            async def set_back() -> None:
                while True:
                    clock.set_by -= 10
                    await asyncio.sleep(0.2)

            setting = asyncio.create_task(set_back())
            await until(lambda: bool(done))
            setting.cancel()

    asyncio.run(scenario())


def test_after_the_clock_is_set_back_a_job_is_not_done_early(clock: MachineClock) -> None:
    sweeps, beats = list[None](), list[None]()

    async def sweep() -> None:
        sweeps.append(None)

    async def scenario() -> None:
        async with Pulse(
            lambda: beats.append(None), [Job("sweep", sweep, dt.timedelta(hours=1))]
        ).run():
            await until(lambda: bool(sweeps))
            clock.set_by = -HOUR
            beaten = len(beats)
            await until(lambda: len(beats) >= beaten + 3)

    asyncio.run(scenario())
    assert len(sweeps) == 1


def test_what_was_due_while_the_machine_slept_is_done_once_it_wakes(clock: MachineClock) -> None:
    sweeps = list[None]()

    async def sweep() -> None:
        sweeps.append(None)

    async def scenario() -> None:
        async with Pulse(lambda: None, [Job("sweep", sweep, dt.timedelta(hours=1))]).run():
            await until(lambda: len(sweeps) == 1)
            clock.set_by = 2 * HOUR
            await until(lambda: len(sweeps) == 2)

    asyncio.run(scenario())


class TestLeavingIt:
    def test_a_job_at_work_is_waited_for(self, caplog: pytest.LogCaptureFixture) -> None:
        ended = list[str]()

        async def scenario() -> None:
            begun, closing = threading.Event(), threading.Event()

            def work() -> None:
                begun.set()
                closing.wait(15)
                ended.append("job")

            async def job() -> None:
                await asyncio.to_thread(work)

            async with Pulse(lambda: None, [Job("slow", job, dt.timedelta(hours=1))]).run():
                await until(begun.is_set)
                asyncio.get_running_loop().call_later(0.05, closing.set)
            ended.append("pulse")

        asyncio.run(scenario())
        assert ended == ["job", "pulse"]
        assert not [r for r in caplog.records if r.levelname in {"ERROR", "WARNING"}]

    def test_a_job_that_does_not_end_is_given_up_without_a_traceback(
        self, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        monkeypatch.setattr(pulse, "END_SECONDS", 0.1)

        async def scenario() -> None:
            begun = asyncio.Event()

            async def stuck() -> None:
                begun.set()
                await asyncio.Event().wait()

            async with Pulse(lambda: None, [Job("stuck", stuck, dt.timedelta(hours=1))]).run():
                await begun.wait()

        with structlog.testing.capture_logs() as entries:
            asyncio.run(scenario())
        assert [(e["log_level"], e["job"]) for e in entries] == [("warning", "stuck")]
        assert not [r for r in caplog.records if r.levelname == "ERROR"]
