"""Open pages without a browser: websockets that speak Reflex's protocol, are hydrated, and get
every refresh."""

import asyncio
import json
import time
import uuid
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Self

import websockets

from exports_app.services.identity.cookies import SESSION_COOKIE

PATH = "/scheduled-exports"
ROOT = "reflex___state____state"
HYDRATE = f"{ROOT}.hydrate_and_load"
PATIENCE = 30.0
"""Seconds until a page must have been loaded."""


class OpenPage:
    """One tab."""

    def __init__(self, url: str, session: str) -> None:
        self._address = (
            f"{url.replace('http', 'ws', 1)}/_event/?EIO=4&transport=websocket&token={uuid.uuid4()}"
        )
        self._origin, self._cookie = url, f"{SESSION_COOKIE}={session}"
        self._loaded = asyncio.Event()
        self._waits: dict[str, asyncio.Future[float]] = {}
        self.bytes = 0
        """Of the text of its frames."""

    async def __aenter__(self) -> Self:
        headers = {"Cookie": self._cookie}
        self._socket = await websockets.connect(
            self._address,
            origin=websockets.Origin(self._origin),
            additional_headers=headers,
            max_size=None,
        )
        self._reader = asyncio.create_task(self._read())
        await self._socket.send("40/_event,")
        try:
            await asyncio.wait_for(self._loaded.wait(), PATIENCE)
        except BaseException:  # whatever it is, the connection must be closed
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._socket.close()
        self._reader.cancel()
        with suppress(asyncio.CancelledError, websockets.ConnectionClosed):
            await self._reader

    def wait_for(self, text: str) -> "asyncio.Future[float]":
        """When the first frame with the text came, in Unix seconds."""
        self._waits[text] = asyncio.get_running_loop().create_future()
        return self._waits[text]

    async def _read(self) -> None:
        async for frame in self._socket:
            text = str(frame)
            self.bytes += len(text)
            if text == "2":
                await self._socket.send("3")
            elif text.startswith("40/_event"):
                await self._send(HYDRATE)
            elif '"is_hydrated_rx_state_":true' in text:
                self._loaded.set()
            for wanted in [wanted for wanted in self._waits if wanted in text]:
                self._waits.pop(wanted).set_result(time.time())

    async def _send(self, name: str, payload: dict[str, Any] | None = None) -> None:
        router = {"pathname": PATH, "asPath": PATH, "query": {}}
        event = {"name": name, "payload": payload or {}, "router_data": router}
        await self._socket.send("42/_event," + json.dumps(["event", event]))


async def open_pages(url: str, sessions: Sequence[str]) -> list[OpenPage]:
    """Open a page in each of the sessions, ten at a time."""
    made: list[OpenPage] = []
    for first in range(0, len(sessions), 10):
        some = [OpenPage(url, session) for session in sessions[first : first + 10]]
        made += await asyncio.gather(*(page.__aenter__() for page in some))
    return made


async def close_pages(pages: list[OpenPage]) -> None:
    await asyncio.gather(*(page.__aexit__() for page in pages))
