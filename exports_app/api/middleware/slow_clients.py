"""Limits for slow clients: each open request costs memory, and a stranger can open many.

The server itself closes a connection on which a request's head is too slow (launch/serve.py); slow
bodies are cut off here, and websockets on which no page joins in ui/websockets/socket.py.
"""

import asyncio
import time
from collections import Counter

from starlette.types import Message, Receive, Scope

from exports_app import log
from exports_app.api.middleware.request_log import MAX_LOGGED, loggable

PATIENCE = 15.0
"""Seconds without a byte of a body."""
BYTES_PER_SECOND = 2_048
"""The slowest speed of a body after its first PATIENCE seconds."""
NETWORK_BODIES = 100
"""Unfinished bodies of one network at the same time."""
NETWORK_BYTES = 64 * 1024 * 1024
"""Bytes received of these."""
BODIES = 1_000
"""Unfinished bodies of all networks."""
BYTES = 256 * 1024 * 1024
"""Bytes received of these."""
QUIET_SECONDS = 60.0
"""Between two log lines about slow requests of one network."""
MOST_NOTED = 1_000
"""Networks whose last log line is remembered."""
_log = log.get(__name__)


class SlowBody:
    """Wraps one request's receive. When its body is too slow, the app sees that the client is gone,
    and `cut` is True."""

    def __init__(self, receive: Receive, path: str, network: str, others: "OpenBodies") -> None:
        self._receive = receive
        self._others = others
        self._begun = time.monotonic()
        self._complete = False
        self._waiting: asyncio.Timeout | None = None
        self.path = path
        self.network = network
        self.bytes = 0
        self.cut = False

    async def receive(self) -> Message:
        if self._complete:
            # Only the end of the connection follows, which may take as long as the answer
            return await self._receive()
        if self.cut:
            return {"type": "http.disconnect"}
        allowed = PATIENCE + self.bytes / BYTES_PER_SECOND
        left = self._begun + allowed - time.monotonic()
        try:
            async with asyncio.timeout(min(PATIENCE, max(left, 0))) as self._waiting:
                message = await self._receive()
        except TimeoutError:
            self._others.cut(self)
            return {"type": "http.disconnect"}
        self._others.received(self, len(message.get("body", b"")))
        self._complete = message["type"] != "http.request" or not message.get("more_body", False)
        if self._complete:
            self._others.end(self)
        return message

    def spool(self) -> None:
        """From now on the app writes each part to a file, and has a limit of its own on such
        bodies: this one takes no memory, and is cut off for being slow alone."""
        self._others.end(self)

    def stop(self) -> None:
        """Cut the body off at once."""
        self.cut = True
        if self._waiting is not None and not self._waiting.expired():
            self._waiting.reschedule(asyncio.get_running_loop().time())


class OpenBodies:
    """The unfinished bodies. Where there are too many, the oldest one of the network with the most
    is cut off: an ordinary body is complete within moments, so that many slow ones do not keep
    others from being served."""

    def __init__(self) -> None:
        self._networks: dict[str, dict[SlowBody, None]] = {}
        self._bytes = Counter[str]()
        self._count = self._all_bytes = 0
        self._noted: dict[str, float] = {}

    def begin(self, body: SlowBody) -> None:
        self._networks.setdefault(body.network, {})[body] = None
        self._count += 1
        self._make_room(body.network)

    def received(self, body: SlowBody, count: int) -> None:
        body.bytes += count
        if body in self._networks.get(body.network, {}):
            self._bytes[body.network] += count
            self._all_bytes += count
            self._make_room(body.network)

    def end(self, body: SlowBody) -> None:
        bodies = self._networks.get(body.network, {})
        if body not in bodies:
            return
        del bodies[body]
        self._count -= 1
        self._bytes[body.network] -= body.bytes
        self._all_bytes -= body.bytes
        if not bodies:
            del self._networks[body.network], self._bytes[body.network]

    def cut(self, body: SlowBody) -> None:
        self.end(body)
        body.stop()
        now = time.monotonic()
        if now - self._noted.get(body.network, -QUIET_SECONDS) < QUIET_SECONDS:
            return
        if len(self._noted) >= MOST_NOTED:
            self._noted.clear()
        self._noted[body.network] = now
        _log.info(
            "slow request cut off",
            path=loggable(body.path)[:MAX_LOGGED],
            bytes=body.bytes,
            network=body.network,
        )

    def _make_room(self, network: str) -> None:
        while (
            len(self._networks.get(network, {})) > NETWORK_BODIES
            or self._bytes[network] > NETWORK_BYTES
        ):
            self._cut_oldest(network)
        while self._count > BODIES or self._all_bytes > BYTES:
            self._cut_oldest(max(self._networks, key=lambda name: len(self._networks[name])))

    def _cut_oldest(self, network: str) -> None:
        self.cut(next(iter(self._networks[network])))


def has_body(scope: Scope) -> bool:
    """Whether a body follows the request's head."""
    names = {name for name, _ in scope["headers"]}
    return b"transfer-encoding" in names or any(
        name == b"content-length" and value != b"0" for name, value in scope["headers"]
    )
