"""The second factor: setting it up, signing in with it, giving it up, and who must have one."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pyotp
import pytest
from pydantic import SecretStr

from exports_app import wiring
from exports_app.domain.access import Permission, Principal, Role
from exports_app.domain.errors import (
    Conflict,
    ExportsError,
    Forbidden,
    Invalid,
    NotFound,
    OneTimePasswordOver,
    OtpRequired,
    SecondFactorRequired,
    TooManyRequests,
    Unauthenticated,
    WrongCredentials,
    WrongOtp,
)
from exports_app.domain.runs.states import RunStatus
from exports_app.services.core import request_context
from exports_app.services.core.interfaces import AuditFilter
from exports_app.services.core.records import Action, Page, User
from exports_app.services.identity.one_time_passwords import PERIOD
from exports_app.services.identity.sessions import STEP_LIFETIME, id_of
from exports_app.wiring import Services
from tests.conftest import SECRET_KEY
from tests.invited import mailed_token
from tests.mailserver import MailServer
from tests.world import (
    BROWSER,
    PASSWORD,
    Cast,
    FakeClock,
    Person,
    make_schedule,
    set_role,
    side_by_side,
    sign_in,
    sql,
    trigger_and_execute,
)

ADDRESS = "192.0.2.1"
SIGN_INS = {Action.SIGNED_IN, Action.SIGN_IN_FAILED, Action.SIGN_IN_SLOWED}


class Phone:
    """An authenticator app: it knows the secret, and has a clock of its own."""

    def __init__(self, secret: str, clock: FakeClock) -> None:
        self._totp, self._clock = pyotp.TOTP(secret), clock

    def code(self, seconds: int = 0) -> str:
        return self._totp.at(int(self._clock().timestamp()) + seconds)


Enrol = Callable[[Person], tuple[Phone, list[str]]]


@pytest.fixture
def enrol(services: Services, clock: FakeClock) -> Enrol:
    """Set up somebody's second factor; the code of now is used up then, so the clock moves on."""

    def enrolled(person: Person) -> tuple[Phone, list[str]]:
        phone = Phone(services.second_factors.begin(person.who, PASSWORD).secret, clock)
        codes = services.second_factors.confirm(person.who, phone.code()).recovery_codes
        clock.advance(seconds=PERIOD)
        return phone, codes

    return enrolled


def login(services: Services, person: Person, otp: str = "", password: str = PASSWORD) -> str:
    return services.auth.login(person.user.email, password, ADDRESS, otp=otp).access_token


def of(services: Services, person: Person) -> User:
    with services.store.read() as tx:
        found = tx.users.get(person.user.id)
    assert found is not None
    return found


def require_it(services: Services, tenant_id: str) -> None:
    with services.store.write() as tx:
        tx.tenants.update(tenant_id, {"second_factor_required": True})


def noted(services: Services, cast: Cast) -> list[tuple[Action, dict[str, Any]]]:
    """What concerns no tenant, oldest first, without sign-ins."""
    found, _ = services.audit.find(
        cast.super_admin.who, None, AuditFilter(installation=True), Page(1, 50)
    )
    return [
        (entry.action, entry.detail) for entry in reversed(found) if entry.action not in SIGN_INS
    ]


def tried_codes(services: Services, user: User, known: list[str]) -> int:
    """How many wrong codes are checked, of five from each of these browsers in one network."""
    tried = 0
    for browser in known:
        for _ in range(5):
            with pytest.raises((WrongOtp, TooManyRequests)) as refused:
                services.auth.check_otp(user, "000000", ADDRESS, browser)
            tried += refused.type is WrongOtp
    return tried


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
            with request_context.use(caller), pytest.raises(Invalid, match="wrong, too old"):
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
            with pytest.raises(Conflict, match="nothing waits"):
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
        user = of(services, cast.admin)
        for otp in (phone.code(), codes[0]):

            def attempt(_: int, otp: str = otp) -> str:
                try:
                    services.auth.check_otp(user, otp, ADDRESS)
                except WrongOtp:
                    return "refused"
                return "in"

            assert sorted(side_by_side(4, attempt)) == ["in", "refused", "refused", "refused"]

    def test_of_two_servers_one_takes_a_code(
        self, services: Services, cast: Cast, clock: FakeClock, enrol: Enrol
    ) -> None:
        phone, codes = enrol(cast.admin)
        user, other = of(services, cast.admin), wiring.build(services.settings, clock)
        try:
            for otp in (phone.code(), codes[0]):

                def attempt(number: int, otp: str = otp) -> str:
                    server = (services, other)[number % 2]
                    try:
                        server.auth.check_otp(user, otp, ADDRESS)
                    except WrongOtp:
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

    def test_who_guesses_is_stopped(self, services: Services, cast: Cast, enrol: Enrol) -> None:
        phone, _ = enrol(cast.admin)
        user = of(services, cast.admin)
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
            of(services, cast.admin),
            services.auth.mark_browser(of(services, cast.admin), ""),
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
        before = [services.auth.mark_browser(of(services, cast.admin), "") for _ in range(12)]
        enrol(cast.admin)
        assert tried_codes(services, of(services, cast.admin), before) == 5

    def test_all_known_browsers_try_a_few_codes_together(
        self, services: Services, cast: Cast, enrol: Enrol
    ) -> None:
        phone, _ = enrol(cast.admin)
        user = of(services, cast.admin)
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


