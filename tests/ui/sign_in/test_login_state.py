"""The sign-in page's logic, without a browser."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from reflex_base.event.context import EventContext

from exports_app import wiring
from exports_app.services.accounts.provisioning import DEMO_EMAIL
from exports_app.services.campaigns.demo import Demo
from exports_app.services.identity.cookies import BROWSER_COOKIE
from exports_app.services.identity.passwords import DEMO_PASSWORD
from exports_app.ui.framework import actions
from exports_app.ui.framework.guard import Guard
from exports_app.ui.pages.sign_in.login.state import LoginState
from exports_app.wiring import Services
from tests.doubles import FakeClock
from tests.ui.conftest import Tab
from tests.world import BROWSER, sign_in

LOCAL = {"host": "localhost:3720", "cookie": f"{BROWSER_COOKIE}={BROWSER}"}
ELSEWHERE = (
    ("192.0.2.7", {"host": "192.0.2.1:3720"}),
    ("127.0.0.1", {"x-forwarded-for": "127.0.0.1"}),
    ("127.0.0.1", {"host": "exports.example.com"}),
)
elsewhere = pytest.mark.parametrize(("ip", "headers"), ELSEWHERE)


@pytest.fixture
def demo(
    services: Services,
    tab: Tab,
    clock: FakeClock,
    monkeypatch: pytest.MonkeyPatch,
    demo_of_a_week: None,
) -> Services:
    demo = Demo(services.store, clock, allowed=True)
    demo.seed_if_empty()
    held = replace(services, demo=demo)
    monkeypatch.setattr(wiring, "services", lambda: held)
    return held


async def _comes(tab: Tab, event: Any, ip: str, headers: dict[str, str]) -> Any:
    """An event from there goes through the Guard. Returns what the Guard answers; None lets the
    event run."""
    tab.root.router_data = {"asPath": "/login", "ip": ip, "headers": LOCAL | headers}
    EventContext.set(
        EventContext(
            token="a tab", txid="1", parent_txid=None, state_manager=None, enqueue_impl=None
        )
    )  # type: ignore[arg-type]
    guard = Guard(frozenset(), lambda *_: None, lambda *_: None)
    return await guard.preprocess(None, tab.root, event)  # type: ignore[arg-type]  # it asks no app


def _event(handler: Any) -> Any:
    name = next(
        name for name in actions.rules() if name.endswith(f"login_state.{handler.fn.__name__}")
    )
    return type("Event", (), {"name": name, "payload": {}, "router_data": {}})()


def _signs_in(tab: Tab, ip: str, headers: dict[str, str]) -> LoginState:
    async def play() -> LoginState:
        assert await _comes(tab, _event(LoginState.load), ip, headers) is None
        await tab.do(LoginState.load)
        await tab.do(LoginState.login, {"email": DEMO_EMAIL, "password": DEMO_PASSWORD})
        return await tab.state(LoginState)

    return asyncio.run(play())


def test_the_demos_password_is_shown_and_works_on_this_machine(demo: Services, tab: Tab) -> None:
    state = _signs_in(tab, "127.0.0.1", {})
    assert (state.is_demo, state.error) == (True, "")


@elsewhere
def test_the_demos_password_is_neither_shown_nor_taken_elsewhere(
    demo: Services, tab: Tab, ip: str, headers: dict[str, str]
) -> None:
    state = _signs_in(tab, ip, headers)
    assert not state.is_demo
    assert "on the server's own machine only" in state.error


@elsewhere
def test_a_session_of_the_demo_is_none_elsewhere(
    demo: Services, tab: Tab, ip: str, headers: dict[str, str]
) -> None:
    with demo.store.read() as tx:
        user = tx.users.by_email(DEMO_EMAIL)
    assert user is not None
    session = {"cookie": f"exports_session={sign_in(demo, user)}"}

    async def signed_in(*place: Any) -> bool:
        await _comes(tab, _event(LoginState.load), *place)
        return actions.signed_in()

    assert asyncio.run(signed_in("127.0.0.1", session))
    assert not asyncio.run(signed_in(ip, session | headers))
