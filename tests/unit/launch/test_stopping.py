"""The order of a stop: balancers first, the port last."""

import asyncio
import signal
from collections.abc import Callable

from exports_app.launch.stopping import on_sigterm


def stopped(seconds: float, *signals: signal.Signals) -> list[str]:
    """What happens to a server that gets these signals, until its port closes."""
    events = list[str]()

    async def scenario() -> None:
        loop, closed = asyncio.get_running_loop(), asyncio.Event()

        def close() -> None:
            events.append("closed")
            closed.set()

        for each in (signal.SIGINT, signal.SIGTERM):  # as the web server does
            loop.add_signal_handler(each, close)
        drained: Callable[[], None] = lambda: events.append("drained")  # noqa: E731
        with on_sigterm(drained, seconds):
            for each in signals:
                signal.raise_signal(each)
                await asyncio.sleep(0)
            await closed.wait()

    asyncio.run(asyncio.wait_for(scenario(), 60))
    return events


def test_the_port_closes_when_the_time_is_over() -> None:
    assert stopped(0.01, signal.SIGTERM, signal.SIGTERM) == ["drained", "closed"]


def test_without_time_it_closes_at_once() -> None:
    assert stopped(0, signal.SIGTERM) == ["drained", "closed"]


def test_ctrl_c_does_not_wait_for_the_time() -> None:
    assert stopped(3_600, signal.SIGINT) == ["closed"]
    assert stopped(3_600, signal.SIGTERM, signal.SIGINT) == ["drained", "closed"]
