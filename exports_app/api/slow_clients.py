"""Clients that are too slow to be served: each open request costs memory, and a stranger can open many.

The server itself cuts off who does not send a request's head in time (launch/serve.py); what follows the head is cut off here,
and a websocket on which no page joins in ui/sockets.py.
"""

import asyncio
import time

from starlette.types import Message, Receive, Scope

from exports_app import log
from exports_app.api.requests import MAX_LOGGED, loggable

PATIENCE = 15.0
"""Seconds without a byte of a body."""
BYTES_PER_SECOND = 2_048
"""How fast a body must come, beyond its first PATIENCE seconds."""
_log = log.get(__name__)


class SlowBody:
    """Around one request's receive. When its body comes too slowly, the app sees that the client is gone, and `cut` is True."""

    def __init__(self, receive: Receive, path: str) -> None:
        self._receive, self._path = receive, path
        self._begun, self._bytes, self._complete = time.monotonic(), 0, False
        self.cut = False

    async def receive(self) -> Message:
        if self._complete:  # what comes now is the end of the connection, which may take as long as the answer
            return await self._receive()
        if self.cut:
            return {"type": "http.disconnect"}
        allowed = PATIENCE + self._bytes / BYTES_PER_SECOND
        left = self._begun + allowed - time.monotonic()
        try:
            message = await asyncio.wait_for(self._receive(), min(PATIENCE, max(left, 0)))
        except TimeoutError:
            self.cut = True
            _log.info("slow request cut off", path=loggable(self._path)[:MAX_LOGGED], bytes=self._bytes)
            return {"type": "http.disconnect"}
        self._bytes += len(message.get("body", b""))
        self._complete = message["type"] != "http.request" or not message.get("more_body", False)
        return message


def has_body(scope: Scope) -> bool:
    """Whether the request's head announces a body."""
    names = {name for name, _ in scope["headers"]}
    return b"transfer-encoding" in names or any(name == b"content-length" and value != b"0" for name, value in scope["headers"])
