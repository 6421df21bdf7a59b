"""What JSON answers and feeds have, which are sent as a whole: an ETag on those of a GET, which
If-None-Match asks for (RFC 9110, sections 8.8.3 and 13.1.2), and gzip where the caller takes it.
Who created or changed something gets the ETag that a GET of it would have: they need none to go on.

The ETag is a hash of the text, after the version where there is one. The compressed text is another
representation, so its tag ends with "-gzip" (section 8.8.3.3); either tag stands for both in
If-None-Match.
"""

import gzip
import hashlib
import re

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from exports_app.api import conditions

KINDS = frozenset(
    {
        *("application/json", "application/schema+json", "application/yaml"),
        *("text/calendar", "application/atom+xml"),
    }
)
WORTH_IT = 1024
"""Bytes of an answer from which on it is compressed."""
LEVEL = 1
"""Of zlib. A list of 25 scheduled exports (24 KB) becomes 3.1 KB in 0.1 ms; level 6 makes 2.8 KB of
it in twice the time."""
IN_THREAD = 32 * 1024
"""Bytes from which on it is compressed in a thread: the event loop serves others meanwhile."""
SUFFIX = "-gzip"
_OF_BODY = frozenset({b"content-type", b"content-length", b"content-encoding"})
"""Headers that a 304 does not have."""
_SECRET = re.compile(
    r"/api/(?:auth|account|invitations|users|session|uploads)(?:/|\Z)"
    r"|/(?:keys|invitations|members)(?:/|\Z)"
)
"""Paths whose answers may hold passwords, tokens, keys or links. The size of a compressed answer
would tell something about them to who can add a text to it (BREACH)."""


class WholeAnswers:
    """ASGI middleware, below the one that turns HEAD into GET."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope.setdefault("state", {})  # one for all copies of the scope: the route says its version
        path = scope["path"]
        held: Message | None = None

        async def out(message: Message) -> None:
            nonlocal held
            if message["type"] == "http.response.start" and _is_whole(message):
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
            start, body = await _answer(scope, path, start, message.get("body", b""))
            await send(start)
            await send({"type": "http.response.body", "body": body, "more_body": False})

        await self._app(scope, receive, out)


def _is_whole(start: Message) -> bool:
    headers = Headers(raw=start["headers"])
    kind = headers.get("content-type", "").partition(";")[0]
    return kind in KINDS and "etag" not in headers


async def _answer(scope: Scope, path: str, start: Message, body: bytes) -> tuple[Message, bytes]:
    sent = Headers(scope=scope)
    can_be = len(body) >= WORTH_IT and not _SECRET.search(path)
    zipped = can_be and takes_gzip(sent.getlist("accept-encoding"))
    if can_be:
        MutableHeaders(scope=start).add_vary_header("Accept-Encoding")
    headers = [*start["headers"]]
    is_read = scope["method"] == "GET" and start["status"] == 200
    if is_read or ("version" in scope["state"] and start["status"] in {200, 201}):
        tag = _tag(scope, body)
        headers.append((b"etag", f'"{tag}{SUFFIX if zipped else ""}"'.encode()))
        if is_read and _is_held(tag, sent.getlist("if-none-match")):
            kept = [header for header in headers if header[0].lower() not in _OF_BODY]
            return {**start, "status": 304, "headers": kept}, b""
    if zipped:
        body = await run_in_threadpool(_gzip, body) if len(body) >= IN_THREAD else _gzip(body)
        headers = [header for header in headers if header[0].lower() != b"content-length"]
        headers += [(b"content-encoding", b"gzip"), (b"content-length", str(len(body)).encode())]
    return {**start, "headers": headers}, body


def _gzip(body: bytes) -> bytes:
    return gzip.compress(body, LEVEL, mtime=0)


def _tag(scope: Scope, body: bytes) -> str:
    digest = hashlib.sha256(body).hexdigest()[:32]
    version = scope["state"].get("version")
    return digest if version is None else f"{version}-{digest}"


def _is_held(tag: str, sent: list[str]) -> bool:
    held = {other.removesuffix(SUFFIX) for other in conditions.tags(sent, weak=True)}
    return tag in held or conditions.is_any(sent)


def takes_gzip(accepted: list[str]) -> bool:
    """By the Accept-Encoding headers (RFC 9110, section 12.5.3). Without any, it is not
    compressed."""
    weights: dict[str, str] = {}
    for part in ",".join(accepted).split(","):
        name, _, weight = part.partition(";")
        weights[name.strip().lower()] = weight.partition("=")[2].strip() or "1"
    return weights.get("gzip", weights.get("*", "0")).strip("0.") != ""
