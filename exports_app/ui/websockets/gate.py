"""Between Socket.IO and Reflex: only well-formed events of known names go in, and only as many as
are worked off."""

import asyncio
import inspect
import json
import uuid
from collections.abc import Callable
from functools import cache, lru_cache, partial
from typing import Any, get_origin
from urllib.parse import parse_qs

import reflex as rx
from reflex_base.registry import RegistrationContext

from exports_app.ui.websockets import reflex_internals
from exports_app.ui.websockets.incident_log import incidents
from exports_app.ui.websockets.socket import MAX_UNREAD_PACKETS, UNREAD, Socket, current
from exports_app.ui.websockets.tab_states import Tabs, key_of

ROOT = "reflex___state____state"
HYDRATE = frozenset({f"{ROOT}.hydrate", f"{ROOT}.hydrate_and_load"})
NEVER_SENT = frozenset(
    {f"{ROOT}.reflex___state____update_vars_internal_state.update_vars_internal"}
)
"""Reflex's own event for what a page keeps in cookies or the browser's storage: ours keep nothing
there."""
FROM_PAGES = ("event", "client_error", "ping")
"""What a page may send over the socket."""
MAX_ADDRESS_BYTES = 2 * 1024
"""Of each of `ROUTER`, in UTF-8."""
MAX_WAITING = 32
"""Events of a tab that wait for those before; more wait in the client's own buffers."""
MAX_ROUTES_KEPT = 256
"""Paths whose route is remembered."""
WAIT_SECONDS = 0.02
ROUTER = {"pathname": str, "asPath": str, "query": dict}
"""What a page says of where it is. Everything else about a client comes from its handshake."""
PLAIN: dict[Any, type] = {
    bool: bool,
    int: int,
    str: str,
    dict: dict,
    list: list,
    "bool": bool,
    "int": int,
    "str": str,
}
"""Types by annotation; Reflex's own handlers have theirs as text."""


@cache
def _takes(name: str) -> dict[str, type | None]:
    """The names of the values that a handler takes, each with its type where that is a plain
    one."""
    parameters = list(
        inspect.signature(
            RegistrationContext.get().event_handlers[name].handler.fn
        ).parameters.values()
    )
    return {
        parameter.name: PLAIN.get(get_origin(parameter.annotation) or parameter.annotation)
        for parameter in parameters[1:]
    }


@cache
def _needs(name: str) -> frozenset[str]:
    """The names of the values without which a handler cannot be called."""
    parameters = list(
        inspect.signature(
            RegistrationContext.get().event_handlers[name].handler.fn
        ).parameters.values()
    )
    several = {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD}
    return frozenset(
        p.name for p in parameters[1:] if p.default is p.empty and p.kind not in several
    )


def _is_handled(name: str) -> bool:
    return name in RegistrationContext.get().event_handlers and name not in NEVER_SENT


def well_formed(data: Any) -> dict[str, Any] | None:
    """The event with nothing but what Reflex shall see; None unless it is for a handler there is,
    with nothing but values that the handler takes and all that it needs, from an address of allowed
    length."""
    if not isinstance(data, dict):
        return None
    name = data.get("name")
    payload = data.get("payload", {})
    router = data.get("router_data", {})
    if not (isinstance(name, str) and _is_handled(name)):
        return None
    if not (isinstance(payload, dict) and isinstance(router, dict)):
        return None
    takes = _takes(name)
    # Not isinstance: True is no number here
    fits = all(key in takes and takes[key] in {None, type(value)} for key, value in payload.items())
    if not (fits and _needs(name) <= payload.keys()):
        return None
    plain = {key: router[key] for key in ROUTER if key in router}
    right = all(
        isinstance(value, ROUTER[key]) and 0 <= _size(value) <= MAX_ADDRESS_BYTES
        for key, value in plain.items()
    )
    if not right or _size(payload) < 0:
        return None
    return {"name": name, "payload": payload, "router_data": plain}


def _size(data: Any) -> int:
    """Bytes as JSON; negative where it cannot be sent: the answer that repeats a lone surrogate
    could not, nor any after it."""
    try:
        return len(json.dumps(data, ensure_ascii=False).encode())
    except (UnicodeEncodeError, RecursionError):
        return -1


class Answers(asyncio.Queue[Any]):
    """What waits to be sent over a socket. It cuts off the socket of whoever does not read."""

    def __init__(self, socket: Socket | None) -> None:
        super().__init__()
        self._socket = socket

    def _put(self, item: Any) -> None:
        super()._put(item)
        if self._socket is not None:
            self._socket.count_answer(_length(item))
            if self.qsize() > MAX_UNREAD_PACKETS:
                self._socket.cut(UNREAD)

    def _get(self) -> Any:
        item = super()._get()
        if self._socket is not None:
            self._socket.count_answer(-_length(item))
        return item


