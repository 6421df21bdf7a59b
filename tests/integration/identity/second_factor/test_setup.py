"""The second factor: setting it up, giving it up, and the key that encrypts it."""

from dataclasses import replace

import pyotp
import pytest
from pydantic import SecretStr

from exports_app import wiring
from exports_app.domain.errors import (
    Conflict,
    ExportsError,
    Invalid,
    NotFound,
    OtpRequired,
    TooManyRequests,
    Unauthenticated,
    WrongOtp,
)
from exports_app.services.core import request_context
from exports_app.services.core.records import Action
from exports_app.services.identity.one_time_passwords import PERIOD
from exports_app.services.identity.sessions import id_of
from exports_app.wiring import Services
from tests.conftest import SECRET_KEY
from tests.doubles import FakeClock
from tests.integration.identity.second_factor.phone import Enrol, Phone, login, noted
from tests.world import PASSWORD, Cast, sign_in, sql


class TestSettingItUp:
    def test_needs_the_password_and_a_first_code(
        self, services: Services, cast: Cast, clock: FakeClock
    ) -> None:
        factors, who = services.second_factors, cast.admin.who
        with pytest.raises(Invalid, match="not your password"):
            factors.begin(who, "a wrong password")
        with pytest.raises(Conflict):
            factors.confirm(who, "123456")
        begun = factors.begin(who, PASSWORD)
        assert pyotp.parse_uri(begun.uri).provisioning_uri() == begun.uri
        assert f"secret={begun.secret}" in begun.uri
        assert "admin%40example.com" in begun.uri
        assert login(services, cast.admin), "it does not count before its first code"
        phone = Phone(begun.secret, clock)
        for number, wrong in enumerate(
            ("000000", "", "12345", "1234567", "ünicode", phone.code(10 * PERIOD), "9" * 90)
        ):
            # each from an address of its own: wrong codes are limited
            caller = replace(request_context.current(), address=f"198.51.100.{number}")
            with request_context.use(caller), pytest.raises(Invalid, match="wrong, expired"):
                factors.confirm(who, wrong)
        assert factors.state(who).enabled_at is None
        enabled = factors.confirm(who, f"{phone.code()[:3]} {phone.code()[3:]}")
        assert len(set(enabled.recovery_codes)) == 10
        state = factors.state(who)
        assert (state.enabled_at, state.recovery_codes_left) == (clock(), 10)
        with pytest.raises(Conflict, match="already"):
            factors.begin(who, PASSWORD)
        assert noted(services, cast) == [(Action.SECOND_FACTOR_ENABLED, {})]

    def test_where_nothing_was_begun_no_guess_is_counted(
        self, services: Services, cast: Cast, clock: FakeClock
    ) -> None:
        factors, who = services.second_factors, cast.admin.who
        for _ in range(30):
            with pytest.raises(Conflict, match="no code is expected"):
                factors.confirm(who, "123456")
        phone = Phone(factors.begin(who, PASSWORD).secret, clock)
        assert factors.confirm(who, phone.code()).recovery_codes
        for _ in range(30):
            with pytest.raises(Conflict, match="already"):
                factors.confirm(who, "123456")

    def test_a_first_code_cannot_be_guessed_without_end(
        self, services: Services, cast: Cast
    ) -> None:
        services.second_factors.begin(cast.admin.who, PASSWORD)
        for _ in range(5):
            with pytest.raises(Invalid):
                services.second_factors.confirm(cast.admin.who, "000000")
        with pytest.raises(TooManyRequests):
            services.second_factors.confirm(cast.admin.who, "000000")

    def test_signs_out_everybody_who_came_without_it(
        self, services: Services, cast: Cast, clock: FakeClock
    ) -> None:
        token = login(services, cast.admin)
        mine, another = sign_in(services, cast.admin.user), sign_in(services, cast.admin.user)
        phone = Phone(services.second_factors.begin(cast.admin.who, PASSWORD).secret, clock)
        enabled = services.second_factors.confirm(cast.admin.who, phone.code(), id_of(mine))
        with pytest.raises(Unauthenticated):
            services.auth.principal(token)
        assert services.sessions.visit(another) is None
        assert services.sessions.visit(mine) is not None
        assert services.auth.principal(enabled.token.access_token) == cast.admin.who

    def test_keeps_its_secret_out_of_the_database(
        self, services: Services, cast: Cast, clock: FakeClock
    ) -> None:
        begun = services.second_factors.begin(cast.admin.who, PASSWORD)
        codes = services.second_factors.confirm(
            cast.admin.who, Phone(begun.secret, clock).code()
        ).recovery_codes
        stored = str(
            sql(services, "SELECT * FROM second_factors")
            + sql(services, "SELECT * FROM recovery_codes")
        )
        stored += str(noted(services, cast))
        for secret in (begun.secret, *codes, *(code.replace("-", "") for code in codes)):
            assert secret not in stored
        assert begun.secret not in repr(begun)


