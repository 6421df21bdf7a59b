"""Before any event runs: who calls, and whether they may. What comes here has passed the gate."""

import uuid
from collections.abc import Callable, Collection
from functools import partial
from typing import Any
from urllib.parse import quote, urlencode

import reflex as rx
from reflex.event import Event
from reflex.istate.delta import clean_state, resolve_delta
from reflex.middleware.middleware import Middleware
from reflex.state import BaseState, StateUpdate
from reflex_base.event.context import EventContext

from exports_app import log
from exports_app.domain import bidi
from exports_app.domain.access import OF_INSTALLATION, PERMISSIONS, Principal, Role, permissions_of
from exports_app.domain.errors import ExportsError, Forbidden
from exports_app.services.core import read_limits, request_context
from exports_app.services.core.request_context import RequestContext
from exports_app.services.identity.cookies import SESSION_COOKIE, cookie
from exports_app.services.identity.sessions import id_of
from exports_app.ui.framework import actions, refresh_group
from exports_app.ui.framework.actions import Actor, Rule
from exports_app.ui.framework.browser_commands import BrowserCommands, notify
from exports_app.ui.framework.page import LOGIN
from exports_app.ui.framework.refresh_group import Group
from exports_app.ui.framework.services import services
from exports_app.ui.framework.session import SessionState
from exports_app.ui.framework.threads import in_thread
from exports_app.ui.framework.vars import put
from exports_app.ui.websockets.gate import HYDRATE, ROOT
from exports_app.ui.websockets.tab_states import kinds

FORBIDDEN = "You do not have permission to do this"
CHANGED = "Your role has changed, so the page was reloaded"
LOAD = f"{ROOT}.reflex___state____on_load_internal_state.on_load_internal"
"""What a page does next: its on_load events."""
INTERNAL = HYDRATE | {
    LOAD,
    f"{ROOT}.reflex___state____on_load_internal_state.set_is_hydrated",
    f"{ROOT}.reflex___state____update_vars_internal_state.update_vars_internal",
    f"{ROOT}.set_is_hydrated",
}
"""Reflex's own events, without which no page lives. None of ours is among them."""

Seen = Callable[[str, str, Actor], None]
Known = Callable[[str, bool], None]
GroupOf = Callable[[str], Group | None]


class Guard(Middleware):
    """quiet: the handlers that pages call by themselves, so that a refusal is not told: the page
    says it. seen: called with the tab's key, the event and who stands behind it for each of them
    that passes. known: called with the tab's key and whether someone is signed in there. group_of:
    see `Live.group_of`."""

    def __init__(
        self,
        quiet: Collection[str],
        seen: Seen,
        known: Known,
        group_of: GroupOf = lambda _: None,
    ) -> None:
        self._quiet = frozenset(quiet)
        self._seen = seen
        self._known = known
        self._group_of = group_of
        self._rules: dict[str, Rule] | None = None

    async def preprocess(
        self,
        app: rx.App,  # noqa: ARG002 (Reflex's signature)
        state: BaseState,
        event: Event,
    ) -> StateUpdate | None:
        """None lets the event run."""
        # A page's own calls have where it is with them; what they lead to, and what the server
        # pushes, has not
        by_client = bool(event.router_data)
        if event.name in INTERNAL - HYDRATE and not (by_client and event.name == LOAD):
            return None
        if self._rules is None:
            self._rules = actions.rules()
        root = _root_of(state)
        caller = _caller(root)
        request_context.begin(caller)
        log.begin(request=caller.request_id)
        read_limits.begin(services.settings.read_seconds)
        whole_page = event.name in HYDRATE
        refresh_group.begin(None if by_client else self._group_of(EventContext.get().token))
        try:
            actor = await self._actor(root, counts=by_client)
        except (
            ExportsError
        ) as e:  # the database is away, or too many requests: nothing but this is said
            return await _say(root, e.message, whole_page=whole_page)
        self._known(EventContext.get().token, actor is not None)
        await _keep_owner(root, actor)
        lost = actor is not None and await _lost_rights(root, actor)
        await _show_maintenance(root)
        if whole_page:
            # A page that begins shows nothing of the one before
            (await root.get_state(BrowserCommands)).clear()
            return None
        if lost:
            self._note_refusal(event, actor)
            await notify(root, "info", CHANGED)
            return await _answer(root, load=True)
        return None if event.name == LOAD else await self._decide(root, event, actor)

    async def _actor(self, root: BaseState, *, counts: bool) -> Actor | None:
        """counts: as a request, like one of the API, and as a use of the session. Raises
        TooManyRequests, Unavailable."""
        header = root.router_data.get("headers", {}).get("cookie", "")
        secret = cookie(header, SESSION_COOKIE)
        if not secret:
            return None
        if (group := refresh_group.current()) is None:
            return await in_thread(_look_up, secret, counts)
        look_up = partial(group.together, _look_up, partial(_look_up, secret, counts))
        return await group.share(_look_up, id_of(secret), look_up)

    def _note_refusal(self, event: Event, actor: Actor | None) -> bool:
        """Whether the actor may not do this. It is then noted in the audit, unless the page itself
        asked."""
        assert self._rules is not None
        actions.begin(actor)
        rule = self._rules.get(event.name)
        if actor is None or event.name == LOAD or (rule is not None and rule.public):
            return False
        refused = rule is None or (
            rule.permission is not None and actor.who.tenants(rule.permission) == frozenset()
        )
        if refused and event.name not in self._quiet:
            actions.note_refusal(Forbidden(), event.name.rpartition("___")[2])
        return refused

    async def _decide(
        self, root: BaseState, event: Event, actor: Actor | None
    ) -> StateUpdate | None:
        assert self._rules is not None
        rule = self._rules.get(event.name)
        actions.begin(actor)
        if rule is not None and rule.public:
            return None
        if actor is None:
            return await _to_login(root) if rule is not None else await _answer(root)
        if self._note_refusal(event, actor):
            return await _answer(root) if event.name in self._quiet else await _refuse(root)
        if event.name in self._quiet:
            self._seen(EventContext.get().token, event.name, actor)
        return None


