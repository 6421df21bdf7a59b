"""What the gateway answers itself, to pages of other sites that may call the API."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from exports_app.api.middleware.gateway import Edge
from exports_app.api.middleware.header_limit import MAX_HEADERS
from tests import virtual_time
from tests.unit.api.gateway.requests import answering

SITE = "https://dashboard.example.com"
HOST = (b"host", b"exports.test")
REFUSED: dict[int, list[tuple[bytes, bytes]]] = {
    408: [HOST, (b"content-length", b"100")],
    421: [(b"host", b"other.test")],
    431: [HOST, (b"cookie", b";" * (MAX_HEADERS + 1))],
}
"""Headers of a request whose body does not come, by what it is answered with."""


def _answered(tmp_path: Path, status: int, origin: str, path: str = "/api/users") -> set[str]:
    """The access-control headers, with their values, and the names in Vary."""
    sent: list[Any] = []

    async def receive() -> Any:
        await asyncio.sleep(3600)

    async def send(message: Any) -> None:
        sent.append(message)

    async def reads(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await answering(422)(scope, receive, send)

    headers = [*REFUSED[status], (b"origin", origin.encode())]
    scope = {"type": "http", "method": "POST", "path": path, "scheme": "http", "headers": headers}
    edge = Edge(reads, reads, tmp_path, "http://exports.test", sites=(SITE,))
    virtual_time.run(edge(scope, receive, send))
    assert sent[0]["status"] == status
    found = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    shown = {f"{name}: {value}" for name, value in found.items() if "allow-origin" in name}
    return shown | {found.get("vary", "")}


@pytest.mark.parametrize("status", REFUSED)
def test_those_of_an_allowed_site_can_read_it(tmp_path: Path, status: int) -> None:
    expected = {f"access-control-allow-origin: {SITE}", "Origin"}
    assert _answered(tmp_path, status, SITE) == expected
    assert _answered(tmp_path, status, "https://evil.example") == {"Origin"}


def test_only_the_api_is_meant(tmp_path: Path) -> None:
    assert _answered(tmp_path, 421, SITE, "/login") == {""}
