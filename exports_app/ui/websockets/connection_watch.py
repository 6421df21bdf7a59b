"""What the kernel knows of the connections and the server beneath us does not say.

How many bytes one has brought while no packet came of them: the server keeps up to 64 MB of a
message before it hands it over, so who sends a frame that never ends is cut off. And whether its
other end is closed: that is heard only after all packets before it. On Linux; elsewhere nothing is
watched.
"""

import asyncio
import contextlib
import os
import socket
import struct
import sys
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Container, Iterator
from dataclasses import dataclass
from pathlib import Path

from exports_app.ui.websockets.connections import Sockets
from exports_app.ui.websockets.packets import (
    MAX_FRAME_BYTES,
    MAX_FRAME_BYTES_OF_STRANGERS,
    TOO_LARGE,
)
from exports_app.ui.websockets.socket import Socket

READ_AHEAD = 32 * 1024
"""Bytes that the server may have read beyond a packet, with the handshake."""
MOST_BYTES = MAX_FRAME_BYTES + READ_AHEAD
MOST_BYTES_OF_STRANGERS = MAX_FRAME_BYTES_OF_STRANGERS + READ_AHEAD
"""Of a packet that is not complete."""
MOST_BYTES_PER_CUSTOMER = 8 * 1024 * 1024
MOST_BYTES_OF_ALL = 64 * 1024 * 1024
SMALL_BYTES = 32 * 1024
"""Which is no packet but a handshake."""
GAP = 0.02
"""Seconds between two looks at this process's memory."""
GROWTH_BYTES = 4 * 1024 * 1024
"""So much more, and the connections are looked at."""
AT_LEAST_EVERY = 5.0
"""Seconds between two looks at the connections, however the memory is."""

_MEMORY = Path("/proc/self/statm")
_DESCRIPTORS = Path("/proc/self/fd")
_TCP_INFO = struct.Struct("B127xQ")
"""tcpi_state and tcpi_bytes_received of the kernel's struct tcp_info."""
_ESTABLISHED = 1
Peer = tuple[str, str]


@dataclass(frozen=True)
class _Connection:
    peer: Peer
    brought: int
    """Bytes so far."""
    open: bool
    """At its other end too."""


class ConnectionWatch:
    """Looks from a thread of its own and shuts connections down by itself: while the event loop is
    busy, a frame grows on."""

    def __init__(self, sockets: Sockets) -> None:
        self._sockets = sockets
        self._stop = threading.Event()

    @contextlib.asynccontextmanager
    async def watch(self) -> AsyncIterator[None]:
        if sys.platform != "linux":
            yield
            return
        thread = threading.Thread(
            target=self._run,
            args=(asyncio.get_running_loop(),),
            name="connection-watch",
            daemon=True,
        )
        thread.start()
        try:
            yield
        finally:
            self._stop.set()
            await asyncio.to_thread(thread.join)

    def _run(self, loop: asyncio.AbstractEventLoop) -> None:
        memory, at = _memory(), time.monotonic()
        while not self._stop.wait(GAP):
            now = _memory()
            if now - memory > GROWTH_BYTES or time.monotonic() - at > AT_LEAST_EVERY:
                for socket in self.look():
                    with contextlib.suppress(RuntimeError):  # the loop has ended
                        loop.call_soon_threadsafe(socket.cut, TOO_LARGE)
                at, memory = time.monotonic(), now
            memory = min(memory, now)

    def look(self) -> list[Socket]:
        """Shut down the connections whose packets are too large already, and all large ones of a
        network that has too many of them. Returns them. Tells those whose page has gone."""
        clients = {client.peer: client for client in list(self._sockets.open)}
        if not clients:
            return []
        each = dict[Socket, int]()
        for connection in _connections():
            if client := clients.get(connection.peer):
                client.page_gone = client.page_gone or not connection.open
                if _waits(client):
                    each[client] = connection.brought - client.taken
        together: Counter[int] = Counter()
        for client, brought in each.items():
            together[id(client.customer)] += brought
        everybodys = sum(together.values())
        large = dict[Peer, Socket]()
        for client, brought in each.items():
            too_many = (
                together[id(client.customer)] > MOST_BYTES_PER_CUSTOMER
                or everybodys > MOST_BYTES_OF_ALL
            )
            most = MOST_BYTES_OF_STRANGERS if client.is_stranger else MOST_BYTES
            if brought > most or (too_many and brought > SMALL_BYTES):
                large[client.peer] = client
        return [large[shut.peer] for shut in _connections(shut=large)] if large else []


def _waits(client: Socket) -> bool:
    """So long that it has no whole packet which could be handed over."""
    since = client.waits_since
    return since is not None and time.monotonic() - since >= GAP


def _memory() -> int:
    """Bytes that this process has in memory."""
    return int(_MEMORY.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _connections(shut: Container[Peer] | None = None) -> Iterator[_Connection]:
    """Each TCP connection of this process. shut: those only, which are shut down."""
    for entry in _DESCRIPTORS.iterdir():
        with contextlib.suppress(OSError):  # no socket, not connected, or closed just now
            connection = socket.socket(fileno=int(entry.name))
            try:
                if (
                    connection.family not in {socket.AF_INET, socket.AF_INET6}
                    or connection.type != socket.SOCK_STREAM
                ):
                    continue
                host, port, *_ = connection.getpeername()
                peer = (host, str(port))
                if shut is not None and peer not in shut:
                    continue
                state, brought = _TCP_INFO.unpack(
                    connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO.size)
                )
                if shut is not None:
                    connection.shutdown(socket.SHUT_RDWR)
                yield _Connection(peer, brought, open=state == _ESTABLISHED)
            finally:
                connection.detach()  # it is the server's