def _root_of(state: BaseState) -> BaseState:
    while state.parent_state is not None:
        state = state.parent_state
    return state


def _caller(root: BaseState) -> RequestContext:
    """Of this event, with an id of its own that the log and the audit have."""
    address, headers = str(root.router_data.get("ip", "")), root.router_data.get("headers", {})
    secret = cookie(headers.get("cookie", ""), SESSION_COOKIE)
    session = id_of(secret) if secret else ""
    device, local = (
        request_context.device_name(headers.get("user-agent", "")),
        request_context.is_local(address, headers),
    )
    return RequestContext(address, session, uuid.uuid4().hex, device, local)


def _look_up(secret: str, counts: bool) -> Actor | None:
    visit = services.sessions.visit(secret, counts=counts)
    if visit is None:
        return None
    if counts:
        services.auth.count_call(visit.who)
    return Actor(visit.who, secret, visit.tenant_id, visit.ends_at)


async def _keep_owner(root: BaseState, actor: Actor | None) -> None:
    """The session of a tab's states is always the same one (`tabs.key_of`), but it may end: then
    they are emptied."""
    mine = actor.who.user_id if actor else ""
    session = await root.get_state(SessionState)
    if not session.is_of(mine):
        await _empty(root)
        session.set_owner(mine)


async def _lost_rights(root: BaseState, actor: Actor) -> bool:
    """Whether they may do or see less than at the tab's latest event. Its states are empty then:
    what they hold may be of what was taken from them."""
    session = await root.get_state(SessionState)
    before = session.rights()
    now = rights(actor.who)
    if before == now:
        return False
    lost = not set(before) <= set(now)
    if lost:
        await _empty(root)
        session.set_owner(actor.who.user_id)
    session.set_rights(now, actor.who)
    return lost


async def _show_maintenance(root: BaseState) -> None:
    """With each event, since a change refreshes every page."""
    now = services.maintenance.seen
    reason = bidi.isolated(now.reason)
    put(await root.get_state(SessionState), maintenance=now.is_on, maintenance_reason=reason)


def rights(who: Principal) -> list[str]:
    """Everything that the user may do, as text."""
    installation = (
        [f"* {permission}" for permission in OF_INSTALLATION] if who.is_super_admin else []
    )
    every = (
        [f"every {permission}" for permission in PERMISSIONS[Role.ADMIN]]
        if who.is_super_admin
        else []
    )
    own = [
        f"{tenant} {permission}"
        for tenant, role in who.roles.items()
        for permission in permissions_of(role)
    ]
    return sorted([*installation, *every, *own])


async def _empty(root: BaseState) -> None:
    """Reset every State; only the page's address stays. With Redis they are loaded first."""
    for kind in kinds(type(root)):
        await root.get_state(kind)
    kept = dict(root.router_data)
    root.reset()
    root.router_data = kept


async def _to_login(root: BaseState) -> StateUpdate:
    wanted = str(root.router_data.get("asPath", ""))
    back = {"next": wanted} if wanted.startswith("/") and not wanted.startswith(LOGIN) else {}
    had_session = cookie(root.router_data.get("headers", {}).get("cookie", ""), SESSION_COOKIE)
    query = urlencode(back | ({"ended": "1"} if had_session else {}), quote_via=quote, safe="/")
    return await _answer(root, rx.redirect(f"{LOGIN}?{query}" if query else LOGIN))


async def _refuse(root: BaseState) -> StateUpdate:
    await notify(root, "error", FORBIDDEN)
    return await _answer(root)


async def _say(root: BaseState, text: str, *, whole_page: bool) -> StateUpdate:
    """Answer with this text only, since it is not known whose states these are. whole_page: there
    is no page yet that could show a notice."""
    notices, session = await root.get_state(BrowserCommands), await root.get_state(SessionState)
    notices.clear()
    if whole_page:
        session.failed = text
    else:
        await notify(root, "error", text)
    delta = {**await resolve_delta(notices), **await resolve_delta(session)}
    for state in (notices, session):
        clean_state(state)
    return StateUpdate(delta=delta)


async def _answer(root: BaseState, *events: Any, load: bool = False) -> StateUpdate:
    """What the Guard itself changed, and the events; the refused handler does not run. load: the
    page is loaded anew."""
    delta = await resolve_delta(root)  # as Reflex does after a handler
    clean_state(root)
    made = [e for spec in events for e in Event.from_event_type(spec)]
    return StateUpdate(delta=delta, events=[*made, *([Event(name=LOAD)] if load else [])])
