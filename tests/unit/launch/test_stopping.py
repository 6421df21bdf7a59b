"""The order of a stop: balancers first, the port last."""

import asyncio
import signal
import socket
import sys
import time
from collections.abc import Callable

import pytest

from exports_app.launch.stopping import on_sigterm
from exports_app.stop_signals import AT_ONCE, StopSignals


def stopped(
    seconds: float,
    *signals: signal.Signals,
    port: int = 0,
    at_the_end: Callable[[], None] = lambda: None,
) -> list[str]:
    """What happens to a server that gets these signals, until its port closes."""
    events = list[str]()

    async def scenario() -> None:
        loop, closed = asyncio.get_running_loop(), asyncio.Event()

        def close() -> None:
            events.append("closed")
            at_the_end()
            closed.set()

        for each in (signal.SIGINT, signal.SIGTERM):  # as the web server does
            loop.add_signal_handler(each, close)
        drained: Callable[[], None] = lambda: events.append("drained")  # noqa: E731
        hurried: Callable[[], None] = lambda: events.append("hurried")  # noqa: E731
        with on_sigterm(drained, hurried, seconds, port):
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


def test_a_second_signal_of_the_serving_command_leaves_no_time() -> None:
    assert stopped(3_600, signal.SIGTERM, AT_ONCE) == ["drained", "hurried", "closed"]


def test_what_comes_to_a_process_and_its_group_is_one_signal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = iter((100.0, 100.1, 101.0))
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    signals = StopSignals()
    assert [signals.again() for _ in range(3)] == [False, False, True]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux's kernel has the filter")
def test_when_the_port_closes_it_takes_no_connection_any_more() -> None:
    refused = list[TimeoutError]()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        place = listening.getsockname()

        def connect() -> None:
            with pytest.raises(TimeoutError) as none_answers:
                socket.create_connection(place, 0.1)
            refused.append(none_answers.value)

        stopped(0.01, signal.SIGTERM, port=place[1], at_the_end=connect)
    assert refused
