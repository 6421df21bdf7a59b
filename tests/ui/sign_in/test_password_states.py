"""The pages for a forgotten password, without a browser."""

import asyncio

from exports_app.ui.pages.sign_in.forgot_password.state import ForgotPasswordState
from exports_app.ui.pages.sign_in.reset_password.state import ResetPasswordState
from exports_app.wiring import Services
from tests.mailserver import MailServer
from tests.ui.conftest import Tab
from tests.world import Cast

NEW = "a staple of the battery horse"


def test_the_page_says_the_same_of_every_address(
    services: Services, tab: Tab, mail: MailServer, cast: Cast
) -> None:
    async def play() -> None:
        await tab.do(ForgotPasswordState.load)
        state = await tab.state(ForgotPasswordState)
        assert (state.available, state.sent_to) == (True, "")
        for email in (cast.admin.user.email, "nobody@example.com"):
            await tab.do(ForgotPasswordState.ask, {"email": f" {email} "})
            assert (state.sent_to, state.error, state.errors) == (email, "", {})
            await tab.do(ForgotPasswordState.load)
        await tab.do(ForgotPasswordState.ask, {"email": "nobody"})
        assert (state.sent_to, state.error) == ("", "")
        assert state.errors["email"].startswith("Is not a valid email address")
        for _ in range(5):
            await tab.do(ForgotPasswordState.ask, {"email": "nobody@example.com"})
        assert "Too many requests" in state.error

    asyncio.run(play())


def test_without_a_mail_server_it_says_whom_to_ask(
    services: Services, tab: Tab, cast: Cast
) -> None:
    async def play() -> None:
        state = await tab.state(ForgotPasswordState)
        await tab.do(ForgotPasswordState.load)
        assert (state.loaded, state.available) == (True, False)
        state.available = True
        await tab.do(ForgotPasswordState.ask, {"email": cast.admin.user.email})
        assert (state.available, state.sent_to) == (False, "")

    asyncio.run(play())


def test_a_link_sets_a_password_and_the_token_is_in_no_state(
    services: Services, tab: Tab, cast: Cast
) -> None:
    token = (
        services.user_administration.reset(cast.super_admin.who, cast.admin.user.id).url or ""
    ).partition("#")[2]

    async def play() -> None:
        state = await tab.state(ResetPasswordState)
        await tab.do(ResetPasswordState.load)
        await tab.do(ResetPasswordState.open, token)
        assert (state.loaded, state.failed, state.email) == (True, "", cast.admin.user.email)
        await tab.do(ResetPasswordState.save, {"token": token, "password": "qwertyuiop"})
        assert "most common" in state.errors["password"]
        assert not state.done
        await tab.do(ResetPasswordState.save, {"token": token, "password": NEW})
        assert (state.done, state.errors, state.error) == (True, {}, "")
        held = repr(tab.root.dict())
        assert token not in held
        assert NEW not in held
        await tab.do(ResetPasswordState.open, "")  # the browser has forgotten the token
        assert (state.done, state.failed) == (True, "")
        await tab.do(ResetPasswordState.load)
        await tab.do(ResetPasswordState.open, token)
        assert "no longer valid" in state.failed

    asyncio.run(play())
    assert services.auth.login(cast.admin.user.email, NEW, "192.0.2.7")


def test_the_page_without_a_link_says_what_is_missing(tab: Tab) -> None:
    async def play() -> None:
        await tab.do(ResetPasswordState.load)
        await tab.do(ResetPasswordState.open, "")
        assert (
            await tab.state(ResetPasswordState)
        ).failed == "Open this page with the link in your email"

    asyncio.run(play())
