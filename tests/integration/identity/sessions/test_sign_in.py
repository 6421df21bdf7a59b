"""From the password through a one-time code to a session, and its end."""

import re

import pytest

from exports_app.domain.errors import (
    CookiesRefused,
    TooManyRequests,
    Unauthenticated,
    WrongCredentials,
)
from exports_app.services.identity.sessions import (
    HOME,
    Sessions,
)
from exports_app.wiring import Services
from tests.doubles import FakeClock
from tests.world import BROWSER, PASSWORD, Cast, side_by_side, sign_in, sign_in_code, sql

ADDRESS = "192.0.2.1"
OTHER_BROWSER = "the-cookie-of-another-one"


class TestBegin:
    def test_the_right_password_leads_to_a_session_and_the_wanted_page(
        self, sessions: Sessions, cast: Cast, clock: FakeClock
    ) -> None:
        code = sessions.begin(
            " Admin@Example.com ", PASSWORD, ADDRESS, BROWSER, "/scheduled-exports?q=x"
        )
        session_id, to = sessions.redeem(code, BROWSER)
        assert to == "/scheduled-exports?q=x"
        visit = sessions.visit(session_id)
        assert visit is not None
        assert (visit.who, visit.tenant_id) == (cast.admin.who, None)

    def test_another_site_is_no_page_to_go_to(self, sessions: Sessions, cast: Cast) -> None:
        code = sessions.begin("admin@example.com", PASSWORD, ADDRESS, BROWSER, "//evil.example")
        assert sessions.redeem(code, BROWSER)[1] == HOME

    @pytest.mark.parametrize(
        ("email", "password"),
        [
            ("nobody@example.com", PASSWORD),
            ("admin@example.com", "wrong"),
            ("viewer@example.com", PASSWORD),
            ("\0", "\0"),
            ("x" * 321, PASSWORD),
            ("admin@example.com", "x" * 1001),
        ],
        ids=[
            "unknown user",
            "wrong password",
            "inactive user",
            "no text",
            "too long an address",
            "too long a password",
        ],
    )
    def test_anything_else_is_refused_alike_and_leaves_nothing(
        self, services: Services, sessions: Sessions, cast: Cast, email: str, password: str
    ) -> None:
        sql(services, "UPDATE users SET is_active = false WHERE id = ?", cast.viewer.user.id)
        with pytest.raises(WrongCredentials, match="The email address or the password is wrong"):
            sessions.begin(email, password, ADDRESS, BROWSER)
        assert sql(services, "SELECT * FROM one_time_codes") == []

    def test_a_browser_without_cookies_is_told_to_allow_them(
        self, sessions: Sessions, cast: Cast
    ) -> None:
        with pytest.raises(CookiesRefused, match="allow them, reload the page"):
            sessions.begin("admin@example.com", PASSWORD, ADDRESS, "")

    def test_the_limit_is_the_one_of_the_api(
        self, services: Services, sessions: Sessions, cast: Cast, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("bcrypt.checkpw", lambda *_: False)
        for i in range(10):
            email, password = "admin@example.com", "wrong"
            with pytest.raises(WrongCredentials):
                sessions.begin(email, password, ADDRESS, BROWSER) if i % 2 else services.auth.login(
                    email, password, ADDRESS
                )
        with pytest.raises(TooManyRequests):
            sessions.begin("ADMIN@example.com", PASSWORD, ADDRESS, BROWSER)
        with pytest.raises(TooManyRequests):
            services.auth.login("admin@example.com", PASSWORD, ADDRESS)

    def test_no_secret_is_in_the_database(
        self, services: Services, sessions: Sessions, cast: Cast
    ) -> None:
        code = sign_in_code(services, cast.admin.user)
        stored = repr(sql(services, "SELECT * FROM one_time_codes"))
        session_id, _ = sessions.redeem(code, BROWSER)
        stored += repr(sql(services, "SELECT * FROM sessions"))
        assert not any(secret in stored for secret in (code, BROWSER, session_id))
        assert all(re.fullmatch(r"[A-Za-z0-9_-]{43}", secret) for secret in (code, session_id))


class TestRedeem:
    def test_a_code_is_good_once(self, services: Services, sessions: Sessions, cast: Cast) -> None:
        code = sign_in_code(services, cast.admin.user)
        sessions.redeem(code, BROWSER)
        with pytest.raises(Unauthenticated):
            sessions.redeem(code, BROWSER)

    def test_of_many_who_redeem_it_at_once_one_is_signed_in(
        self, services: Services, sessions: Sessions, cast: Cast
    ) -> None:
        code = sign_in_code(services, cast.admin.user)

        def attempt(_: int) -> bool:
            try:
                return bool(sessions.redeem(code, BROWSER))
            except Unauthenticated:
                return False

        assert sorted(side_by_side(6, attempt)) == [False] * 5 + [True]

    def test_a_code_is_good_for_half_a_minute(
        self, services: Services, sessions: Sessions, cast: Cast, clock: FakeClock
    ) -> None:
        in_time, late = (
            sign_in_code(services, cast.admin.user),
            sign_in_code(services, cast.admin.user),
        )
        clock.advance(seconds=29.9)
        assert sessions.redeem(in_time, BROWSER)
        clock.advance(seconds=0.1)
        with pytest.raises(Unauthenticated):
            sessions.redeem(late, BROWSER)

    @pytest.mark.parametrize("browser", [OTHER_BROWSER, "", "\ud800"])
    def test_another_browser_is_refused_and_the_code_stays_good_for_its_own(
        self, services: Services, sessions: Sessions, cast: Cast, browser: str
    ) -> None:
        code = sign_in_code(services, cast.admin.user)
        with pytest.raises(Unauthenticated):
            sessions.redeem(code, browser)
        assert sessions.redeem(code, BROWSER)

    @pytest.mark.parametrize("code", ["", "end", "\0", "\ud800", "x" * 10_000])
    def test_an_unknown_code_is_refused(self, sessions: Sessions, cast: Cast, code: str) -> None:
        with pytest.raises(Unauthenticated):
            sessions.redeem(code, BROWSER)

    @pytest.mark.parametrize(
        "change",
        ["is_active = false", "token_version = token_version + 1"],
        ids=["deactivated", "signed out everywhere"],
    )
    def test_a_user_who_was_locked_out_meanwhile_is_refused(
        self, services: Services, sessions: Sessions, cast: Cast, change: str
    ) -> None:
        code = sign_in_code(services, cast.admin.user)
        sql(services, f"UPDATE users SET {change} WHERE id = ?", cast.admin.user.id)
        with pytest.raises(Unauthenticated):
            sessions.redeem(code, BROWSER)
        assert sql(services, "SELECT * FROM sessions") == []
        assert sql(services, "SELECT * FROM one_time_codes") == []


class TestEnd:
    def test_ends_this_session_alone_and_may_be_repeated(
        self, services: Services, sessions: Sessions, cast: Cast, clock: FakeClock
    ) -> None:
        mine, other = sign_in(services, cast.admin.user), sign_in(services, cast.admin.user)
        sessions.end(mine)
        revoked = sql(services, "SELECT revoked_at FROM sessions WHERE revoked_at IS NOT NULL")
        clock.advance(minutes=1)
        for session_id in (mine, "", "unknown", "\ud800"):
            sessions.end(session_id)
        assert sessions.visit(mine) is None
        assert sessions.visit(other)
        assert (
            sql(services, "SELECT revoked_at FROM sessions WHERE revoked_at IS NOT NULL") == revoked
        )
