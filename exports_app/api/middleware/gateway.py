"""The outermost ASGI layer: /api to the API, the rest to Reflex; security headers; websockets from
our own pages only.

Pages also give each browser the random cookie to which one-time codes are bound, before anybody has
signed in.
"""

import base64
import hashlib
import json
import re
import secrets
from pathlib import Path

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from exports_app.api import problems
from exports_app.api.cookies import is_secure, only_trusted, set_cookie
from exports_app.api.middleware import security_headers
from exports_app.api.middleware.allowed_hosts import is_asked_for, same_origin
from exports_app.api.middleware.header_limit import MAX_HEADERS, TOO_LARGE, within_limit
from exports_app.api.middleware.request_log import BODY
from exports_app.api.middleware.slow_clients import OpenBodies, SlowBody, has_body
from exports_app.services.core import network_addresses, request_context
from exports_app.services.core.request_context import RequestContext
from exports_app.services.identity.cookies import BROWSER_COOKIE, cookie

BROWSER_SECONDS = 365 * 24 * 60 * 60

_INLINE_SCRIPT = re.compile(r"<script(?![^>]*\bsrc=)[^>]*>(.*?)</script>", re.DOTALL)
_WELCOME = "exports_app: the API is under /api, its documentation at /api/docs\n"
PARTS = (b"text/javascript", b"application/javascript", b"text/css", b"font/")


def script_hashes(pages: Path) -> list[str]:
    """The CSP sources of every inline script in the built pages."""
    found = {
        s
        for f in pages.rglob("*.html")
        for s in _INLINE_SCRIPT.findall(f.read_text(encoding="utf-8"))
        if s.strip()
    }
    return sorted(
        f"'sha256-{base64.b64encode(hashlib.sha256(s.encode()).digest()).decode()}'" for s in found
    )


def content_security_policy(pages: Path | None) -> str:
    """Our own scripts only, no eval. Styles may be inline: Radix positions its layers with style
    attributes."""
    scripts = " ".join(["'self'", *(script_hashes(pages) if pages else [])])
    return "; ".join(
        [
            "default-src 'self'",
            f"script-src {scripts}",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: https:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        ]
    )


CLOSED = frozenset({"/_health", "/ping"})
"""Reflex's own health answers, which tell strangers about Redis and wait for it: /api/health is
ours."""


