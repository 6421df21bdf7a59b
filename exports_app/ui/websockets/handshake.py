"""What a handshake of a page looks like, and which of its headers are kept."""

import re
from urllib.parse import parse_qs

from starlette.types import Scope, Send

from exports_app.services.core.request_context import FORWARDED, FORWARDING
from exports_app.services.identity.cookies import SESSION_COOKIE, cookie

PATH = "/_event"
"""Where Reflex answers websockets; also the name of its Socket.IO namespace."""
MAX_HEADER_BYTES = 16 * 1024
"""Of all headers of a handshake."""
_TOKEN = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_VERSION = re.compile(r"[0-9A-Za-z.+-]{1,20}")
_NEEDED = FORWARDING | {
    "host",
    "origin",
    "cookie",
    "user-agent",
    "connection",
    "upgrade",
    "sec-websocket-protocol",
}
"""Headers of the handshake that anything asks for; the others would be kept with every state."""


def is_of_page(scope: Scope) -> bool:
    """Whether a page of ours would begin like this: websocket only, and with a tab's token."""
    headers, version = scope["headers"], scope.get("subprotocols") or [""]
    if (
        sum(len(name) + len(value) for name, value in headers) > MAX_HEADER_BYTES
        or len(scope["query_string"]) > 1_000
    ):
        return False
    if (
        scope["path"].rstrip("/") != PATH
        or len(version) > 1
        or not _VERSION.fullmatch(version[0] or "-")
    ):
        return False
    query = parse_qs(scope["query_string"].decode("latin1"))
    tokens = query.get("token", [])
    return (
        query.get("transport") == ["websocket"]
        and query.get("EIO") == ["4"]
        and "sid" not in query
        and len(tokens) == 1
        and _TOKEN.fullmatch(tokens[0]) is not None
    )


def session_cookie(scope: Scope) -> str:
    """The value of a session's cookie; whether there is such a session is not known yet. "" where
    there is none."""
    cookies = [value.decode("latin1") for name, value in scope["headers"] if name == b"cookie"]
    return cookie("; ".join(cookies), SESSION_COOKIE)


def with_needed_headers(scope: Scope) -> Scope:
    names = {name: name.decode("latin1") for name, _ in scope["headers"]}
    kept = {name for name, text in names.items() if text in _NEEDED or text.startswith(FORWARDED)}
    return {**scope, "headers": [(name, value) for name, value in scope["headers"] if name in kept]}


async def refuse_polling(send: Send) -> None:
    body = b"Use a websocket: there is nothing else here\n"
    head = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
    ]
    await send({"type": "http.response.start", "status": 400, "headers": head})
    await send({"type": "http.response.body", "body": body})
