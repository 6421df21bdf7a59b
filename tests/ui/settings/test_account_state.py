"""The settings' logic, without a browser."""

import asyncio
from dataclasses import replace

import pytest

from exports_app.domain.access import Principal
from exports_app.services.identity.sessions import id_of
from exports_app.ui.framework import actions
from exports_app.ui.framework.actions import Actor
from exports_app.ui.framework.browser_commands import BrowserCommands
from exports_app.ui.framework.session import SessionState
from exports_app.ui.framework.user_agent import device
from exports_app.ui.pages.settings.account.state import AccountState
from exports_app.wiring import Services
from tests.ui.conftest import Tab
from tests.world import PASSWORD, Cast

BROWSER, NEW = "b" * 43, "a brand new password"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"


def signed_in(services: Services, cast: Cast, agent: str = FIREFOX) -> str:
    code = services.sessions.begin(cast.admin.user.email, PASSWORD, "192.0.2.1", BROWSER)
    return services.sessions.redeem(code, BROWSER, agent)[0]


def test_the_password_is_changed_and_the_others_are_signed_out(
    services: Services, tab: Tab, cast: Cast
) -> None:
    mine, other = signed_in(services, cast), signed_in(services, cast, "curl/8.0")

    async def play() -> None:
        who = replace(cast.admin.who, version=cast.admin.user.token_version)
        actions.begin(Actor(who, mine, None))
        await tab.do(AccountState.refresh)
        account = await tab.state(AccountState)
        assert {(one.device, one.is_current) for one in account.sessions} == {
            ("Firefox on Linux", True),
            ("curl", False),
        }
        await tab.do(AccountState.change, {"current": "wrong", "new": NEW})
        assert account.errors == {"current": "This is not your password"}
        await tab.do(AccountState.change, {"current": PASSWORD, "new": "short"})
        assert set(account.errors) == {"new"}
        await tab.do(AccountState.change, {})
        assert set(account.errors) == {"current"}
        await tab.do(AccountState.change, {"current": PASSWORD, "new": NEW})
        assert (account.errors, account.saved) == ({}, 1)
        assert [one.id for one in account.sessions] == [id_of(mine)]
        assert (await tab.texts())[-1].startswith("Your password was changed")
        assert NEW not in repr(account.dict())
        assert mine not in repr(account.dict())

    asyncio.run(play())
    assert services.sessions.visit(mine)
    assert services.sessions.visit(other) is None
    actions.begin(None)


def test_another_browser_is_signed_out_and_then_all(
    services: Services, tab: Tab, cast: Cast
) -> None:
    mine = signed_in(services, cast)
    other = signed_in(services, cast)
    foreign = "0" * 64

    async def play() -> None:
        actions.begin(Actor(cast.admin.who, mine, None))
        await tab.do(AccountState.refresh)
        account = await tab.state(AccountState)
        await tab.do(AccountState.end, id_of(other))
        assert [one.id for one in account.sessions] == [id_of(mine)]
        await tab.do(AccountState.end, foreign)
        assert await tab.texts() == ["This does not exist, or you do not have access to it"]
        await tab.do(AccountState.ask)
        await tab.do(AccountState.keep)
        assert (services.sessions.visit(mine) is not None, account.asking) == (True, False)
        await tab.do(AccountState.ask)
        await tab.do(AccountState.end_all)
        assert (await tab.state(BrowserCommands)).goto.endswith("/api/session/end")

    asyncio.run(play())
    assert [services.sessions.visit(one) for one in (mine, other)] == [None, None]
    actions.begin(None)


def test_who_has_a_given_password_is_led_to_where_it_is_changed(
    services: Services, tab: Tab, cast: Cast
) -> None:
    password = services.provisioning.give_one_time_password(cast.admin.user.email)
    code = services.sessions.begin(cast.admin.user.email, password, "192.0.2.1", BROWSER)
    session, _ = services.sessions.redeem(code, BROWSER)
    visit = services.sessions.visit(session)
    assert visit is not None
    assert visit.who == Principal(cast.admin.user.id, must_choose_password=True)

    async def play() -> None:
        actions.begin(Actor(visit.who, session, None))
        tab.root.router_data = {"asPath": "/scheduled-exports", "pathname": "/scheduled-exports"}
        await tab.do(SessionState.enter)
        assert "/settings" in (await tab.state(BrowserCommands)).goto
        await tab.do(AccountState.refresh)
        assert (await tab.state(AccountState)).must_change
        await tab.do(AccountState.change, {"current": password, "new": NEW})
        assert "/scheduled-exports" in (await tab.state(BrowserCommands)).goto

    asyncio.run(play())
    actions.begin(None)
    again = services.sessions.visit(session)
    assert again is not None
    assert again.who.roles == cast.admin.who.roles


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (FIREFOX, "Firefox on Linux"),
        (
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 "
                "(KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1"
            ),
            "Mobile Safari on iOS",
        ),
        ("", "A browser"),
        ("\\x00 nonsense", "A browser"),
    ],
)
def test_a_session_is_named_by_its_browser(agent: str, words: str) -> None:
    assert device(agent) == words
