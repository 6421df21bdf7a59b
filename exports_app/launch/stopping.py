"""How a server's process stops: balancers hear of it first, and the port closes last."""

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from exports_app.launch import last_connections
from exports_app.stop_signals import AT_ONCE


@contextmanager
def on_sigterm(
    drain: Callable[[], None], hurry: Callable[[], None], seconds: float, port: int
) -> Iterator[None]:
    """On SIGTERM call `drain`, and after so many seconds close the port and stop. SIGINT stops at
    once, also during this time, and so does SIGTERM where there are no seconds. AT_ONCE does so too
    and calls `hurry`, also once the port is closed. Call it on the event loop, after the web server
    has set its own handlers.

    The web server closes its port as soon as its own handler is called: it stays for SIGINT.
    """
    loop = asyncio.get_running_loop()
    timer: asyncio.TimerHandle | None = None
    closed = False

    def begin() -> None:
        nonlocal timer
        if timer is None and not closed:
            drain()
            timer = loop.call_later(seconds, last if seconds else stop)

    def last() -> None:
        nonlocal timer
        with suppress(OSError):  # then the port closes all the same, if less gently
            last_connections.let_none_begin(port)
        timer = loop.call_later(last_connections.SECONDS, stop)

    def stop() -> None:
        signal.raise_signal(signal.SIGINT)

    def at_once() -> None:
        hurry()
        if not closed:
            stop()

    loop.add_signal_handler(signal.SIGTERM, begin)
    loop.add_signal_handler(AT_ONCE, at_once)
    try:
        yield
    finally:
        closed = True  # Ctrl-C, then the supervisor's SIGTERM: a late SIGINT would cut the end off
        if timer is not None:
            timer.cancel()