class TestGivingItUp:
    def test_needs_the_password_and_a_code(
        self, services: Services, cast: Cast, enrol: Enrol
    ) -> None:
        factors, who = services.second_factors, cast.admin.who
        for refused in (
            lambda: factors.disable(who, PASSWORD, "123456"),
            lambda: factors.renew_recovery_codes(who, PASSWORD, "123456"),
        ):
            with pytest.raises(Conflict, match="is not on"):
                refused()
        phone, _ = enrol(cast.admin)
        with pytest.raises(Invalid, match="not your password"):
            factors.disable(who, "a wrong password", phone.code())
        with pytest.raises(Invalid, match="wrong, expired"):
            factors.disable(who, PASSWORD, "000000")
        factors.disable(who, PASSWORD, phone.code())
        assert login(services, cast.admin)
        assert (
            sql(services, "SELECT count(*) FROM second_factors")
            == sql(services, "SELECT count(*) FROM recovery_codes")
            == [(0,)]
        )
        assert factors.state(who).recovery_codes_left == 0
        assert noted(services, cast)[-1] == (Action.SECOND_FACTOR_DISABLED, {})

    def test_new_recovery_codes_replace_the_old_ones(
        self, services: Services, cast: Cast, enrol: Enrol
    ) -> None:
        phone, old = enrol(cast.admin)
        with pytest.raises(Invalid):
            services.second_factors.renew_recovery_codes(cast.admin.who, PASSWORD, "000000")
        new = services.second_factors.renew_recovery_codes(cast.admin.who, PASSWORD, phone.code())
        assert set(new).isdisjoint(old)
        with pytest.raises(WrongOtp):
            login(services, cast.admin, old[0])
        assert login(services, cast.admin, new[0])

    def test_a_changed_password_leaves_it(
        self, services: Services, cast: Cast, enrol: Enrol
    ) -> None:
        enrol(cast.admin)
        services.own_account.change_password(cast.admin.who, PASSWORD, "a password of their own")
        with pytest.raises(OtpRequired):
            login(services, cast.admin, password="a password of their own")

    def test_a_reset_link_leaves_it(self, services: Services, cast: Cast, enrol: Enrol) -> None:
        enrol(cast.viewer)
        sent = services.user_administration.reset(cast.super_admin.who, cast.viewer.user.id)
        services.password_resets.reset(
            (sent.url or "").partition("#")[2], "a password of their own"
        )
        with pytest.raises(OtpRequired):
            login(services, cast.viewer, password="a password of their own")

    def test_a_super_admin_or_the_command_line_removes_a_lost_one(
        self, services: Services, cast: Cast, enrol: Enrol
    ) -> None:
        phone, _ = enrol(cast.viewer)
        token = login(services, cast.viewer, phone.code())
        for other in (cast.admin, cast.outsider):
            with pytest.raises(NotFound):
                services.user_administration.reset_second_factor(other.who, cast.viewer.user.id)
        services.user_administration.reset_second_factor(cast.super_admin.who, cast.viewer.user.id)
        with pytest.raises(Unauthenticated):
            services.auth.principal(token)
        assert login(services, cast.viewer)
        assert noted(services, cast)[-1] == (Action.SECOND_FACTOR_RESET, {})
        services.user_administration.reset_second_factor(cast.super_admin.who, cast.viewer.user.id)
        assert (
            len([one for one in noted(services, cast) if one[0] is Action.SECOND_FACTOR_RESET]) == 1
        )
        enrol(cast.viewer)
        assert services.provisioning.reset_second_factor(f" {cast.viewer.user.email.upper()} ")
        assert not services.provisioning.reset_second_factor(cast.viewer.user.email)
        assert login(services, cast.viewer)
        with pytest.raises(ExportsError, match="no user"):
            services.provisioning.reset_second_factor("nobody@example.com")

    def test_nobody_removes_their_own_without_a_code(
        self, services: Services, cast: Cast, enrol: Enrol
    ) -> None:
        enrol(cast.super_admin)
        with pytest.raises(Conflict, match="under Account"):
            services.user_administration.reset_second_factor(
                cast.super_admin.who, cast.super_admin.user.id
            )


class TestRotation:
    NEW = "the key that replaces the one before"

    def rotated(self, services: Services, clock: FakeClock, **keys: str) -> Services:
        values = {name: SecretStr(key) for name, key in keys.items()}
        return wiring.build(services.settings.model_copy(update=values), clock)

    def test_secrets_are_encrypted_anew_and_the_old_key_can_go(
        self, services: Services, cast: Cast, clock: FakeClock, enrol: Enrol
    ) -> None:
        phone, _ = enrol(cast.admin)
        enrol(cast.viewer)
        both = self.rotated(services, clock, secret_key=self.NEW, secret_key_previous=SECRET_KEY)
        try:
            assert login(both, cast.admin, phone.code())
            done = both.key_rotation.renew("keys")
            assert (done.renewed, done.unreadable) == (2, 0)
            again = both.key_rotation.renew("keys")
            assert (again.renewed, again.unreadable) == (0, 0)
        finally:
            both.close()
        clock.advance(seconds=PERIOD)
        alone = self.rotated(services, clock, secret_key=self.NEW)
        try:
            assert login(alone, cast.admin, phone.code())
        finally:
            alone.close()

    def test_one_that_no_key_decrypts_is_counted_and_lets_nobody_in_but_by_a_recovery_code(
        self, services: Services, cast: Cast, clock: FakeClock, enrol: Enrol
    ) -> None:
        phone, codes = enrol(cast.admin)
        lost = self.rotated(services, clock, secret_key=self.NEW)
        try:
            assert lost.key_rotation.renew("keys").unreadable == 1
            with pytest.raises(WrongOtp):
                login(lost, cast.admin, phone.code())
            assert login(lost, cast.admin, codes[0])
        finally:
            lost.close()