class TestGivingItUp:
    def test_needs_the_password_and_a_code(
        self, services: Services, cast: Cast, enrol: Enrol
    ) -> None:
        factors, who = services.second_factors, cast.admin.who
        for refused in (
            lambda: factors.disable(who, PASSWORD, "123456"),
            lambda: factors.renew_recovery_codes(who, PASSWORD, "123456"),
        ):
            with pytest.raises(Conflict, match="no second factor"):
                refused()
        phone, _ = enrol(cast.admin)
        with pytest.raises(Invalid, match="not your password"):
            factors.disable(who, "a wrong password", phone.code())
        with pytest.raises(Invalid, match="wrong, too old"):
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


NEW_PASSWORD = "one that the reader chose"


class TestAnInvitation:
    """cast.viewer is invited by the tenant of cast.outsider."""

    def invite(self, services: Services, cast: Cast, mail: MailServer) -> str:
        services.invitations.invite(
            cast.outsider.who, cast.globex.id, cast.viewer.user.email, "admin"
        )
        return mailed_token(services, mail, cast.viewer.user.email)

    def prove(self, services: Services, cast: Cast) -> None:
        with services.store.write() as tx:
            tx.users.update(cast.viewer.user.id, {"email_proven_at": services.clock()})

    @pytest.mark.parametrize("signed_in", [False, True])
    def test_removes_the_factor_of_whoever_had_an_account_before_the_reader_of_its_mailbox(
        self, services: Services, cast: Cast, enrol: Enrol, mail: MailServer, *, signed_in: bool
    ) -> None:
        phone, codes = enrol(cast.viewer)
        token = self.invite(services, cast, mail)
        services.invitation_acceptance.accept(
            token, cast.viewer.who if signed_in else None, "The reader", NEW_PASSWORD
        )
        assert of(services, cast.viewer).second_factor_at is None
        for table in ("second_factors", "recovery_codes"):
            assert sql(services, f"SELECT count(*) FROM {table}") == [(0,)]
        assert login(services, cast.viewer, password=NEW_PASSWORD)
        for otp in (phone.code(), codes[0]):
            with pytest.raises(WrongCredentials):
                login(services, cast.viewer, otp)
        assert (Action.SECOND_FACTOR_RESET, {}) in noted(services, cast)

    def test_removes_one_that_was_only_begun(
        self, services: Services, cast: Cast, clock: FakeClock, mail: MailServer
    ) -> None:
        phone = Phone(services.second_factors.begin(cast.viewer.who, PASSWORD).secret, clock)
        services.invitation_acceptance.accept(
            self.invite(services, cast, mail), None, "The reader", NEW_PASSWORD
        )
        with pytest.raises(Conflict, match="nothing waits"):
            services.second_factors.confirm(cast.viewer.who, phone.code())
        assert Action.SECOND_FACTOR_RESET not in {action for action, _ in noted(services, cast)}

    def test_is_no_way_round_the_factor_of_a_proven_account(
        self, services: Services, cast: Cast, enrol: Enrol, mail: MailServer
    ) -> None:
        self.prove(services, cast)
        phone, _ = enrol(cast.viewer)
        token = self.invite(services, cast, mail)
        for name, password in ((None, None), ("The reader", NEW_PASSWORD), ("Viewer", PASSWORD)):
            with pytest.raises(Unauthenticated, match="Sign in as"):
                services.invitation_acceptance.accept(token, None, name, password)
        with pytest.raises(OtpRequired):
            login(services, cast.viewer)
        who = services.auth.principal(login(services, cast.viewer, phone.code()))
        services.invitation_acceptance.accept(token, who, "The reader", NEW_PASSWORD)
        assert of(services, cast.viewer).second_factor_at is not None
        with pytest.raises(WrongCredentials):
            login(services, cast.viewer, password=NEW_PASSWORD)