def _length(item: Any) -> int:
    data = getattr(item, "data", None)
    return len(data) if isinstance(data, str) else 0


class Gate:
    """Puts itself in the place of what Socket.IO and Reflex call. Neither has a public way; the
    versions of both are pinned.

    left: called with the key of a tab that has closed.
    """

    def __init__(self, app: rx.App, tabs: Tabs, left: Callable[[str], None]) -> None:
        self._app = app
        self._tabs = tabs
        self._left = left
        self._booting: set[str] = set()
        """Sockets whose first event came with the connection."""
        namespace: Any = app.event_namespace
        sio: Any = app.sio
        self._namespace = namespace
        self._connect, self._disconnect = namespace.on_connect, namespace.on_disconnect
        self._event, self._update = namespace.on_event, namespace.emit_update
        self._message, self._dispatch = reflex_internals.packet_handlers(sio)
        namespace.on_connect, namespace.on_disconnect = self.on_connect, self.on_disconnect
        namespace.on_event, namespace.on_client_error = self.on_event, self.on_client_error
        namespace.emit_update = self.emit_update
        reflex_internals.replace_packet_handlers(sio, self.on_message, self.on_packet)
        sio.eio.create_queue = lambda *_, **__: Answers(current())

    def remember_few_routes(self) -> None:
        """Reflex remembers the routes of 4,096 paths, whoever made them up. Once all pages are
        added."""
        router: Any = self._app.router
        self._app.__dict__["router"] = lru_cache(MAX_ROUTES_KEPT)(router.__wrapped__)

    async def on_message(self, eio_sid: str, data: Any) -> None:
        """A packet of Socket.IO, not yet read."""
        try:
            await self._message(eio_sid, data)
        except (ValueError, RecursionError, KeyError, TypeError, IndexError, AttributeError) as e:
            if (socket := current()) is None:
                raise
            socket.cut(f"a malformed packet ({type(e).__name__})")

    async def on_packet(self, server: Any, sid: str, eio_sid: str, data: Any, *rest: Any) -> None:
        # A packet may name any event, "connect" among them, whose handler believes the address and
        # headers that it is given
        if isinstance(data, list) and data and data[0] in FROM_PAGES and len(data) <= 2:
            await self._dispatch(server, sid, eio_sid, data, *rest)

    async def on_connect(self, sid: str, environ: dict[str, Any], auth: Any = None) -> bool:
        """False refuses it."""
        socket = current()
        if socket is not None and not await socket.join():
            return False
        cookies = environ.get("HTTP_COOKIE", "")
        token = parse_qs(environ.get("QUERY_STRING", "")).get("token", [""])[0]
        key = key_of(token, cookies)
        if await reflex_internals.is_connected(self._app, key):  # a tab that was duplicated
            token = str(uuid.uuid4())
            key = key_of(token, cookies)
            await self._namespace.emit("new_token", token, to=sid)
        self._tabs.opened(key, socket.address.name if socket else "", cookies)
        if socket is not None:
            socket.is_signed_in = partial(self._tabs.is_signed_in, key)
        self._booting.add(sid)
        try:
            await self._connect(sid, {**environ, "QUERY_STRING": f"token={key}"}, auth)
        finally:
            self._booting.discard(sid)
        return True

    def on_disconnect(self, sid: str, *_: Any) -> Any:
        key = self._namespace.sid_to_token.get(sid)
        ending = self._disconnect(sid)
        if key is not None:
            self._left(key)
            self._tabs.closed(key)
        return ending

    async def on_event(self, sid: str, data: Any = None) -> None:
        key = self._namespace.sid_to_token.get(sid)
        event = well_formed(data) if key is not None else None
        if event is None:
            return
        socket = current()
        loads = event["name"] in HYDRATE and sid not in self._booting
        if socket is not None and loads and not await socket.join():
            return
        # Reflex has no event to wait for
        while self._is_full(key) and not (socket and socket.why):  # noqa: ASYNC110
            await asyncio.sleep(WAIT_SECONDS)
        await self._event(sid, event)

    def _is_full(self, key: str) -> bool:
        """Whether as many of the tab's events wait as may."""
        return len(reflex_internals.pending_events(self._app, key)) >= MAX_WAITING

    async def on_client_error(self, sid: str, data: Any = None) -> None:  # noqa: ARG002
        """Notes that there was an error. The client's text does not go into the log."""
        socket = current()
        incidents.note("a page reported an error of its own", socket.address.name if socket else "")

    async def emit_update(self, update: Any, token: str) -> None:
        """Nothing to a tab that is closed; Reflex would write its token into the log."""
        if reflex_internals.can_reach(self._app, token):
            await self._update(update=update, token=token)
