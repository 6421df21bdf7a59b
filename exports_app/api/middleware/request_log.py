"""Around every request: its id in the answer and the logs, one log line, and a plain 500 after an
unexpected error."""

import re
import time
import uuid
from dataclasses import replace

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from exports_app import log, metrics, tracing
from exports_app.api import problems
from exports_app.domain.api_keys import masked
from exports_app.domain.errors import AddressTooLong, ExportsError, Internal
from exports_app.services.core import request_context

MAX_LOGGED = 300
"""Characters of a path in the log."""
BODY = "exports_app.body"
"""Where an ASGI scope keeps the request's SlowBody."""
WAITED = "exports_app.waited"
"""Where an ASGI scope keeps for how many seconds the request waited for something to happen, as its
caller asked: these are no work."""
MAX_TARGET = 16 * 1024
"""Bytes of a path with its query."""

UNTRACED = frozenset({"/api/health", "/api/live", "/api/ready", "/api/metrics"})
"""Asked every few seconds by machines."""
NOT_TRACED = tracing.Span()

_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_CODE = re.compile(r"^(/api/(?:session|download|uploads|feeds)/).+", re.DOTALL)
_log = log.get(__name__)


def loggable(path: str) -> str:
    """The path without the one-time code or the token that ends it, and without API keys."""
    return masked(_CODE.sub(r"\1***", path))


class Requests:
    """ASGI middleware. A caller's own X-Request-ID is kept when it is plain; else one is made."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        request_id = _request_id(headers.get(b"x-request-id", b""))
        device = request_context.device_name(headers.get(b"user-agent", b"").decode("latin1"))
        context = replace(request_context.current(), request_id=request_id, device=device)
        request = _Request(self._app, request_id, scope, receive, send)
        parent = headers.get(b"traceparent", b"").decode("latin1")
        trace = tracing.trace_of(parent)
        names = {"request": request_id} | ({"trace": trace} if trace else {})
        with log.bind(**names), request_context.use(context):
            if scope["path"] in UNTRACED:
                await request.serve()
                return
            with tracing.span("request", "server", traceparent=parent, request=request_id) as span:
                await request.serve(span)


class _Request:
    def __init__(
        self, app: ASGIApp, request_id: str, scope: Scope, receive: Receive, send: Send
    ) -> None:
        self._app = app
        self._id = request_id
        self._scope = scope
        self._receive = receive
        self._send = send
        self._status = 0
        """Of the answer; 0: it has not begun."""

    async def serve(self, span: tracing.Span = NOT_TRACED) -> None:
        began = time.perf_counter()
        line = {
            "method": self._scope["method"],
            "path": loggable(self._scope["path"])[:MAX_LOGGED],
        }
        try:
            app = _refusal(self._scope) or self._app
            await app(self._scope, self._receive, self._out)
        except Exception as e:  # whatever failed, the caller gets an answer or sees it end
            if self._status and isinstance(e.__cause__, ExportsError):
                _log.warning("answer broken off", reason=str(e.__cause__), **line)
            else:
                _log.exception("request failed", **line)
            if self._status:
                raise  # the answer has begun: it can only be broken off
            await self._answer_error()
        finally:
            seconds = time.perf_counter() - began
            method, route = metrics.known(line["method"]), _route(self._scope)
            worked = seconds - self._scope.get(WAITED, 0.0)
            metrics.count_request(method, route, self._status, worked)
            span.answered(method, route, self._status)
            # A body that was cut off is logged elsewhere, once for many
            if not getattr(self._scope.get(BODY), "cut", False):
                _log.info("request", **line, status=self._status, ms=round(seconds * 1000, 1))

    async def _answer_error(self) -> None:
        detail = f"Internal error. The server's log has the details under request {self._id}"
        response = problems.of(Internal(detail))
        await response(self._scope, self._receive, self._out)

    async def _out(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            message["headers"] = [
                *message.get("headers", []),
                (b"x-request-id", self._id.encode()),
            ]
        await self._send(message)


def _route(scope: Scope) -> str:
    """The template of the route that was found; empty where there is none."""
    return getattr(scope.get("route"), "path", "")


def _request_id(header: bytes) -> str:
    """The caller's own id where it is plain and no key, else a new one."""
    text = header.decode("latin1")
    return text if _ID.fullmatch(header) and masked(text) == text else uuid.uuid4().hex


def _refusal(scope: Scope) -> ASGIApp | None:
    """The answer to a request whose address is too long; None: it is served."""
    if len(scope["raw_path"] or b"") + len(scope["query_string"]) > MAX_TARGET:
        detail = (
            f"The address is longer than {MAX_TARGET // 1024} KiB: shorten the path and the query"
        )
        return problems.of(AddressTooLong(detail))
    return None
