"""HEAD and OPTIONS for every path of the API, and a complete Allow header (RFC 9110, sections
9.3.2, 9.3.7 and 10.2.1). FastAPI answers HEAD only where a route names it."""

from collections import defaultdict
from functools import cached_property

from fastapi.routing import iter_route_contexts
from starlette.responses import Response
from starlette.routing import Match, Mount, Router
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from exports_app.api import problems

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")

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
            await Response(status_code=204, headers={"Allow": allow})(scope, receive, send)
            return
        if self._is_refused(scope):
            refusal = problems.method_not_allowed({"Allow": self._allow(scope)})
            await refusal(scope, receive, send)
            return
        head = scope["method"] == "HEAD" and not self._takes(scope, "HEAD")

        async def out(message: Message) -> None:
            if message["type"] == "http.response.start":
                if message["status"] == 405:
                    message = self._with_allow(scope, message)
                await send(message)
            elif not head:
                await send(message)
            elif not message.get("more_body"):
                await send({"type": "http.response.body", "body": b"", "more_body": False})

        await self._app({**scope, "method": "GET", _HEAD: True} if head else scope, receive, out)

    def _is_refused(self, scope: Scope) -> bool:
        own = self._own.get(scope["path"])
        return own is not None and scope["method"] in METHODS and scope["method"] not in own

    def _takes(self, scope: Scope, method: str) -> bool:
        own = self._own.get(scope["path"])
        if own is not None and method in METHODS:
            return method in own
        asked = {**scope, "method": method}
        return any(
            not isinstance(route, Mount) and route.matches(asked)[0] is Match.FULL
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

    def _with_allow(self, scope: Scope, start: Message) -> Message:
        others = [header for header in start["headers"] if header[0].lower() != b"allow"]
        return {**start, "headers": [*others, (b"allow", self._allow(scope).encode())]}
