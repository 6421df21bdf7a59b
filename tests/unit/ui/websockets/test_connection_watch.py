"""What the kernel says of a page's connection."""

import asyncio
import socket as sockets
import sys
from collections.abc import Callable, Iterator

import pytest

from exports_app.ui.websockets.connection_watch import ConnectionWatch
from exports_app.ui.websockets.connections import Sockets
from exports_app.ui.websockets.socket import Socket
from tests.unit.ui.websockets.clients import Client, Reflex, play, settled

Ends = tuple[sockets.socket, sockets.socket]


@pytest.fixture
def ends() -> Iterator[Ends]:
    """Of a TCP connection on this machine: the page's, and the server's."""
    with sockets.create_server(("127.0.0.1", 0)) as server:
        with sockets.create_connection(server.getsockname()) as page:
            accepted, _ = server.accept()
            with accepted:
                yield page, accepted


def seen(ends: Ends, happens: Callable[[], None]) -> Socket:
    """The page's socket after this and a look."""
    result: list[Socket] = []

    async def story() -> None:
        reflex = Reflex()
        app = Sockets(reflex)
        client = Client(app, client=ends[0].getsockname())
        await settled()
        happens()
        assert ConnectionWatch(app).look() == []
        result.append(reflex.sockets[0])
        client.task.cancel()
        await asyncio.gather(client.task, return_exceptions=True)

    play(story)
    return result[0]


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel is asked on Linux only")
class TestAPage:
    def test_that_is_open_has_not_gone(self, ends: Ends) -> None:
        assert not seen(ends, lambda: None).page_gone

    def test_that_closed_its_end_has_gone_though_packets_of_it_wait(self, ends: Ends) -> None:
        def happens() -> None:
            ends[0].sendall(b"x" * 1000)
            ends[0].shutdown(sockets.SHUT_WR)

        assert seen(ends, happens).page_gone
