"""Around every request: its id in the answer and the logs, one log line, and a plain 500 for what
nobody foresaw."""

import re
import time
import uuid
from dataclasses import replace

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from exports_app import log
from exports_app.api import problems
from exports_app.services.core import request_context

MAX_LOGGED = 300
"""Characters of a path in the log."""
BODY = "exports_app.body"
"""Where an ASGI scope keeps the request's SlowBody."""
MAX_TARGET = 16 * 1024
"""Bytes of a path with its query."""

_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_CODE = re.compile(r"^(/api/(?:session|download)/).+", re.DOTALL)
_log = log.get(__name__)


def loggable(path: str) -> str:
    """The path without the one-time code that ends it."""
    return _CODE.sub(r"\1***", path)


class Requests:
    """ASGI middleware. A caller's own X-Request-ID is kept when it is plain; else one is made."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        given = headers.get(b"x-request-id", b"")
        request_id = (
            given.decode() if len(given) <= 64 and _ID.fullmatch(given) else uuid.uuid4().hex
        )
        method, path = scope["method"], loggable(scope["path"])[:MAX_LOGGED]
        status, began = 0, time.perf_counter()

        async def out(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [
                    *message.get("headers", []),
                    (b"x-request-id", request_id.encode()),
                ]
            await send(message)

        device = request_context.device_name(headers.get(b"user-agent", b"").decode("latin1"))
        context = replace(request_context.current(), request_id=request_id, device=device)
        with log.bind(request=request_id), request_context.use(context):
            try:
                app = _refusal(scope) or self._app
                await app(scope, receive, out)
            except Exception:
                _log.exception("request failed", method=method, path=path)
                if status:
                    raise  # the answer has begun: all that is left is to break it off
                detail = (
                    "Something went wrong on our side; the server's log tells more under "
                    f"request {request_id}"
                )
                await problems.response(500, "internal", detail)(scope, receive, out)
            finally:
                took = round((time.perf_counter() - began) * 1000, 1)
                if not getattr(
                    scope.get(BODY), "cut", False
                ):  # those have a line of their own, for many together
                    _log.info("request", method=method, path=path, status=status, ms=took)


def _refusal(scope: Scope) -> ASGIApp | None:
    """The answer to a request whose address is too long to be read; None where it is not."""
    if len(scope["raw_path"] or b"") + len(scope["query_string"]) > MAX_TARGET:
        detail = (
            f"The address is longer than {MAX_TARGET // 1024} KiB: send less in the path and the "
            "query"
        )
        return problems.response(414, "too_large", detail)
    return None