class Edge:
    """pages: the built front end, None where there is none (then everything outside /api is
    answered here)."""

    def __init__(
        self, reflex: ASGIApp, api: ASGIApp, pages: Path | None, public_url: str = ""
    ) -> None:
        self._reflex = reflex if pages else _nothing_here
        self._api = api
        self._public_url = public_url
        self._bodies = OpenBodies()
        # Static hosting redirects /x to /x/ by an absolute http address, wrong behind a proxy:
        # serve it at once instead
        self._prerendered = (
            {f"/{f.parent.relative_to(pages).as_posix()}" for f in pages.rglob("*/index.html")}
            if pages
            else set()
        )
        self._policy = (b"content-security-policy", content_security_policy(pages).encode())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await self._reflex(scope, receive, send)
            return
        scope = within_limit(scope)
        if is_secure(scope.get("scheme", ""), self._public_url):
            scope = only_trusted(scope)
        serve = self._websocket if scope["type"] == "websocket" else self._http
        with request_context.use(_caller(scope)):
            await serve(scope, receive, send)

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        if TOO_LARGE in scope or not is_asked_for(scope, self._public_url):
            await receive()
            await send({"type": "websocket.close", "code": 4431 if TOO_LARGE in scope else 4421})
            return
        headers = dict(scope["headers"])
        origin, host = headers.get(b"origin"), headers.get(b"host", b"").decode("latin1")
        # Browsers always send an Origin; what sends none is no browser, and has no cookie to abuse
        if origin is not None and not same_origin(origin.decode("latin1"), host, self._public_url):
            await receive()
            await send({"type": "websocket.close", "code": 4403})
            return
        await self._reflex(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        is_api = path == "/api" or path.startswith(("/api/", "/.well-known/"))
        over_https = security_headers.transport(scope.get("scheme", ""), self._public_url)
        newcomer = not is_api and TOO_LARGE not in scope and _is_newcomer(scope)

        async def secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", []))
                own = {name.lower() for name, _ in headers}
                documents = [] if _is_part(headers) else [self._policy, *security_headers.DOCUMENTS]
                always = [*documents, *security_headers.EVERYWHERE, *over_https]
                extra = [
                    *always,
                    (b"cache-control", _cache(path, message["status"], is_api=is_api)),
                ]
                if newcomer and _is_page(message["status"], headers):
                    extra = [*always, *self._welcome(scope)]
                message = {**message, "headers": [*headers, *(h for h in extra if h[0] not in own)]}
            await send(message)

        if TOO_LARGE in scope:
            detail = (
                f"The headers are larger than {MAX_HEADERS // 1024} KiB: send fewer, or remove "
                "this site's cookies"
            )
            await _refuse(431, "too_large", detail)(scope, receive, secured)
            return
        if not is_asked_for(scope, self._public_url):
            detail = (
                f"This server answers for {self._public_url} alone: have the proxy pass the Host "
                "header on"
            )
            await _refuse(421, "wrong_host", detail)(scope, receive, secured)
            return
        if path in self._prerendered:
            scope = {**scope, "path": f"{path}/", "raw_path": f"{path}/".encode()}
        app = self._api if is_api else _no_page if path in CLOSED else self._reflex
        await (
            _patiently(app, scope, receive, secured, self._bodies)
            if has_body(scope)
            else app(scope, receive, secured)
        )

    def _welcome(self, scope: Scope) -> list[tuple[bytes, bytes]]:
        """The headers of the first page that a browser gets: no cache on the way may hand its
        cookie to another one."""
        secure = is_secure(scope.get("scheme", "http"), self._public_url)
        given = set_cookie(
            BROWSER_COOKIE, secrets.token_urlsafe(32), BROWSER_SECONDS, secure=secure
        )
        return [(b"set-cookie", given.encode()), (b"cache-control", b"private, no-cache")]


def _caller(scope: Scope) -> RequestContext:
    address = scope["client"][0] if scope.get("client") else ""
    headers = {name.decode("latin1"): value.decode("latin1") for name, value in scope["headers"]}
    return RequestContext(address, local=request_context.is_local(address, headers))


def _is_newcomer(scope: Scope) -> bool:
    """Whether a browser without our cookie asks for what may be a page, which has no file
    extension."""
    path = scope["path"]
    if scope["method"] != "GET" or path.startswith("/assets/") or "." in path.rpartition("/")[2]:
        return False
    sent = b"; ".join(value for name, value in scope["headers"] if name == b"cookie")
    return not cookie(sent.decode("latin1"), BROWSER_COOKIE)


def _is_page(status: int, headers: list[tuple[bytes, bytes]]) -> bool:
    """304: a page that the browser kept for longer than the cookie."""
    return status == 304 or _kind(headers).startswith(b"text/html")


def _is_part(headers: list[tuple[bytes, bytes]]) -> bool:
    """What no browser shows as a page of its own: a policy there would be a kilobyte and a half for
    nothing, in each of many."""
    return _kind(headers).startswith(PARTS)


def _kind(headers: list[tuple[bytes, bytes]]) -> bytes:
    return next((value for name, value in headers if name.lower() == b"content-type"), b"")


def _cache(path: str, status: int, *, is_api: bool) -> bytes:
    if is_api:
        return b"no-store"
    # File names under /assets/ carry a hash of their content
    return (
        b"public, max-age=31536000, immutable"
        if path.startswith("/assets/") and status in {200, 206, 304}
        else b"no-cache"
    )


async def _patiently(
    app: ASGIApp, scope: Scope, receive: Receive, send: Send, bodies: OpenBodies
) -> None:
    """Serve a request whose body may come too slowly: then the answer is 408, whatever the app
    makes of half a body."""
    network = network_addresses.network(scope["client"][0]) if scope.get("client") else ""
    body, begun = SlowBody(receive, scope["path"], network, bodies), False

    async def in_time(message: Message) -> None:
        nonlocal begun
        if begun or not body.cut:
            begun = True
            await send(message)

    bodies.begin(body)
    try:
        await app({**scope, BODY: body}, body.receive, in_time)
    finally:
        bodies.end(body)
    if body.cut and not begun:
        detail = "The request's body came too slowly: send it again"
        await _refuse(408, "too_slow", detail)(scope, receive, send)


def _refuse(status: int, code: str, detail: str) -> ASGIApp:
    """An answer before the API or the pages were asked, which ends the connection."""
    return problems.response(status, code, detail, headers={"connection": "close"})


async def _no_page(scope: Scope, receive: Receive, send: Send) -> None:
    await problems.response(404, "not_found", "There is no such path")(scope, receive, send)


async def _nothing_here(scope: Scope, receive: Receive, send: Send) -> None:
    """In the place of the pages where the server runs without them."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 4404})
        return
    if scope["path"] == "/":
        status = 200
        kind = b"text/plain; charset=utf-8"
        body = _WELCOME.encode()
    else:
        detail = "This server runs without web pages: the API is under /api"
        problem = {
            "type": "about:blank",
            "title": "Not Found",
            "status": 404,
            "detail": detail,
            "code": "not_found",
        }
        status = 404
        kind = b"application/problem+json"
        body = json.dumps(problem).encode()
    head = [(b"content-type", kind), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": head})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})
