"""Who guesses at codes, or lacks the password."""

import pytest

from exports_app.domain.errors import (
    OneTimePasswordOver,
    OtpRequired,
    TooManyRequests,
    WrongCredentials,
    WrongOtp,
)
from exports_app.services.core.interfaces import AuditFilter
from exports_app.services.core.records import Action, Page
from exports_app.services.identity.one_time_passwords import PERIOD
from exports_app.wiring import Services
from tests.doubles import FakeClock
from tests.integration.identity.second_factor.phone import (
    ADDRESS,
    Enrol,
    account_of,
    login,
    tried_codes,
)
from tests.world import BROWSER, Cast


class TestSigningIn:
    def test_who_guesses_is_stopped(self, services: Services, cast: Cast, enrol: Enrol) -> None:
        phone, _ = enrol(cast.admin)
        user = account_of(services, cast.admin)
        for _ in range(5):
            with pytest.raises(WrongOtp):
                services.auth.check_otp(user, "000000", ADDRESS)
        with pytest.raises(TooManyRequests):
            services.auth.check_otp(user, phone.code(), ADDRESS)
        assert login(services, cast.viewer), "nobody else is held up"

    def test_who_has_the_password_and_many_networks_tries_a_few_codes_alone(
        self, services: Services, cast: Cast, enrol: Enrol
    ) -> None:
        phone, _ = enrol(cast.admin)
        user, known = (
            account_of(services, cast.admin),
            services.auth.mark_browser(account_of(services, cast.admin), ""),
        )
        tried = 0
        for number in range(120):
            try:
                services.auth.check_otp(user, "000000", f"198.18.{number}.1")
            except WrongOtp:
                tried += 1
            except TooManyRequests:
                continue
        assert 20 <= tried < 30
        services.auth.check_otp(user, phone.code(), "203.0.113.7", known)

    def test_browsers_known_before_it_was_set_up_are_forgotten(
        self, services: Services, cast: Cast, enrol: Enrol
    ) -> None:
        """A thief of the password signs in often: each cookie would have tries of its own."""
        before = [
            services.auth.mark_browser(account_of(services, cast.admin), "") for _ in range(12)
        ]
        enrol(cast.admin)
        assert tried_codes(services, account_of(services, cast.admin), before) == 5

    def test_all_known_browsers_try_a_few_codes_together(
        self, services: Services, cast: Cast, enrol: Enrol
    ) -> None:
        phone, _ = enrol(cast.admin)
        user = account_of(services, cast.admin)
        assert (
            20
            <= tried_codes(
                services, user, [services.auth.mark_browser(user, "") for _ in range(12)]
            )
            < 24
        )
        services.auth.check_otp(user, phone.code(), "203.0.113.7")

    def test_who_lacks_the_password_uses_up_no_guess_at_a_code(
        self, services: Services, cast: Cast, enrol: Enrol
    ) -> None:
        phone, _ = enrol(cast.admin)
        for number in range(60):
            with pytest.raises((WrongCredentials, TooManyRequests)):
                services.auth.login(
                    cast.admin.user.email, "a wrong password", f"198.18.{number}.1", otp="000000"
                )
        assert login(services, cast.admin, phone.code())

    def test_a_one_time_password_is_used_up_with_the_code(
        self, services: Services, cast: Cast, clock: FakeClock, enrol: Enrol
    ) -> None:
        phone, _ = enrol(cast.viewer)
        given = services.provisioning.give_one_time_password(cast.viewer.user.email)
        with pytest.raises(OtpRequired):
            login(services, cast.viewer, password=given)
        with pytest.raises(WrongOtp):
            login(services, cast.viewer, "000000", password=given)
        assert login(services, cast.viewer, phone.code(), password=given)
        clock.advance(seconds=PERIOD)
        with pytest.raises(OneTimePasswordOver):
            login(services, cast.viewer, phone.code(), password=given)

    def test_a_one_time_password_that_is_over_uses_up_no_code_and_is_noted(
        self, services: Services, cast: Cast, clock: FakeClock, enrol: Enrol
    ) -> None:
        phone, codes = enrol(cast.viewer)
        given = services.provisioning.give_one_time_password(cast.viewer.user.email)
        with pytest.raises(OtpRequired) as asked:
            services.sessions.begin(cast.viewer.user.email, given, ADDRESS, BROWSER)
        step = asked.value.step
        assert login(services, cast.viewer, phone.code(), password=given)
        for late in (
            lambda: login(services, cast.viewer, codes[0], password=given),
            lambda: services.sessions.finish(step, codes[0], ADDRESS, BROWSER),
        ):
            with pytest.raises(OneTimePasswordOver):
                late()
            services.repeated_entries.flush(last=True)
        assert services.second_factors.state(cast.viewer.who).recovery_codes_left == 10
        found, _ = services.audit.find(
            cast.super_admin.who, None, AuditFilter(installation=True), Page(1, 50)
        )
        assert [entry.action for entry in found].count(Action.SIGN_IN_FAILED) == 2
