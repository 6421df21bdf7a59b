"""A tab behind the guard, as the websocket reaches it."""

from typing import Any

from reflex.event import Event
from reflex_base.event.context import EventContext

from exports_app.services.core.records import User
from exports_app.services.identity.cookies import BROWSER_COOKIE, SESSION_COOKIE
from exports_app.ui.framework.guard import Guard
from exports_app.ui.framework.refresh_group import Group
from exports_app.ui.framework.session import SessionState
from exports_app.ui.pages.scheduled_exports.list.state import ListState
from exports_app.ui.pages.scheduled_exports.page import ScheduledExports
from exports_app.ui.pages.settings.audit.state import AuditState
from exports_app.ui.websockets.gate import HYDRATE, ROOT
from exports_app.wiring import Services
from tests.ui.conftest import Tab
from tests.world import BROWSER, sign_in

PAGE = ScheduledExports.get_full_name()
REFRESH, CLEAR = f"{PAGE}.refresh", f"{ListState.get_full_name()}.clear"
MANAGED = f"{AuditState.get_full_name()}.clear"
ENTER = f"{SessionState.get_full_name()}.enter"
SET_HYDRATED = f"{ROOT}.set_is_hydrated"
(FIRST, *_) = sorted(HYDRATE)


class Guarded:
    """A tab whose events come from a page, or are pushed by the server."""

    def __init__(self, tab: Tab) -> None:
        self.tab = tab
        self.seen = list[str]()
        self.known = list[bool]()
        self.group: Group | None = None
        """In which what is pushed runs."""
        self.guard = Guard(
            {REFRESH},
            lambda key, name, actor: self.seen.append(name),
            lambda key, signed_in: self.known.append(signed_in),
            lambda key: self.group,
        )

    def as_user(self, services: Services, user: User) -> str:
        secret = sign_in(services, user)
        cookie = f"{SESSION_COOKIE}={secret}; {BROWSER_COOKIE}={BROWSER}"
        self.tab.root.router_data = {
            "headers": {"cookie": cookie},
            "ip": "192.0.2.1",
            "asPath": "/scheduled-exports",
        }
        return secret

    async def event(self, name: str, *, pushed: bool = False) -> Any:
        """What the Guard answers; None lets the handler run."""
        EventContext.set(
            EventContext(
                token="a tab", txid="1", parent_txid=None, state_manager=None, enqueue_impl=None
            )
        )  # type: ignore[arg-type]
        router = (
            {} if pushed else {"asPath": "/scheduled-exports", "pathname": "/scheduled-exports"}
        )
        return await self.guard.preprocess(
            None, self.tab.root, Event(name=name, payload={}, router_data=router)
        )  # type: ignore[arg-type]
