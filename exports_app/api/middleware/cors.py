"""Pages of other sites that may call the API (CORS, as the Fetch standard has it): those of
CORS_ORIGINS, and without cookies.

A preflight is the OPTIONS of its path, with what the origin may send. Others get the same answer
without it: a browser then does not send the request.
"""

from collections.abc import Collection

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAY_BE_SENT = (
    *("Authorization", "Content-Type", "Idempotency-Key", "If-Match", "If-None-Match", "If-Range"),
    *("Range", "X-Request-ID", "traceparent", "tracestate"),
)
"""Headers beside those that a page may always send."""
MAY_BE_READ = (
    *("Accept-Patch", "Accept-Ranges", "Allow", "Content-Disposition", "Content-Range", "ETag"),
    *("Idempotency-Replayed", "Link", "Location", "RateLimit", "RateLimit-Policy", "Retry-After"),
    *("WWW-Authenticate", "X-Request-ID"),
)
"""Headers beside those that a page may always read."""
MAX_AGE = 7200
"""Seconds for which a browser remembers a preflight: no browser takes more than this or a day."""


class Cors:
    """ASGI middleware around all others of the API, so that a page can read every answer. The
    gateway refuses some requests before: it calls `readable` itself."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        allowed: tuple[str, ...] = scope["app"].state.services.settings.cors_origins
        await self._app(scope, receive, readable(scope, send, allowed))


def readable(scope: Scope, send: Send, allowed: Collection[str]) -> Send:
    """A `send` that lets a page read the answer, where it is one of the allowed sites' and asks for
    a path of the API."""
    if not allowed or not scope["path"].startswith("/api/"):
        return send
    asked = Headers(scope=scope)
    origin = asked.get("origin", "")
    preflight = scope["method"] == "OPTIONS" and "access-control-request-method" in asked

    async def out(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", [])]}
            headers = MutableHeaders(scope=message)
            headers.add_vary_header("Origin")
            if origin in allowed:
                headers["Access-Control-Allow-Origin"] = origin
                headers["Access-Control-Expose-Headers"] = ", ".join(MAY_BE_READ)
                if preflight and "allow" in headers:
                    headers.update(_of_preflight(headers["allow"]))
        await send(message)

    return out


def _of_preflight(methods: str) -> dict[str, str]:
    return {
        "Access-Control-Allow-Methods": methods,
        "Access-Control-Allow-Headers": ", ".join(MAY_BE_SENT),
        "Access-Control-Max-Age": str(MAX_AGE),
    }
