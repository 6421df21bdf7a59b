"""ETag on every JSON answer of a GET, and on feeds: a hash of it, and the version before it where
there is one. With If-None-Match, an answer that the caller has is 304 (RFC 9110, sections 8.8.3 and
13.1.2)."""

import hashlib

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from exports_app.api import conditions

KINDS = frozenset({"application/json", "text/calendar", "application/atom+xml"})
_OF_BODY = frozenset({b"content-type", b"content-length"})
"""Headers that a 304 does not have."""


class ETags:
    """ASGI middleware, below the one that turns HEAD into GET."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        scope.setdefault("state", {})  # one for all copies of the scope: the route says its version
        held: Message | None = None

        async def out(message: Message) -> None:
            nonlocal held
            if message["type"] == "http.response.start" and _is_tagged(message):
                held = message
                return
            if held is None:
                await send(message)
                return
            start, held = held, None
            if message.get("more_body"):  # a stream
                await send(start)
                await send(message)
                return
            start, body = _tagged(scope, start, message.get("body", b""))
            await send(start)
            await send({"type": "http.response.body", "body": body, "more_body": False})

        await self._app(scope, receive, out)


def _is_tagged(start: Message) -> bool:
    headers = Headers(raw=start["headers"])
    kind = headers.get("content-type", "").partition(";")[0]
    return start["status"] == 200 and kind in KINDS and "etag" not in headers


def _tagged(scope: Scope, start: Message, body: bytes) -> tuple[Message, bytes]:
    digest = hashlib.sha256(body).hexdigest()[:32]
    version = scope["state"].get("version")
    tag = digest if version is None else f"{version}-{digest}"
    headers = [*start["headers"], (b"etag", f'"{tag}"'.encode())]
    sent = Headers(scope=scope).getlist("if-none-match")
    if tag not in conditions.tags(sent, weak=True) and not conditions.is_any(sent):
        return {**start, "headers": headers}, body
    kept = [header for header in headers if header[0].lower() not in _OF_BODY]
    return {**start, "status": 304, "headers": kept}, b""
