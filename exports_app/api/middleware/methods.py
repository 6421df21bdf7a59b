"""HEAD and OPTIONS for every path, and a complete Allow header (RFC 9110, sections 9.3.2, 9.3.7 and
10.2.1). FastAPI answers HEAD only where a route names it."""

from collections import defaultdict
from functools import cached_property
from http import HTTPStatus

from fastapi.routing import iter_route_contexts
from starlette.responses import Response
from starlette.routing import Match, Mount, Router
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from exports_app.api import problems
from exports_app.domain.errors import MethodNotAllowed

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
OF_FILES = frozenset({"GET", "HEAD"})
READ_ONLY = {"Allow": "GET, HEAD, OPTIONS"}

PATCH_TYPES = ("application/json", "application/merge-patch+json")
"""Of the body of a PATCH: other kinds of patches are also JSON, but mean something else."""
ACCEPT_PATCH = {"Accept-Patch": ", ".join(PATCH_TYPES)}
"""RFC 5789, section 3.1."""

_HEAD = "exports_app.head"
"""In the scope of a HEAD request that a GET route answers."""


def is_head(scope: Scope) -> bool:
    """Whether the caller wants the headers alone. A route that would make a large body, or that
    notes a download, asks."""
    return bool(scope.get(_HEAD))


class Methods:
    """ASGI middleware. A HEAD request gets what GET answers, without the body; a route that is
    declared for HEAD itself goes first."""

    def __init__(self, app: ASGIApp, router: Router) -> None:
        self._app = app
        self._router = router

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if scope["method"] == "OPTIONS" and (allow := self._allow(scope)):
            headers = {"Allow": allow} | (ACCEPT_PATCH if "PATCH" in allow else {})
            await Response(status_code=204, headers=headers)(scope, receive, send)
            return
        if self._is_refused(scope):
            refusal = problems.of(MethodNotAllowed(), {"Allow": self._allow(scope)})
            await refusal(scope, receive, send)
            return
        asked = dict(scope)  # what serves files changes the path
        head = scope["method"] == "HEAD" and not self._takes(scope, "HEAD")
        if head:  # in this scope, of which the layers outside read what the route left in it
            scope["method"], scope[_HEAD] = "GET", True

        async def out(message: Message) -> None:
            if message["type"] == "http.response.start":
                await send(self._complete(asked, message))
            elif not head:
                await send(message)
            elif not message.get("more_body"):
                await send({"type": "http.response.body", "body": b"", "more_body": False})

        await self._app(scope, receive, out)

    def _complete(self, asked: Scope, start: Message) -> Message:
        if start["status"] == HTTPStatus.NO_CONTENT:
            return _without(start, b"content-type")  # FastAPI names one
        if start["status"] == HTTPStatus.METHOD_NOT_ALLOWED:
            start = _without(start, b"allow")
            allow = (b"allow", self._allow(asked).encode())
            return {**start, "headers": [*start["headers"], allow]}
        if start["status"] == HTTPStatus.UNSUPPORTED_MEDIA_TYPE and asked["method"] == "PATCH":
            kinds = (b"accept-patch", ACCEPT_PATCH["Accept-Patch"].encode())
            return {**start, "headers": [*start["headers"], kinds]}
        return start

    def _is_refused(self, scope: Scope) -> bool:
        own = self._own.get(scope["path"])
        return own is not None and scope["method"] in METHODS and scope["method"] not in own

    def _takes(self, scope: Scope, method: str) -> bool:
        own = self._own.get(scope["path"])
        if own is not None and method in METHODS:
            return method in own
        asked = {**scope, "method": method}
        return any(
            route.matches(asked)[0] is Match.FULL
            and (method in OF_FILES or not isinstance(route, Mount))
            for route in self._router.routes
        )

    @cached_property
    def _own(self) -> dict[str, set[str]]:
        """The methods of paths without parameters. They may also fit one with: the id in
        ``/api/scheduled-exports/{schedule_id}`` is not "deleted". Read once all routes are
        there."""
        found = defaultdict[str, set[str]](set)
        for route in iter_route_contexts(self._router.routes):
            if route.path and route.methods and "{" not in route.path:
                found[route.path] |= set(route.methods)
        return dict(found)

    def _allow(self, scope: Scope) -> str:
        """The methods that the path takes, as the Allow header lists them. Empty: no such path."""
        allowed = [method for method in METHODS if self._takes(scope, method)]
        if "GET" in allowed:
            allowed.insert(1, "HEAD")
        return ", ".join([*allowed, "OPTIONS"]) if allowed else ""


class OfPages:
    """ASGI middleware around what is not the API: pages and their parts are only read."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._app
        if scope["type"] == "http" and scope["method"] not in OF_FILES:
            is_asked = scope["method"] == "OPTIONS"
            app = (
                Response(None, 204, READ_ONLY)
                if is_asked
                else problems.of(MethodNotAllowed(), READ_ONLY)
            )
        await app(scope, receive, send)


def _without(start: Message, name: bytes) -> Message:
    others = [header for header in start["headers"] if header[0].lower() != name]
    return {**start, "headers": others}
