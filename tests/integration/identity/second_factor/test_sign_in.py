"""Signing in with a second factor."""

from dataclasses import replace

import pytest

from exports_app import wiring
from exports_app.domain.errors import (
    Invalid,
    OtpRequired,
    TooManyRequests,
    Unauthenticated,
    WrongCredentials,
    WrongOtp,
)
from exports_app.services.core import request_context
from exports_app.services.core.records import Action
from exports_app.services.identity.one_time_passwords import PERIOD
from exports_app.services.identity.sessions import STEP_LIFETIME
from exports_app.wiring import Services
from tests.doubles import FakeClock
from tests.integration.identity.second_factor.phone import (
    ADDRESS,
    Enrol,
    Phone,
    account_of,
    login,
    noted,
)
from tests.world import BROWSER, PASSWORD, Cast, Person, side_by_side


class TestSigningIn:
    def test_asks_for_a_code_only_after_the_right_password(
        self, services: Services, cast: Cast, enrol: Enrol
    ) -> None:
        phone, _ = enrol(cast.admin)
        for otp in ("", phone.code()):
            with pytest.raises(WrongCredentials) as refused:
                login(services, cast.admin, otp, "a wrong password")
            assert refused.value.code == "wrong_credentials"
        with pytest.raises(OtpRequired) as asked:
            login(services, cast.admin)
        assert asked.value.code == "otp_required"
        with pytest.raises(WrongOtp):
            login(services, cast.admin, "000000")
        assert services.auth.principal(login(services, cast.admin, phone.code())) == cast.admin.who
        assert login(services, cast.viewer), "nobody else is asked"

    def test_a_code_is_good_once(
        self, services: Services, cast: Cast, clock: FakeClock, enrol: Enrol
    ) -> None:
        phone, _ = enrol(cast.admin)
        code = phone.code()
        assert login(services, cast.admin, code)
        with pytest.raises(WrongOtp):
            login(services, cast.admin, code)
        with pytest.raises(WrongOtp):  # of the period before, which was not used itself
            login(services, cast.admin, phone.code(-PERIOD))
        clock.advance(seconds=PERIOD)
        assert login(services, cast.admin, phone.code())

    def test_the_code_that_set_it_up_signs_nobody_in(
        self, services: Services, cast: Cast, clock: FakeClock
    ) -> None:
        phone = Phone(services.second_factors.begin(cast.admin.who, PASSWORD).secret, clock)
        services.second_factors.confirm(cast.admin.who, phone.code())
        with pytest.raises(WrongOtp):
            login(services, cast.admin, phone.code())

    @pytest.mark.parametrize(
        ("seconds", "good"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)]
    )
    def test_a_clock_may_be_off_by_one_period(
        self,
        services: Services,
        cast: Cast,
        clock: FakeClock,
        enrol: Enrol,
        seconds: int,
        good: bool,
    ) -> None:
        phone, _ = enrol(cast.admin)
        clock.advance(minutes=10)
        if good:
            assert login(services, cast.admin, phone.code(seconds * PERIOD))
        else:
            with pytest.raises(WrongOtp):
                login(services, cast.admin, phone.code(seconds * PERIOD))

    def test_of_two_who_send_the_same_code_at_once_one_comes_in(
        self, services: Services, cast: Cast, enrol: Enrol
    ) -> None:
        phone, codes = enrol(cast.admin)
        user = account_of(services, cast.admin)
        for otp in (phone.code(), codes[0]):

            def attempt(_: int, otp: str = otp) -> str:
                try:
                    services.auth.check_otp(user, otp, ADDRESS)
                except (WrongOtp, TooManyRequests):
                    return "refused"
                return "in"

            assert sorted(side_by_side(4, attempt)) == ["in", "refused", "refused", "refused"]

    def test_of_two_servers_one_takes_a_code(
        self, services: Services, cast: Cast, clock: FakeClock, enrol: Enrol
    ) -> None:
        phone, codes = enrol(cast.admin)
        user, other = account_of(services, cast.admin), wiring.build(services.settings, clock)
        try:
            for otp in (phone.code(), codes[0]):

                def attempt(number: int, otp: str = otp) -> str:
                    server = (services, other)[number % 2]
                    try:
                        server.auth.check_otp(user, otp, ADDRESS)
                    except (WrongOtp, TooManyRequests):
                        return "refused"
                    return "in"

                assert sorted(side_by_side(4, attempt)) == ["in", "refused", "refused", "refused"]
        finally:
            other.close()

    def test_a_recovery_code_is_good_once_however_it_is_written(
        self, services: Services, cast: Cast, enrol: Enrol, clock: FakeClock
    ) -> None:
        _, codes = enrol(cast.admin)
        assert login(services, cast.admin, codes[0])
        clock.advance(seconds=1)  # the audit orders by time
        assert login(services, cast.admin, f" {codes[1].upper().replace('-', ' ')} ")
        for used in codes[:2]:
            with pytest.raises(WrongOtp):
                login(services, cast.admin, used)
        assert services.second_factors.state(cast.admin.who).recovery_codes_left == 8
        used_up = [
            (action, detail)
            for action, detail in noted(services, cast)
            if action is Action.RECOVERY_CODE_USED
        ]
        assert used_up == [
            (Action.RECOVERY_CODE_USED, {"left": 9}),
            (Action.RECOVERY_CODE_USED, {"left": 8}),
        ]

    def test_nobody_who_is_signed_in_uses_up_the_owners_codes_of_a_sign_in(
        self, services: Services, cast: Cast, enrol: Enrol
    ) -> None:
        _, codes = enrol(cast.admin)
        factors, who = services.second_factors, cast.admin.who
        for number in range(60):
            with request_context.use(
                replace(request_context.current(), address=f"198.18.{number}.1")
            ):
                for change in (factors.renew_recovery_codes, factors.disable):
                    with pytest.raises((Invalid, TooManyRequests)):
                        change(who, PASSWORD, "000000")
        assert login(services, cast.admin, codes[0])

    def test_nobody_who_is_signed_in_tries_a_code_without_the_password(
        self, services: Services, cast: Cast, enrol: Enrol
    ) -> None:
        _, codes = enrol(cast.admin)
        factors, who = services.second_factors, cast.admin.who
        for number in range(60):
            with request_context.use(
                replace(request_context.current(), address=f"198.18.{number}.1")
            ):
                for change in (factors.renew_recovery_codes, factors.disable):
                    with pytest.raises(
                        (Invalid, TooManyRequests), match=r"not your password|wrong passwords"
                    ):
                        change(who, "a wrong password", codes[0])
        assert login(services, cast.admin, codes[0]), "the code was not used up"
        with request_context.use(replace(request_context.current(), address="203.0.113.9")):
            login(services, cast.admin, codes[1])

    def test_codes_belong_to_their_account(
        self, services: Services, cast: Cast, enrol: Enrol
    ) -> None:
        phone, codes = enrol(cast.admin)
        enrol(cast.viewer)
        for foreign in (phone.code(), codes[0]):
            with pytest.raises(WrongOtp):
                login(services, cast.viewer, foreign)


