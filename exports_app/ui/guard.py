"""Before any event runs: the gate takes only well-formed events of known names, the Guard asks who calls and whether they may."""

import asyncio
import inspect
import json
from collections.abc import Callable, Collection
from functools import cache
from typing import Any, get_origin
from urllib.parse import quote

import reflex as rx
from reflex.event import Event
from reflex.middleware.middleware import Middleware
from reflex.state import BaseState, StateUpdate
from reflex_base.event.context import EventContext
from reflex_base.registry import RegistrationContext

from exports_app import log, wiring
from exports_app.domain.access import Principal
from exports_app.domain.errors import ExportsError, Forbidden
from exports_app.services import request_context
from exports_app.services.request_context import RequestContext
from exports_app.services.sessions import SESSION_COOKIE, cookie, id_of
from exports_app.ui import actions
from exports_app.ui.actions import Actor, Rule
from exports_app.ui.notices import Notices, notify
from exports_app.ui.page import LOGIN
from exports_app.ui.session import Session

FORBIDDEN = "Your role does not allow this"
ROOT = "reflex___state____state"
HYDRATE = frozenset({f"{ROOT}.hydrate", f"{ROOT}.hydrate_and_load"})
INTERNAL = HYDRATE | {
    f"{ROOT}.reflex___state____on_load_internal_state.on_load_internal",
    f"{ROOT}.reflex___state____on_load_internal_state.set_is_hydrated",
    f"{ROOT}.reflex___state____update_vars_internal_state.update_vars_internal",
    f"{ROOT}.set_is_hydrated",
}
"""Reflex's own events, without which no page lives. None of ours is among them."""

_log = log.get(__name__)
Seen = Callable[[str, str, Principal], None]


class Guard(Middleware):
    """quiet: the handlers that pages call by themselves, so that a refusal is not told: the page says it. seen: called with the
    client's token, the event and the principal for each of them that passes."""

    def __init__(self, quiet: Collection[str], seen: Seen) -> None:
        self._quiet, self._seen = frozenset(quiet), seen
        self._rules: dict[str, Rule] | None = None

    async def preprocess(self, app: rx.App, state: BaseState, event: Event) -> StateUpdate | None:  # noqa: ARG002 (Reflex's signature)
        """None lets the event run."""
        if event.name in INTERNAL and event.name not in HYDRATE:
            return None
        if self._rules is None:
            self._rules = actions.rules()
        root = state._get_root_state()  # noqa: SLF001 (Reflex has no public way)
        request_context.begin(_caller(root))
        try:
            found = await _actor(root)
        except ExportsError as e:  # the database is away: nobody is known, so nothing runs and nothing but this is told
            return await _say(root, e.message, whole_page=event.name in HYDRATE)
        await _keep_owner(root, found)
        if event.name in HYDRATE:
            (await root.get_state(Notices))._clear()  # noqa: SLF001 (a page that begins shows nothing of the one before)
            return None
        return await self._decide(root, event, found)

    async def _decide(self, root: BaseState, event: Event, found: Actor | None) -> StateUpdate | None:
        assert self._rules is not None
        rule = self._rules.get(event.name)
        actions.begin(found)
        if rule is not None and rule.public:
            return None
        if found is None:
            return await _to_login(root) if rule is not None else await _answer(root)
        if rule is None or (rule.permission and found.who.tenants(rule.permission) == frozenset()):
            if event.name in self._quiet:
                return await _answer(root)
            actions.note_refusal(Forbidden(), event.name.rpartition("___")[2])
            return await _refuse(root)
        if event.name in self._quiet:
            self._seen(EventContext.get().token, event.name, found.who)
        return None


def _caller(root: BaseState) -> RequestContext:
    address, headers = str(root.router_data.get("ip", "")), root.router_data.get("headers", {})
    secret = cookie(headers.get("cookie", ""), SESSION_COOKIE)
    session = id_of(secret) if secret else ""
    return RequestContext(address, session, local=request_context.is_local(address, headers))


async def _actor(root: BaseState) -> Actor | None:
    header = root.router_data.get("headers", {}).get("cookie", "")
    secret = cookie(header, SESSION_COOKIE)
    if not secret:
        return None
    visit = await asyncio.to_thread(wiring.services().sessions.visit, secret)
    return Actor(visit.who, secret, visit.tenant_id) if visit else None


