"""The second factor in the pages, without a browser."""

import asyncio

import pyotp
import pytest

from exports_app.services.identity.cookies import BROWSER_COOKIE
from exports_app.ui.framework import actions
from exports_app.ui.framework.actions import Actor
from exports_app.ui.framework.browser_commands import BrowserCommands
from exports_app.ui.framework.session import SessionState
from exports_app.ui.pages.settings.account.second_factor.state import (
    SecondFactorState,
)
from exports_app.ui.pages.settings.account.state import AccountState
from exports_app.ui.pages.settings.tenant.sign_in.state import TenantSignInState
from exports_app.ui.pages.settings.users.state import UsersState
from exports_app.ui.pages.sign_in.invitation.state import InvitationState
from exports_app.ui.pages.sign_in.login.state import LoginState
from exports_app.wiring import Services
from tests.doubles import FakeClock
from tests.invited import mailed_token
from tests.mailserver import MailServer
from tests.ui.conftest import SignIn, Tab
from tests.ui.second_factor import enrolled
from tests.world import BROWSER, PASSWORD, Cast, sign_in


class TestSigningIn:
    def test_has_a_second_step_that_holds_no_password(
        self, services: Services, tab: Tab, cast: Cast, clock: FakeClock
    ) -> None:
        app, codes = enrolled(services, cast.admin, clock)
        headers = {"cookie": f"{BROWSER_COOKIE}={BROWSER}"}

        async def play() -> None:
            tab.root.router_data = {
                "asPath": "/login",
                "pathname": "/login",
                "ip": "192.0.2.1",
                "headers": headers,
            }
            state = await tab.state(LoginState)
            await tab.do(
                LoginState.login, {"email": cast.admin.user.email, "password": "a wrong password"}
            )
            assert not state.asks_code
            await tab.do(LoginState.login, {"email": cast.admin.user.email, "password": PASSWORD})
            assert (state.asks_code, state.error) == (True, "")
            assert PASSWORD not in repr(state.dict()) + repr(vars(state))
            assert state._step not in repr(state.dict())
            await tab.do(LoginState.finish, {"otp": "000000"})
            assert "wrong" in state.error
            await tab.do(LoginState.finish, {"otp": app.at(clock())})
            code = (await tab.state(BrowserCommands)).goto.rpartition("/")[2]
            session, _ = services.sessions.redeem(code, BROWSER)
            visit = services.sessions.visit(session)
            assert visit is not None
            assert visit.who == cast.admin.who
            await tab.do(LoginState.finish, {"otp": codes[0]})
            assert not state.asks_code, "the step was used up"
            assert services.second_factors.state(cast.admin.who).recovery_codes_left == 10

        asyncio.run(play())

    def test_goes_back_to_the_password(
        self, services: Services, tab: Tab, cast: Cast, clock: FakeClock
    ) -> None:
        enrolled(services, cast.admin, clock)

        async def play() -> None:
            tab.root.router_data = {
                "asPath": "/login",
                "headers": {"cookie": f"{BROWSER_COOKIE}={BROWSER}"},
            }
            state = await tab.state(LoginState)
            await tab.do(LoginState.login, {"email": cast.admin.user.email, "password": PASSWORD})
            await tab.do(LoginState.back)
            assert (state.asks_code, state._step) == (False, "")

        asyncio.run(play())