class TestWhereItIsRequired:
    def test_a_member_without_it_has_no_rights_in_that_tenant_alone(
        self, services: Services, cast: Cast, enrol: Enrol
    ) -> None:
        set_role(services, cast.admin.user.id, cast.globex.id, Role.VIEWER)
        schedule = make_schedule(services, cast.admin.who, cast.acme.id)
        require_it(services, cast.acme.id)
        who = services.auth.principal(login(services, cast.admin))
        assert (who.roles, who.withheld) == ({cast.globex.id: Role.VIEWER}, {cast.acme.id})
        calls: list[Callable[[], object]] = [
            lambda: services.tenants.get(who, cast.acme.id),
            lambda: services.schedules.get(who, schedule.id),
            lambda: services.schedules.trigger(who, schedule.id),
            lambda: services.members.find(who, cast.acme.id),
        ]
        for call in calls:
            with pytest.raises(SecondFactorRequired, match="second factor is required"):
                call()
        assert services.tenants.get(who, cast.globex.id)
        user, tenants = services.auth.me(who)
        assert [one.tenant.id for one in tenants] == [cast.globex.id]
        assert [tenant.id for tenant in services.auth.withheld(who)] == [cast.acme.id]
        assert [tenant.id for tenant in services.second_factors.state(who).required_by] == [
            cast.acme.id
        ]
        visit = services.sessions.visit(sign_in(services, user))
        assert visit is not None
        assert visit.who == who
        phone, _ = enrol(replace(cast.admin, who=who))
        whole = services.auth.principal(login(services, cast.admin, phone.code()))
        assert whole.can(Permission.MANAGE, cast.acme.id)
        assert whole.withheld == frozenset()

    def test_who_lacks_it_can_leave(self, services: Services, cast: Cast) -> None:
        require_it(services, cast.acme.id)
        who = services.auth.principal(login(services, cast.viewer))
        assert [(one.tenant.id, one.role) for one in services.members.belonging(who)] == [
            (cast.acme.id, Role.VIEWER)
        ]
        assert services.members.leaving(who, cast.acme.id).member.schedules == 0
        services.members.leave(who, cast.acme.id)
        assert (
            services.members.belonging(services.auth.principal(login(services, cast.viewer))) == []
        )
        with pytest.raises(NotFound):
            services.members.leave(who, cast.acme.id)

    def test_what_they_own_runs_on(self, services: Services, cast: Cast, campaigns: object) -> None:
        schedule = make_schedule(services, cast.admin.who)
        require_it(services, cast.acme.id)
        run = trigger_and_execute(services, cast.super_admin.who, schedule)
        assert run.status is RunStatus.COMPLETED, run.error

    def test_others_are_told_nothing(self, services: Services, cast: Cast) -> None:
        require_it(services, cast.acme.id)
        who = services.auth.principal(login(services, cast.outsider))
        with pytest.raises(NotFound):
            services.tenants.get(who, cast.acme.id)

    def test_only_one_who_has_it_can_require_it(
        self, services: Services, cast: Cast, enrol: Enrol
    ) -> None:
        wanted = {"second_factor_required": True}
        for low in (cast.viewer.who, cast.outsider.who):
            with pytest.raises((Forbidden, NotFound)):
                services.tenants.update(low, cast.acme.id, wanted)
        with pytest.raises(Conflict, match="your own second factor first"):
            services.tenants.update(cast.admin.who, cast.acme.id, wanted)
        enrol(cast.admin)
        assert services.tenants.update(cast.admin.who, cast.acme.id, wanted).second_factor_required
        found, _ = services.audit.find(cast.admin.who, cast.acme.id, AuditFilter(), Page(1, 5))
        assert found[0].detail == {"changed": {"second_factor_required": [False, True]}}
        assert not services.tenants.update(
            cast.admin.who, cast.acme.id, {"second_factor_required": False}
        ).second_factor_required

    def test_super_admins_may_have_to_have_one(
        self, services: Services, cast: Cast, clock: FakeClock, enrol: Enrol
    ) -> None:
        strict = wiring.build(
            services.settings.model_copy(update={"require_second_factor_super_admins": True}), clock
        )
        try:
            who = strict.auth.principal(login(strict, cast.super_admin))
            assert who == Principal(cast.super_admin.user.id, must_enrol=True)
            for call in (
                lambda: strict.user_administration.find(who, "", Page(1, 5)),
                lambda: strict.tenants.get(who, cast.acme.id),
            ):
                with pytest.raises(SecondFactorRequired):
                    call()
            assert strict.second_factors.state(who).required
            assert strict.auth.principal(login(strict, cast.admin)) == cast.admin.who
            phone, _ = enrol(replace(cast.super_admin, who=who))
            assert (
                strict.auth.principal(login(strict, cast.super_admin, phone.code()))
                == cast.super_admin.who
            )
        finally:
            strict.close()


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
            done = both.key_rotation.renew()
            assert (done.renewed, done.unreadable) == (2, 0)
            again = both.key_rotation.renew()
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
            assert lost.key_rotation.renew().unreadable == 1
            with pytest.raises(WrongOtp):
                login(lost, cast.admin, phone.code())
            assert login(lost, cast.admin, codes[0])
        finally:
            lost.close()


