"""The page of an invitation, without a browser."""

import asyncio

import pytest

from exports_app.domain.access import Principal
from exports_app.domain.errors import TooManyRequests
from exports_app.services.core.interfaces import AuditFilter
from exports_app.services.core.records import Page
from exports_app.ui.framework import actions
from exports_app.ui.framework.actions import Actor
from exports_app.ui.framework.browser_commands import BrowserCommands
from exports_app.ui.pages.sign_in.invitation.state import InvitationState
from exports_app.ui.pages.sign_in.login.state import LoginState
from exports_app.wiring import Services
from tests.invited import shown_token
from tests.ui.conftest import Tab
from tests.world import Cast


def test_who_has_a_one_time_password_is_sent_to_choose_their_own(
    services: Services, tab: Tab, cast: Cast
) -> None:
    invited = services.invitations.invite(
        cast.super_admin.who, cast.acme.id, cast.outsider.user.email, "viewer"
    )
    token = shown_token(invited)
    services.provisioning.give_one_time_password(cast.outsider.user.email)

    async def play() -> None:
        actions.begin(Actor(Principal(cast.outsider.user.id), "session", None))
        await tab.do(InvitationState.open, token)
        state = await tab.state(InvitationState)
        assert (state.failed, state.me, state.must_change) == ("", cast.outsider.user.email, True)
        await tab.do(InvitationState.accept, {"token": token})
        assert "with a one-time password: choose your own under Settings" in state.error
        assert not state.done

    asyncio.run(play())
    actions.begin(None)
    with services.store.read() as tx:
        assert cast.acme.id not in tx.users.roles(cast.outsider.user.id)
    services.repeated_entries.flush()
    found, _ = services.audit.find(cast.super_admin.who, None, AuditFilter("access"), Page(size=10))
    assert [(entry.actor_id, entry.subject_name) for entry in found] == [
        (cast.outsider.user.id, "InvitationState.accept")
    ]


def test_who_joined_and_cannot_be_signed_in_at_once_is_told_on_the_sign_in_page(
    services: Services, tab: Tab, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = shown_token(
        services.invitations.invite(cast.admin.who, cast.acme.id, "new@example.com", "viewer")
    )

    def busy(*_: object) -> str:
        raise TooManyRequests(1)

    monkeypatch.setattr(services.sessions, "begin", busy)

    async def play() -> None:
        await tab.do(
            InvitationState.join,
            {"token": token, "name": "New", "password": "a good long password"},
        )
        address = (await tab.state(BrowserCommands)).goto
        tab.root.router_data = {"asPath": address, "pathname": "/login"}
        await tab.do(LoginState.load)
        assert (await tab.state(LoginState)).joined

    asyncio.run(play())


def test_without_a_link_it_says_where_there_is_one(services: Services, tab: Tab) -> None:
    async def play() -> None:
        await tab.do(InvitationState.open, "")
        assert (
            await tab.state(InvitationState)
        ).failed == "Open this page with the link in your email"

    asyncio.run(play())
