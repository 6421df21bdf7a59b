"""Each request has a place in a lane (`services/core/lanes.py`) while the server works on it: not
while a slow client sends its body or takes the answer."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from exports_app.api import problems
from exports_app.api.middleware.slow_clients import has_body
from exports_app.domain.errors import Overloaded
from exports_app.services.core import read_limits
from exports_app.services.core.lanes import Lane, Lanes
from exports_app.services.runs.download_links import PATH as FILES
from exports_app.wiring import Services

PROBES = frozenset({"/api/health", "/api/live", "/api/ready"})
METRICS = "/api/metrics"
PREVIEWS = frozenset(f"/api/scheduled-exports/preview{of}" for of in ("", "-message"))
_TRIAL = re.compile(r"/api/destinations/[^/]*/test")
_PLACE = "exports_app.place"
"""Where an ASGI scope keeps the request's place."""
_SIGN_IN = re.compile(
    r"/api/(?:auth/(?:login|forgot-password|reset-password)|session/.*|invitations/accept"
    r"|account/(?:password|second-factor(?:/.*)?))",
    re.DOTALL,
)
_FILES = re.compile(
    rf"/api/(?:download/.*|uploads/.*|audit/csv|campaigns/import|scheduled-exports/.*/file)|{FILES}/.*",
    re.DOTALL,
)


def lane_of(path: str, lanes: Lanes) -> Lane | None:
    """None: the request needs no place."""
    if path in PROBES:
        return None
    if path == METRICS:
        return lanes.metrics
    if path in PREVIEWS:
        return lanes.previews
    if _TRIAL.fullmatch(path):
        return lanes.trials
    if _SIGN_IN.fullmatch(path):
        return lanes.sign_in
    return lanes.files if _FILES.fullmatch(path) else lanes.api


def outside_lane(scope: Scope) -> AbstractAsyncContextManager[None]:
    """For a request that waits for something else: without its place within the block. Raises
    Overloaded where none is free after it."""
    place: _Place | None = scope.get(_PLACE)
    return nullcontext() if place is None else place.outside()


class InLanes:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        services: Services = scope["app"].state.services
        lane = lane_of(scope["path"], services.lanes)
        if lane is None:
            await self._app(scope, receive, send)
            return
        place = _Place(lane, receive, send)
        scope[_PLACE] = place
        try:
            await lane.enter()
        except Overloaded as e:
            await problems.of(e)(scope, receive, send)
            return
        try:
            with read_limits.use(services.settings.read_seconds):
                await self._app(scope, place.receive if has_body(scope) else receive, place.send)
        finally:
            place.leave()


class _Place:
    """A request's place in its lane, which it leaves while it waits for its client."""

    def __init__(self, lane: Lane, receive: Receive, send: Send) -> None:
        self._lane = lane
        self._receive = receive
        self._send = send
        self._taken = True
        self._body_came = False
        self._answering = False
        self._coming_back = asyncio.Lock()

    def leave(self) -> None:
        if self._taken:
            self._taken = False
            self._lane.leave()

    @asynccontextmanager
    async def outside(self) -> AsyncIterator[None]:
        """Without the place within the block. Raises Overloaded where none is free after it."""
        self.leave()
        yield
        await self._come_back(begun=False)

    async def receive(self) -> Message:
        """The next part of the body. Raises Overloaded, where no place is free after the last."""
        if self._body_came or self._answering:
            return await self._receive()
        self.leave()
        message = await self._receive()
        if not message.get("more_body"):  # the last part, or the client is gone
            self._body_came = True
            if not self._answering:
                await self._come_back(begun=False)
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._answering = True
            await self._send(message)
            return
        self.leave()
        await self._send(message)
        if message.get("more_body"):  # a stream: what comes next is work again
            await self._come_back(begun=True)

    async def _come_back(self, *, begun: bool) -> None:
        """Raises Overloaded. Who streams an answer receives too, to see its client go: a body that
        nobody has read comes there, and must not take a second place."""
        async with self._coming_back:
            if not self._taken:
                await self._lane.come_back(begun=begun)
                self._taken = True