class TestTheInvitationPage:
    NEW_PASSWORD = "one that the reader chose"

    @pytest.fixture
    def token(self, services: Services, cast: Cast, mail: MailServer) -> str:
        services.invitations.invite(
            cast.outsider.who, cast.globex.id, cast.admin.user.email, "viewer"
        )
        return mailed_token(services, mail, cast.admin.user.email)

    def join(self, tab: Tab, token: str, password: str) -> str:
        """As someone who is not signed in. Where the browser goes."""
        headers = {"cookie": f"{BROWSER_COOKIE}={BROWSER}"}

        async def play() -> str:
            tab.root.router_data = {"asPath": "/invitation", "ip": "192.0.2.1", "headers": headers}
            await tab.do(
                InvitationState.join, {"token": token, "name": "Reader", "password": password}
            )
            return (await tab.state(BrowserCommands)).goto

        return asyncio.run(play())

    def test_signs_nobody_in_to_a_proven_account(
        self, services: Services, tab: Tab, cast: Cast, clock: FakeClock, token: str
    ) -> None:
        with services.store.write() as tx:
            tx.users.update(cast.admin.user.id, {"email_proven_at": services.clock()})
        enrolled(services, cast.admin, clock)
        assert self.join(tab, token, PASSWORD) == ""
        assert services.invitation_acceptance.look(token), "it was not used up"

    def test_signs_in_the_reader_of_the_mailbox_of_an_unproven_one_without_its_old_factor(
        self, services: Services, tab: Tab, cast: Cast, clock: FakeClock, token: str
    ) -> None:
        enrolled(services, cast.admin, clock)
        code = self.join(tab, token, self.NEW_PASSWORD).rpartition("/")[2]
        session, _ = services.sessions.redeem(code, BROWSER)
        assert services.sessions.visit(session) is not None
        assert services.second_factors.state(cast.admin.who).enabled_at is None

    def test_asks_who_has_a_factor_by_then_to_sign_in(
        self,
        services: Services,
        tab: Tab,
        cast: Cast,
        clock: FakeClock,
        token: str,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """The way in is the sign-in's own: it gives no session for a password alone."""
        accept = services.invitation_acceptance.accept

        def accepted(*values: object) -> object:
            joined = accept(*values)  # type: ignore[arg-type]
            app = services.second_factors.begin(cast.admin.who, self.NEW_PASSWORD)
            services.second_factors.confirm(cast.admin.who, pyotp.TOTP(app.secret).at(clock()))
            return joined

        monkeypatch.setattr(services.invitation_acceptance, "accept", accepted)
        assert self.join(tab, token, self.NEW_PASSWORD) == "/login?joined=1"


class TestWhereItIsRequired:
    def test_a_member_without_it_is_led_to_where_it_is_set_up(
        self, services: Services, tab: Tab, cast: Cast, clock: FakeClock
    ) -> None:
        with services.store.write() as tx:
            tx.tenants.update(cast.acme.id, {"second_factor_required": True})
        session = sign_in(services, cast.admin.user)
        visit = services.sessions.visit(session)
        assert visit is not None

        async def play() -> None:
            actions.begin(Actor(visit.who, session, None))
            tab.root.router_data = {
                "asPath": "/scheduled-exports",
                "pathname": "/scheduled-exports",
            }
            await tab.do(SessionState.enter)
            notices = await tab.state(BrowserCommands)
            assert notices.goto == "/settings"
            await tab.do(AccountState.refresh)
            state = await tab.state(SecondFactorState)
            assert state.requirement.startswith("Acme requires two-factor authentication")
            await tab.do(SecondFactorState.begin, {"factor-password": PASSWORD})
            await tab.do(
                SecondFactorState.confirm,
                {"otp": pyotp.TOTP(state.secret.replace(" ", "")).at(clock())},
            )
            notices.clear()
            await tab.do(SecondFactorState.done)
            assert notices.goto == "/scheduled-exports"

        asyncio.run(play())
        again = services.sessions.visit(session)
        assert again is not None
        assert again.who == cast.admin.who

    def test_a_super_admin_without_it_can_only_set_it_up(
        self, services: Services, tab: Tab, cast: Cast, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(services.auth, "super_admins_need_otp", True)
        session = sign_in(services, cast.super_admin.user)
        visit = services.sessions.visit(session)
        assert visit is not None

        async def play() -> None:
            actions.begin(Actor(visit.who, session, None))
            tab.root.router_data = {"asPath": "/settings/users", "pathname": "/settings/users"}
            await tab.do(SessionState.enter)
            assert (await tab.state(BrowserCommands)).goto == "/settings"
            assert (await tab.state(SessionState)).may == []
            await tab.do(UsersState.search, "")
            users = await tab.state(UsersState)
            assert users.rows == []
            await tab.do(AccountState.refresh)
            assert (await tab.state(SecondFactorState)).requirement.startswith(
                "Super admins need two-factor authentication"
            )

        asyncio.run(play())

    def test_a_tenants_admin_requires_it(
        self, services: Services, tab: Tab, cast: Cast, clock: FakeClock, sign_in: SignIn
    ) -> None:
        from exports_app.ui.pages.settings.tenant.state import TenantState

        async def play() -> None:
            await sign_in(cast.admin.who, cast.acme)
            await tab.do(TenantState.refresh)
            state = await tab.state(TenantSignInState)
            await tab.do(TenantSignInState.require, True)
            assert not state.required
            assert "Set up two-factor authentication for yourself first" in (await tab.texts())[-1]
            enrolled(services, cast.admin, clock)
            await tab.do(TenantSignInState.require, True)
            assert state.required
            assert services.tenants.get(cast.admin.who, cast.acme.id).second_factor_required
            await tab.do(TenantSignInState.require, "yes")
            assert not state.required

        asyncio.run(play())

    def test_a_super_admin_removes_a_lost_one(
        self, services: Services, tab: Tab, cast: Cast, clock: FakeClock, sign_in: SignIn
    ) -> None:
        enrolled(services, cast.viewer, clock)

        async def play() -> None:
            await sign_in(cast.super_admin.who, cast.acme)
            await tab.do(UsersState.refresh)
            users = await tab.state(UsersState)
            assert [row.name for row in users.rows if row.has_factor] == ["Viewer"]
            await tab.do(UsersState.ask, cast.viewer.user.id, "factor")
            assert users.ask_what == "factor"
            await tab.do(UsersState.confirm)
            assert not any(row.has_factor for row in users.rows)

        asyncio.run(play())
        assert services.second_factors.state(cast.viewer.who).enabled_at is None
