"""Clients of the websockets, and a server beneath them that only counts."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from exports_app.ui.websockets.socket import Socket, current
from tests import virtual_time

TOKEN = "0f8fad5b-d9cb-469f-a165-70867728950e"
QUERY = f"EIO=4&transport=websocket&token={TOKEN}"
JOIN = "40/_event,"


class Reflex:
    """Stands for Reflex: takes packets until the connection ends, or until the test ends it."""

    def __init__(self, *, signed_in: bool = False) -> None:
        self.signed_in = signed_in
        self.held: list[asyncio.Future[None]] = []
        self.received: list[str] = []
        self.sockets: list[Socket] = []
        self.send: Any = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.scope, self.send = scope, send
        socket = current()
        assert socket is not None
        self.sockets.append(socket)
        socket.is_signed_in = lambda: self.signed_in
        end = asyncio.get_running_loop().create_future()
        self.held.append(end)
        assert (await receive())["type"] == "websocket.connect"
        reading = asyncio.ensure_future(self._read(socket, receive))
        try:
            await asyncio.wait({reading, end}, return_when=asyncio.FIRST_COMPLETED)
            if end.done():
                end.result()
        finally:
            reading.cancel()

    async def _read(self, socket: Socket, receive: Any) -> None:
        while (message := await receive())["type"] == "websocket.receive":
            self.received.append(message["text"])
            if message["text"].startswith("40"):
                await socket.join()


class Client:
    def __init__(self, app: Any, **scope: Any) -> None:
        self.sent: list[Any] = []
        self.packets: asyncio.Queue[Any] = asyncio.Queue()
        self.packets.put_nowait({"type": "websocket.connect"})
        self.blocked = False
        base = {
            "type": "websocket",
            "path": "/_event/",
            "client": ("192.0.2.1", 4711),
            "headers": [],
            "query_string": QUERY.encode(),
        }
        self.task = asyncio.ensure_future(app(base | scope, self.packets.get, self._send))

    async def _send(self, message: Any) -> None:
        if self.blocked and message["type"] == "websocket.send":
            await asyncio.Event().wait()
        self.sent.append(message)

    def say(self, text: str | None = None, data: bytes | None = None) -> None:
        self.packets.put_nowait({"type": "websocket.receive", "text": text, "bytes": data})

    async def cut(self) -> None:
        """Once the server has ended it."""
        await asyncio.wait_for(self.task, 5)


async def settled() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


def refused(code: int) -> list[Any]:
    return [{"type": "websocket.close", "code": code}]


def play(story: Callable[[], Coroutine[Any, Any, None]]) -> None:
    virtual_time.run(story())


COOKIE = [(b"cookie", b"exports_session=" + b"x" * 43)]
"""Made up."""
PERSON = [(b"cookie", b"exports_session=" + b"y" * 43)]
"""Of a session in which someone is signed in."""


def is_session(secret: str) -> bool:
    return secret == "y" * 43