class TestTheBrowsersSecondStep:
    def step(self, services: Services, person: Person, browser: str = BROWSER) -> str:
        with pytest.raises(OtpRequired) as asked:
            services.sessions.begin(person.user.email, PASSWORD, ADDRESS, browser, "/settings")
        assert asked.value.step
        assert asked.value.step not in str(asked.value)
        return asked.value.step

    def test_gives_a_session(self, services: Services, cast: Cast, enrol: Enrol) -> None:
        phone, _ = enrol(cast.admin)
        step = self.step(services, cast.admin)
        with pytest.raises(Unauthenticated):
            services.sessions.redeem(step, BROWSER)
        for wrong in ("", "000000"):
            with pytest.raises(WrongOtp):
                services.sessions.finish(step, wrong, ADDRESS, BROWSER)
        code = services.sessions.finish(step, phone.code(), ADDRESS, BROWSER)
        session, goto = services.sessions.redeem(code, BROWSER)
        visit = services.sessions.visit(session)
        assert goto == "/settings"
        assert visit is not None
        assert visit.who == cast.admin.who
        with pytest.raises(Unauthenticated):
            services.sessions.finish(step, phone.code(PERIOD), ADDRESS, BROWSER)

    def test_belongs_to_the_browser_that_gave_the_password(
        self, services: Services, cast: Cast, enrol: Enrol
    ) -> None:
        phone, _ = enrol(cast.admin)
        step = self.step(services, cast.admin)
        for step_, browser in ((step, "another-browser"), ("made up", BROWSER), (step, "")):
            with pytest.raises(Unauthenticated):
                services.sessions.finish(step_, phone.code(), ADDRESS, browser)
        assert services.sessions.finish(step, phone.code(), ADDRESS, BROWSER)

    def test_ends_after_five_minutes_and_with_the_password(
        self, services: Services, cast: Cast, clock: FakeClock, enrol: Enrol
    ) -> None:
        phone, _ = enrol(cast.admin)
        step = self.step(services, cast.admin)
        clock.advance(seconds=STEP_LIFETIME.total_seconds())
        with pytest.raises(Unauthenticated, match="too long"):
            services.sessions.finish(step, phone.code(), ADDRESS, BROWSER)
        step = self.step(services, cast.admin)
        services.own_account.change_password(cast.admin.who, PASSWORD, "a password of their own")
        with pytest.raises(Unauthenticated):
            services.sessions.finish(step, phone.code(), ADDRESS, BROWSER)

    def test_is_no_way_round_for_somebody_without_the_password(
        self, services: Services, cast: Cast, enrol: Enrol
    ) -> None:
        enrol(cast.admin)
        with pytest.raises(WrongCredentials):
            services.sessions.begin(cast.admin.user.email, "a wrong password", ADDRESS, BROWSER)
