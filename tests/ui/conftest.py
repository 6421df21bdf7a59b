"""States without a browser: over real services, acting for someone of the cast."""

from collections.abc import Callable, Coroutine, Iterator
from typing import Any, TypeVar

import pytest
import reflex as rx

from exports_app import wiring
from exports_app.domain.access import Principal
from exports_app.services.core.records import Tenant
from exports_app.ui.framework import actions
from exports_app.ui.framework.actions import Actor
from exports_app.ui.framework.browser_commands import BrowserCommands, Toast
from exports_app.ui.framework.session import SessionState
from exports_app.wiring import Services

S = TypeVar("S", bound=rx.State)


class Tab:
    """One browser tab: a tree of states."""

    def __init__(self) -> None:
        self.root = rx.State(_reflex_internal_init=True)

    async def state(self, kind: type[S]) -> S:
        return await self.root.get_state(kind)

    async def do(self, handler: Any, *values: Any) -> Any:
        """Call an action as a client would. Returns what it returned."""
        return await handler.fn(await self.state(handler.state), *values)

    async def notices(self) -> list[Toast]:
        return list((await self.state(BrowserCommands)).items)

    async def texts(self) -> list[str]:
        return [notice.text for notice in await self.notices()]


@pytest.fixture
def tab(services: Services, monkeypatch: pytest.MonkeyPatch) -> Tab:
    wiring.load_plugins()
    monkeypatch.setattr(wiring, "services", lambda: services)
    return Tab()


@pytest.fixture(autouse=True)
def nobody_signed_in_afterwards() -> Iterator[None]:
    yield
    actions.begin(None)


SignIn = Callable[[Principal, Tenant], Coroutine[Any, Any, None]]


@pytest.fixture
def sign_in(tab: Tab) -> SignIn:
    async def enter(who: Principal, tenant: Tenant) -> None:
        actions.begin(Actor(who, "a session", tenant.id))
        await tab.do(SessionState.enter)

    return enter
