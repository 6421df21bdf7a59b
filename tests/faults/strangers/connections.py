"""Connections of strangers, and how much they have sent."""

import json
import threading
import uuid
from typing import Any
from urllib.parse import urlsplit

from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

STRANGER = "127.0.0.2"
BROKEN = (OSError, TimeoutError, WebSocketException, EOFError)


class Tally:
    """How much of an attack really happened: a server that refuses everything at once would pass
    all limits."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        self.handshakes = self.packets = self.bytes = 0

    def began(self) -> None:
        with self._lock:
            self.handshakes += 1

    def sent(self, size: int) -> None:
        with self._lock:
            self.packets += 1
            self.bytes += size


tally = Tally()


def send(connection: ClientConnection, content: str | bytes) -> None:
    connection.send(content)
    tally.sent(len(content))


def dial(
    url: str, cookie: str = "", token: str = "", address: str = "", **more: Any
) -> ClientConnection:
    """address: of the client, where the server trusts us as a proxy."""
    tally.began()
    return connect(
        f"ws://{urlsplit(url).netloc}/_event/?EIO=4&transport=websocket"
        f"&token={token or uuid.uuid4()}",
        source_address=(STRANGER, 0),
        additional_headers=({"Cookie": cookie} if cookie else {})
        | ({"X-Forwarded-For": address} if address else {}),
        max_size=None,
        proxy=None,
        compression=None,
        legacy=True,
        **more,
    )


def join(url: str, cookie: str = "", **more: Any) -> ClientConnection:
    """A connection that is a page's."""
    connection = dial(url, cookie, **more)
    connection.recv(timeout=15)
    connection.send("40/_event,")
    connection.recv(timeout=15)
    return connection


def packet(content: Any) -> str:
    return "42/_event," + json.dumps(["event", content])


def long_path(size: int, number: int = 0) -> str:
    return f"/scheduled-exports?q={number}" + "x" * size