async def _keep_owner(root: BaseState, found: Actor | None) -> None:
    """A state outlives its socket, and is sent to whoever presents the tab's token: it is emptied when somebody else does."""
    mine = found.who.user_id if found else ""
    session = await root.get_state(Session)
    if session._owner != mine:  # noqa: SLF001 (kept from clients by its underscore)
        kept = dict(root.router_data)
        root.reset()
        root.router_data = kept
        session._owner = mine  # noqa: SLF001


async def _to_login(root: BaseState) -> StateUpdate:
    wanted = str(root.router_data.get("asPath", ""))
    query = f"?next={quote(wanted, safe='/')}" if wanted.startswith("/") and not wanted.startswith(LOGIN) else ""
    return await _answer(root, rx.redirect(LOGIN + query))


async def _refuse(root: BaseState) -> StateUpdate:
    await notify(root, "error", FORBIDDEN)
    return await _answer(root)


async def _say(root: BaseState, text: str, *, whole_page: bool) -> StateUpdate:
    """Nothing but this, for it is not known whose states these are. whole_page: there is none yet to show a notice on."""
    notices, session = await root.get_state(Notices), await root.get_state(Session)
    notices._clear()  # noqa: SLF001
    if whole_page:
        session.failed = text
    else:
        await notify(root, "error", text)
    delta = {**await notices._get_resolved_delta(), **await session._get_resolved_delta()}  # noqa: SLF001
    for state in (notices, session):
        state._clean()  # noqa: SLF001
    return StateUpdate(delta=delta)


async def _answer(root: BaseState, *events: Any) -> StateUpdate:
    """What the Guard itself changed, and the events; the refused handler does not run."""
    delta = await root._get_resolved_delta()  # noqa: SLF001 (as Reflex does after a handler)
    root._clean()  # noqa: SLF001
    return StateUpdate(delta=delta, events=[e for spec in events for e in Event.from_event_type(spec)])


FROM_PAGES = ("event", "client_error", "ping")
"""What a page may send over the socket."""
PLAIN: dict[Any, type] = {bool: bool, int: int, str: str, dict: dict, list: list, "bool": bool, "int": int, "str": str}
"""Types by annotation; Reflex's own handlers have theirs as text."""


@cache
def _takes(name: str) -> dict[str, type | None]:
    """The names of the values that a handler takes, each with its type where that is a plain one."""
    parameters = list(inspect.signature(RegistrationContext.get().event_handlers[name].handler.fn).parameters.values())
    return {one.name: PLAIN.get(get_origin(one.annotation) or one.annotation) for one in parameters[1:]}


def well_formed(data: Any) -> bool:
    """Whether it is an event for a handler there is, with nothing but values that the handler takes."""
    if not isinstance(data, dict):
        return False
    name, payload = data.get("name"), data.get("payload", {})
    if not (isinstance(name, str) and name in RegistrationContext.get().event_handlers):
        return False
    if not (isinstance(payload, dict) and isinstance(data.get("router_data", {}), dict)):
        return False
    takes = _takes(name)
    # Not isinstance: True is no number here
    return all(key in takes and takes[key] in {None, type(value)} for key, value in payload.items()) and _can_be_sent(data)


def _can_be_sent(data: Any) -> bool:
    """Whether it is text that UTF-8 can hold: the answer that repeats a lone surrogate could not be sent, nor any after it."""
    try:
        json.dumps(data, ensure_ascii=False).encode()
    except (UnicodeEncodeError, RecursionError):
        return False
    return True


def gate(app: rx.App) -> None:
    """Drop what is malformed before Reflex sees it: it would log payload and cookie, or make a state for it."""
    namespace: Any = app.event_namespace
    sio: Any = app.sio
    inner, dispatch = namespace.on_event, sio._handle_event_internal  # noqa: SLF001 (no public way; both versions are pinned)

    async def on_event(sid: str, data: Any = None) -> None:
        if sid in namespace.sid_to_token and well_formed(data):
            await inner(sid, data)

    async def on_client_error(sid: str, data: Any = None) -> None:  # noqa: ARG001 (a client's words do not go into our log)
        _log.warning("a page reported an error of its own")

    async def handle(server: Any, sid: str, eio_sid: str, data: Any, *rest: Any) -> None:
        # A packet may name any event, "connect" among them, whose handler believes the address and headers that it is given
        if isinstance(data, list) and data and data[0] in FROM_PAGES and len(data) <= 2:
            await dispatch(server, sid, eio_sid, data, *rest)

    namespace.on_event, namespace.on_client_error, sio._handle_event_internal = on_event, on_client_error, handle  # noqa: SLF001
