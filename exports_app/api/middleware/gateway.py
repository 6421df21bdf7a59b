"""The outermost ASGI layer: /api goes to the API, the rest to Reflex; it adds security headers and
allows websockets from our own pages only.

With its first page each browser gets a random cookie, to which one-time codes are bound later.
"""

import base64
import hashlib
import re
import secrets
from collections.abc import Collection
from pathlib import Path

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from exports_app.api import problems
from exports_app.api.cookies import is_secure, only_trusted, set_cookie
from exports_app.api.middleware import security_headers
from exports_app.api.middleware.allowed_hosts import is_asked_for, same_origin
from exports_app.api.middleware.cors import readable
from exports_app.api.middleware.header_limit import MAX_HEADERS, TOO_LARGE, within_limit
from exports_app.api.middleware.methods import OfPages
from exports_app.api.middleware.request_log import BODY
from exports_app.api.middleware.slow_clients import OpenBodies, SlowBody, has_body
from exports_app.api.serving import Serving
from exports_app.domain.errors import HeadersTooLarge, PathNotFound, TooSlow, WrongHost
from exports_app.services.core import network_addresses, request_context
from exports_app.services.core.request_context import RequestContext
from exports_app.services.identity.cookies import BROWSER_COOKIE, cookie

BROWSER_SECONDS = 365 * 24 * 60 * 60
"""Lifetime of the cookie that names a browser."""

_INLINE_SCRIPT = re.compile(r"<script(?![^>]*\bsrc=)[^>]*>(.*?)</script>", re.DOTALL)
_WELCOME = "exports_app: the API is under /api, its documentation at /api/docs\n"
JSON = (b"application/json", b"application/problem+json")
PARTS = (b"text/javascript", b"application/javascript", b"text/css", b"font/")


def script_hashes(pages: Path) -> list[str]:
    """The CSP sources of every inline script in the built pages."""
    scripts = {
        script
        for page in pages.rglob("*.html")
        for script in _INLINE_SCRIPT.findall(page.read_text(encoding="utf-8"))
        if script.strip()
    }
    return sorted(
        f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
        for script in scripts
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
    """pages: the folder of the built front end; None: everything outside /api is answered here.
    serving: once it drains, each answer ends its connection, so that no proxy keeps one for a
    request that would come when the port is closed. sites: whose pages may call the API."""

    def __init__(
        self,
        reflex: ASGIApp,
        api: ASGIApp,
        pages: Path | None,
        public_url: str = "",
        serving: Serving | None = None,
        sites: Collection[str] = (),
    ) -> None:
        self._reflex = OfPages(reflex if pages else _nothing_here)
        self._api = api
        self._public_url = public_url
        self._serving = serving
        self._sites = sites
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
        # Browsers always send an Origin: a client without one has no cookie that a site could abuse
        if origin is not None and not same_origin(origin.decode("latin1"), host, self._public_url):
            await receive()
            await send({"type": "websocket.close", "code": 4403})
            return
        await self._reflex(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        is_api = path == "/api" or path.startswith(("/api/", "/.well-known/"))
        secured = self._secured(scope, send, is_api=is_api)
        if refusal := self._refusal(scope):
            await refusal(scope, receive, readable(scope, secured, self._sites))
            return
        if path in self._prerendered:
            scope = {**scope, "path": f"{path}/", "raw_path": f"{path}/".encode()}
        app = self._api if is_api else _no_page if path in CLOSED else self._reflex
        await (
            self._with_slow_body(app, scope, receive, secured)
            if has_body(scope)
            else app(scope, receive, secured)
        )

    async def _with_slow_body(
        self, app: ASGIApp, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Serve a request with a body; where that is too slow, the answer is 408, whatever the app
        answers to a part of it."""
        network = network_addresses.network(scope["client"][0]) if scope.get("client") else ""
        body = SlowBody(receive, scope["path"], network, self._bodies)
        begun = False

        async def in_time(message: Message) -> None:
            nonlocal begun
            if begun or not body.cut:
                begun = True
                await send(message)

        self._bodies.begin(body)
        try:
            await app({**scope, BODY: body}, body.receive, in_time)
        finally:
            self._bodies.end(body)
        if body.cut and not begun:
            await problems.of(TooSlow())(scope, receive, readable(scope, send, self._sites))

    def _secured(self, scope: Scope, send: Send, *, is_api: bool) -> Send:
        """A `send` that adds the gateway's headers to the answer."""
        path = scope["path"]
        over_https = security_headers.transport(scope.get("scheme", ""), self._public_url)
        is_newcomer = not is_api and TOO_LARGE not in scope and _is_newcomer(scope)

        async def secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = list(message.get("headers", []))
                present = {name.lower() for name, _ in headers}
                shown = self._shown(_kind(headers), is_api=is_api)
                extra = [*shown, *security_headers.EVERYWHERE, *over_https]
                if is_newcomer and _is_page(status, headers):
                    extra += self._browser_cookie(scope)
                else:
                    extra.append((b"cache-control", _cache(path, status, is_api=is_api)))
                if self._serving is not None and self._serving.draining:
                    extra.append((b"connection", b"close"))
                added = [header for header in extra if header[0] not in present]
                message = {**message, "headers": [*headers, *added]}
            await send(message)

        return secured

    def _shown(self, kind: bytes, *, is_api: bool) -> list[tuple[bytes, bytes]]:
        """Headers for what a browser may show. None for a part of a page, such as a script: no
        browser shows it as a page, and the policy would add 1.5 KB to each of many. A 304 of the
        API has no kind, and its headers replace those of the answer that was kept."""
        if kind.startswith(PARTS):
            return []
        if kind.startswith(JSON) or (is_api and not kind):
            return security_headers.DATA
        return [self._policy, *security_headers.DOCUMENTS]

    def _refusal(self, scope: Scope) -> ASGIApp | None:
        """The answer to a request with too many headers, or for another site; None: it is
        served."""
        if TOO_LARGE in scope:
            detail = (
                f"The headers are larger than {MAX_HEADERS // 1024} KiB: send fewer, or delete "
                "this site's cookies"
            )
            return problems.of(HeadersTooLarge(detail))
        if not is_asked_for(scope, self._public_url):
            detail = (
                f"This server only answers requests for {self._public_url}: configure the proxy "
                "to pass on the Host header"
            )
            return problems.of(WrongHost(detail))
        return None

    def _browser_cookie(self, scope: Scope) -> list[tuple[bytes, bytes]]:
        """The headers of the first page that a browser gets: no shared cache may give its cookie to
        another one."""
        secure = is_secure(scope.get("scheme", "http"), self._public_url)
        value = set_cookie(
            BROWSER_COOKIE, secrets.token_urlsafe(32), BROWSER_SECONDS, secure=secure
        )
        return [(b"set-cookie", value.encode()), (b"cache-control", b"private, no-cache")]


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


async def _no_page(scope: Scope, receive: Receive, send: Send) -> None:
    await problems.of(PathNotFound())(scope, receive, send)


async def _nothing_here(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers instead of the pages where the server runs without them."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 4404})
        return
    answer = (
        PlainTextResponse(_WELCOME)
        if scope["path"] == "/"
        else problems.of(PathNotFound("This server has no web pages: the API is at /api"))
    )
    await answer(scope, receive, send)