class TestANewPasswordByALink:
    def by_mail(self, services: Services, cast: Cast, mail: MailServer) -> str:
        services.password_resets.request(cast.viewer.user.email)
        services.account_messages.send_due()
        body = mail.wait_for(1)[0].message.get_body(("plain",))
        assert body is not None
        (line,) = [line for line in body.get_content().splitlines() if "/reset-password#" in line]
        return str(line.partition("#")[2])

    def by_hand(self, services: Services, cast: Cast) -> str:
        return (
            services.user_administration.reset(cast.super_admin.who, cast.viewer.user.id).url or ""
        ).partition("#")[2]

    @pytest.mark.parametrize("mailed", [True, False])
    def test_neither_removes_the_factor_nor_signs_in_without_it(
        self,
        services: Services,
        cast: Cast,
        enrol: Enrol,
        request: pytest.FixtureRequest,
        *,
        mailed: bool,
    ) -> None:
        phone, codes = enrol(cast.viewer)
        if mailed:
            with services.store.write() as tx:
                tx.users.update(cast.viewer.user.id, {"email_proven_at": services.clock()})
        before = of(services, cast.viewer).second_factor_at
        mail = request.getfixturevalue("mail") if mailed else None
        services.password_resets.reset(
            self.by_mail(services, cast, mail) if mail else self.by_hand(services, cast),
            NEW_PASSWORD,
        )
        assert of(services, cast.viewer).second_factor_at == before
        with pytest.raises(OtpRequired):
            login(services, cast.viewer, password=NEW_PASSWORD)
        with pytest.raises(WrongOtp):
            login(services, cast.viewer, "000000", NEW_PASSWORD)
        assert login(services, cast.viewer, phone.code(), NEW_PASSWORD)
        assert login(services, cast.viewer, codes[0], NEW_PASSWORD)
        assert Action.SECOND_FACTOR_RESET not in {action for action, _ in noted(services, cast)}

    def test_a_mailed_one_that_proves_the_mailbox_removes_the_factor_of_the_previous_holder(
        self, services: Services, cast: Cast, enrol: Enrol, mail: MailServer
    ) -> None:
        phone, codes = enrol(cast.viewer)
        services.password_resets.reset(self.by_mail(services, cast, mail), NEW_PASSWORD)
        assert of(services, cast.viewer).second_factor_at is None
        for table in ("second_factors", "recovery_codes"):
            assert sql(services, f"SELECT count(*) FROM {table}") == [(0,)]
        assert login(services, cast.viewer, password=NEW_PASSWORD)
        for otp in (phone.code(), codes[0]):
            with pytest.raises(WrongCredentials):
                login(services, cast.viewer, otp)
        assert [one for one in noted(services, cast) if one[0] is Action.SECOND_FACTOR_RESET] == [
            (Action.SECOND_FACTOR_RESET, {})
        ]

    def test_a_mailed_one_removes_what_was_only_begun(
        self, services: Services, cast: Cast, clock: FakeClock, mail: MailServer
    ) -> None:
        phone = Phone(services.second_factors.begin(cast.viewer.who, PASSWORD).secret, clock)
        services.password_resets.reset(self.by_mail(services, cast, mail), NEW_PASSWORD)
        with pytest.raises(Conflict, match="nothing waits"):
            services.second_factors.confirm(cast.viewer.who, phone.code())

    def test_a_super_admins_factor_stays_although_their_mailbox_was_not_proven(
        self, services: Services, cast: Cast, enrol: Enrol, mail: MailServer
    ) -> None:
        with services.store.write() as tx:
            tx.users.update(cast.viewer.user.id, {"is_super_admin": True})
        enrol(cast.viewer)
        services.password_resets.reset(self.by_mail(services, cast, mail), NEW_PASSWORD)
        with pytest.raises(OtpRequired):
            login(services, cast.viewer, password=NEW_PASSWORD)

    def test_a_one_time_password_of_the_command_line_leaves_it_too(
        self, services: Services, cast: Cast, enrol: Enrol
    ) -> None:
        phone, _ = enrol(cast.viewer)
        given = services.provisioning.give_one_time_password(cast.viewer.user.email)
        with pytest.raises(OtpRequired):
            login(services, cast.viewer, password=given)
        assert login(services, cast.viewer, phone.code(), given)
