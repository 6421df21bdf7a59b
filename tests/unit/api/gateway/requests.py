"""Requests through the gateway to an app that answers with a page."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx

from exports_app.api.middleware.gateway import Edge

App = Callable[[Any, Any, Any], Awaitable[None]]
HTML = [(b"Content-Type", b"text/html; charset=utf-8")]


def answering(status: int = 200, headers: list[tuple[bytes, bytes]] = HTML) -> App:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    return app


def requested(
    edge: Edge,
    path: str,
    method: str = "GET",
    scheme: str = "http",
    held: str = "",
    host: str = "exports.test",
) -> httpx.Response:
    async def get() -> httpx.Response:
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(edge), base_url=f"{scheme}://{host}"
        ) as client:
            return await client.request(method, path, headers={"Cookie": held} if held else {})

    return asyncio.run(get())


def websocket(edge: Edge, **headers: str) -> list[Any]:
    """What a handshake with these headers is answered."""
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
    scope = {
        "type": "websocket",
        "path": "/_event",
        "client": ("192.0.2.1", 4711),
        "headers": pairs,
    }
    asyncio.run(edge(scope, receive, send))
    return sent
