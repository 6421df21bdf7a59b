"""Cut off who sends a frame that never ends: the server beneath us keeps up to 64 MB of a message before it hands it over.

It has no setting for that, so the kernel is asked how many bytes a connection has brought while no packet came of them. On
Linux; elsewhere nothing is watched.
"""

import asyncio
import contextlib
import os
import socket
import struct
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from exports_app.ui.sockets import MAX_FRAME_BYTES, TOO_LARGE, Socket, Sockets

MOST_BYTES = MAX_FRAME_BYTES + 128 * 1024
"""Of a packet that is not complete, with what the server has read ahead."""
MOST_BYTES_PER_ADDRESS = 8 * 1024 * 1024
SMALL_BYTES = 16 * 1024
GAP = 0.05
"""Seconds between two looks at this process's memory."""
GROWTH_BYTES = 8 * 1024 * 1024
"""So much more, and the connections are looked at."""
AT_LEAST_EVERY = 5.0
"""Seconds between two looks at the connections, however the memory is."""

_MEMORY = Path("/proc/self/statm")
_DESCRIPTORS = Path("/proc/self/fd")
_RECEIVED = struct.Struct("128xQ")
"""tcpi_bytes_received in the kernel's struct tcp_info."""
Peer = tuple[str, str]


class HalfFrames:
    def __init__(self, sockets: Sockets) -> None:
        self._sockets = sockets
        self._seen: dict[Socket, tuple[int, int]] = {}
        """How many packets had come, and how many bytes, when the latest packet came."""

    @contextlib.asynccontextmanager
    async def watch(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self._run(), name="half-frames")
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def _run(self) -> None:
        if sys.platform != "linux":
            return
        memory, at = _memory(), time.monotonic()
        while True:
            await asyncio.sleep(GAP)
            now = _memory()
            if now - memory > GROWTH_BYTES or time.monotonic() - at > AT_LEAST_EVERY:
                self.look()
                at, memory = time.monotonic(), now
            memory = min(memory, now)

    def look(self) -> None:
        """Cut off whose packets are too large already, and all large ones of an address that has too many of them."""
        each: dict[Socket, int] = {}
        seen: dict[Socket, tuple[int, int]] = {}
        received = dict(_received()) if self._sockets.open else {}
        for one in self._sockets.open:
            if (brought := received.get(one.peer)) is None:
                continue
            packets, before = self._seen.get(one, (-1, 0))
            if packets == one.packets and one.is_waiting:
                each[one], seen[one] = brought - before, (packets, before)
            else:
                seen[one] = (one.packets, brought)
        self._seen = seen
        addresses: Counter[str] = Counter()
        for one, brought in each.items():
            addresses[one.address.name] += brought
        for one, brought in each.items():
            if brought > MOST_BYTES or (addresses[one.address.name] > MOST_BYTES_PER_ADDRESS and brought > SMALL_BYTES):
                one.cut(TOO_LARGE)


def _memory() -> int:
    """Bytes that this process has in memory."""
    return int(_MEMORY.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _received() -> Iterator[tuple[Peer, int]]:
    """Bytes that each TCP connection of this process has brought so far, by the other end."""
    for entry in _DESCRIPTORS.iterdir():
        with contextlib.suppress(OSError):  # no socket, not connected, or closed just now
            held = socket.socket(fileno=int(entry.name))
            try:
                if held.family in {socket.AF_INET, socket.AF_INET6} and held.type == socket.SOCK_STREAM:
                    host, port, *_ = held.getpeername()
                    (brought,) = _RECEIVED.unpack(held.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _RECEIVED.size))
                    yield (host, str(port)), brought
            finally:
                held.detach()  # it is the server's
