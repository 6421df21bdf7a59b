"""The card of the second factor among one's own settings, without a browser."""

import asyncio
from urllib.parse import unquote

import pyotp
import pytest

from exports_app.ui.framework import actions
from exports_app.ui.framework.actions import Actor
from exports_app.ui.pages.settings.account.second_factor.state import (
    CODES,
    DISABLE,
    RENEW,
    SCAN,
    SETUP,
    SecondFactorState,
)
from exports_app.ui.pages.settings.account.state import AccountState
from exports_app.wiring import Services
from tests.doubles import FakeClock
from tests.ui.conftest import Tab
from tests.ui.second_factor import enrolled
from tests.world import PASSWORD, Cast, sign_in


class TestTheCard:
    def test_sets_it_up_and_forgets_what_is_shown_once(
        self, services: Services, tab: Tab, cast: Cast, clock: FakeClock
    ) -> None:
        session = sign_in(services, cast.admin.user)

        async def play() -> None:
            actions.begin(Actor(cast.admin.who, session, None))
            await tab.do(AccountState.refresh)
            state = await tab.state(SecondFactorState)
            assert (state.loaded, state.since, state.requirement) == (True, "", "")
            await tab.do(SecondFactorState.open, SETUP)
            await tab.do(SecondFactorState.begin, {"factor-password": "wrong"})
            assert state.errors == {"factor-password": "This is not your password"}
            await tab.do(SecondFactorState.begin, {"factor-password": PASSWORD})
            assert (state.step, state.errors) == (SCAN, {})
            assert state.qr.startswith("data:image/svg+xml")
            assert PASSWORD not in repr(state.dict())
            secret = state.secret.replace(" ", "")
            await tab.do(AccountState.refresh)
            assert state.step == SCAN, "a change elsewhere does not end it"
            await tab.do(SecondFactorState.confirm, {"otp": "000000"})
            assert set(state.errors) == {"otp"}
            await tab.do(SecondFactorState.confirm, {"otp": pyotp.TOTP(secret).at(clock())})
            codes = list(state.codes)
            assert (state.step, len(codes), state.codes_left) == (CODES, 10, 10)
            assert unquote(state.as_file).splitlines()[1:] == codes[1:]
            assert secret not in repr(state.dict()).replace(" ", "")
            await tab.do(SecondFactorState.done)
            assert all(code not in repr(state.dict()) for code in codes)
            assert state.since == clock().isoformat()

        asyncio.run(play())
        assert services.sessions.visit(session) is not None

    def test_is_empty_again_when_the_page_loads(
        self, services: Services, tab: Tab, cast: Cast
    ) -> None:
        async def play() -> None:
            actions.begin(Actor(cast.admin.who, sign_in(services, cast.admin.user), None))
            await tab.do(SecondFactorState.begin, {"factor-password": PASSWORD})
            state = await tab.state(SecondFactorState)
            assert state.qr
            await tab.do(SecondFactorState.arrive)
            assert (state.step, state.qr, state.secret) == ("", "", "")

        asyncio.run(play())

    def test_renews_codes_and_disables_it(
        self, services: Services, tab: Tab, cast: Cast, clock: FakeClock
    ) -> None:
        app, old = enrolled(services, cast.admin, clock)

        async def play() -> None:
            actions.begin(Actor(cast.admin.who, "a session", None))
            state = await tab.state(SecondFactorState)
            await tab.do(SecondFactorState.open, RENEW)
            await tab.do(SecondFactorState.renew, {"otp": app.at(clock())})
            assert set(state.errors) == {"factor-password"}
            await tab.do(SecondFactorState.renew, {"factor-password": PASSWORD, "otp": "wrong"})
            assert set(state.errors) == {"otp"}
            await tab.do(
                SecondFactorState.renew, {"factor-password": PASSWORD, "otp": app.at(clock())}
            )
            new = list(state.codes)
            assert set(new).isdisjoint(old)
            await tab.do(SecondFactorState.open, DISABLE)
            assert state.codes == []
            await tab.do(SecondFactorState.disable, {"factor-password": "wrong", "otp": new[0]})
            assert set(state.errors) == {"factor-password"}
            await tab.do(SecondFactorState.disable, {"factor-password": PASSWORD, "otp": "wrong"})
            assert set(state.errors) == {"otp"}
            await tab.do(SecondFactorState.disable, {"factor-password": PASSWORD, "otp": new[0]})
            assert (state.step, state.since) == ("", "")

        asyncio.run(play())

    @pytest.mark.parametrize(
        ("wrong", "what"), [("otp", "codes"), ("factor-password", "passwords")]
    )
    def test_a_wait_is_told_at_no_field(
        self, services: Services, tab: Tab, cast: Cast, clock: FakeClock, wrong: str, what: str
    ) -> None:
        enrolled(services, cast.admin, clock)

        async def play() -> None:
            actions.begin(Actor(cast.admin.who, "a session", None))
            state = await tab.state(SecondFactorState)
            await tab.do(SecondFactorState.open, DISABLE)
            for _ in range(12):
                await tab.do(
                    SecondFactorState.disable,
                    {"factor-password": PASSWORD, "otp": "000000"} | {wrong: "wrong"},
                )
            assert set(state.errors) == {"wait"}
            assert state.errors["wait"].startswith(f"Too many wrong {what}: wait")

        asyncio.run(play())

    @pytest.mark.parametrize(
        "odd", [{}, {"otp": ["x"]}, {"otp": "x" * 100_000, "factor-password": "\0"}]
    )
    def test_odd_input_is_wrong_input(
        self, services: Services, tab: Tab, cast: Cast, odd: dict[str, str]
    ) -> None:
        async def play() -> None:
            actions.begin(Actor(cast.admin.who, sign_in(services, cast.admin.user), None))
            state = await tab.state(SecondFactorState)
            for handler in (
                SecondFactorState.begin,
                SecondFactorState.confirm,
                SecondFactorState.renew,
                SecondFactorState.disable,
            ):
                await tab.do(handler, odd)
            await tab.do(SecondFactorState.open, ["x"] if odd else "nonsense")
            assert state.step == ""

        asyncio.run(play())
