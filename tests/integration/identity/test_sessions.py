"""Browser sessions: from the password through a one-time code to a session, who is behind it, and
its downloads."""

import re
from datetime import timedelta

import pytest

from exports_app.domain.access import Principal, Role
from exports_app.domain.errors import (
    CookiesRefused,
    ExportsError,
    Gone,
    NotFound,
    TooManyRequests,
    Unauthenticated,
    WrongCredentials,
)
from exports_app.services.core.records import Run, Schedule, Tenant
from exports_app.services.identity.cookies import cookie
from exports_app.services.identity.sessions import (
    CODE_LIFETIME,
    HOME,
    KEPT,
    SWEEP,
    Sessions,
    local_path,
)
from exports_app.services.runs.history import RunFile
from exports_app.wiring import Services
from tests.world import (
    BROWSER,
    PASSWORD,
    Cast,
    FakeClock,
    make_schedule,
    set_role,
    side_by_side,
    sign_in,
    sign_in_code,
    sql,
    trigger_and_execute,
    uuid_of,
)

ADDRESS = "192.0.2.1"
OTHER_BROWSER = "the-cookie-of-another-one"


@pytest.fixture
def sessions(services: Services) -> Sessions:
    return services.sessions


class TestCookie:
    @pytest.mark.parametrize(
        ("header", "value"),
        [
            ("exports_session=abc", "abc"),
            ("a=1; exports_session=a-Z_9; b=2", "a-Z_9"),
            ("a=1;exports_session=abc", "abc"),
            ("", ""),
            ("exports_session", ""),
            ("exports_session=", ""),
            ("exports_session=a b", ""),
            ('exports_session="abc"', ""),
            ("exports_session=abc\0", ""),
            ("exports_session=" + "x" * 201, ""),
            ("exports_session=ü", ""),
            ("xexports_session=abc", ""),
            ("EXPORTS_SESSION=abc", ""),
            ("a=exports_session=abc", ""),
        ],
    )
    def test_is_read_from_among_others(self, header: str, value: str) -> None:
        assert cookie(header, "exports_session") == value

    @pytest.mark.parametrize(
        "other",
        ["{json: [1,2]}", 'a="b', "=;=;;", "ä=\x01\x7f", "exports_session=b a d", "x" * 9000],
    )
    def test_a_malformed_one_hides_none_that_is_ours(self, other: str) -> None:
        assert cookie(f"{other}; exports_session=abc", "exports_session") == "abc"
        assert cookie(f"exports_session=abc; {other}", "exports_session") == "abc"


class TestWhereToGo:
    @pytest.mark.parametrize(
        "goto",
        [
            "/",
            "/scheduled-exports",
            f"/scheduled-exports/{uuid_of(1)}?tab=history#run",
            "/apix",
            "/a/",
            "/x?next=//y",
            "/Zürich",
        ],
    )
    def test_a_page_of_this_site_is_kept(self, goto: str) -> None:
        assert local_path(goto) == goto

    @pytest.mark.parametrize(
        "goto",
        [
            "",
            "scheduled-exports",
            "https://evil.example",
            "javascript:alert(1)",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "/%5Cevil.example",
            "/%2Fevil.example",
            "/a/..//evil.example",
            "/.//evil.example",
            "/./api/session/end",
            "/x/%2e%2e/api/session/end",
            "/\t/evil.example",
            "/%09/evil.example",
            "/a\r\nSet-Cookie: x=y",
            "/a%0d%0aSet-Cookie: x=y",
            "/\0",
            "/\ud800",
            " /scheduled-exports",
            "/api",
            "/api?x",
            "/api/session/end",
            "/%61pi/session/end",
            "/" + "x" * 500,
        ],
    )
    def test_anything_else_leads_home(self, goto: str) -> None:
        assert local_path(goto) == HOME


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
        with pytest.raises(CookiesRefused, match="allow them, load the page again"):
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


class TestVisit:
    def test_everybody_is_who_they_are(
        self, services: Services, sessions: Sessions, cast: Cast
    ) -> None:
        for person in (cast.admin, cast.viewer, cast.outsider, cast.super_admin):
            visit = sessions.visit(sign_in(services, person.user))
            assert visit is not None
            assert visit.who == person.who

    @pytest.mark.parametrize("session_id", ["", "x", "\0", "\ud800", BROWSER])
    def test_nobody_is_behind_another_value(
        self, services: Services, sessions: Sessions, cast: Cast, session_id: str
    ) -> None:
        sign_in(services, cast.admin.user)
        assert sessions.visit(session_id) is None

    @pytest.mark.parametrize(
        "change",
        ["is_active = false", "token_version = token_version + 1"],
        ids=["deactivated", "signed out everywhere"],
    )
    def test_it_ends_at_once_when_its_user_is_locked_out(
        self, services: Services, sessions: Sessions, cast: Cast, change: str
    ) -> None:
        mine, other = sign_in(services, cast.admin.user), sign_in(services, cast.viewer.user)
        sql(services, f"UPDATE users SET {change} WHERE id = ?", cast.admin.user.id)
        assert sessions.visit(mine) is None
        assert sessions.visit(other)

    def test_a_change_of_role_shows_at_once(
        self, services: Services, sessions: Sessions, cast: Cast, acme: Tenant
    ) -> None:
        session_id = sign_in(services, cast.admin.user)
        set_role(services, cast.admin.user.id, acme.id, Role.VIEWER)
        visit = sessions.visit(session_id)
        assert visit is not None
        assert visit.who.roles == {acme.id: Role.VIEWER}

    def test_a_user_that_is_removed_takes_sessions_and_codes_along(
        self, services: Services, sessions: Sessions, cast: Cast
    ) -> None:
        session_id, _ = (
            sign_in(services, cast.viewer.user),
            sign_in_code(services, cast.viewer.user),
        )
        sql(services, "DELETE FROM users WHERE id = ?", cast.viewer.user.id)
        assert sessions.visit(session_id) is None
        assert (
            sql(services, "SELECT * FROM sessions")
            == sql(services, "SELECT * FROM one_time_codes")
            == []
        )


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


class TestTheChosenTenant:
    def chosen(self, sessions: Sessions, session_id: str) -> str | None:
        visit = sessions.visit(session_id)
        assert visit is not None
        return visit.tenant_id

    def test_is_remembered_by_the_session_that_chose_it(
        self, services: Services, sessions: Sessions, cast: Cast, acme: Tenant, globex: Tenant
    ) -> None:
        one, other = (
            sign_in(services, cast.super_admin.user),
            sign_in(services, cast.super_admin.user),
        )
        for tenant in (acme, globex):
            sessions.choose(one, cast.super_admin.who, tenant.id)
            assert self.chosen(sessions, one) == tenant.id
        assert self.chosen(sessions, other) is None

    @pytest.mark.parametrize("person", ["admin", "viewer"])
    def test_may_be_any_in_which_one_has_a_role(
        self, services: Services, sessions: Sessions, cast: Cast, person: str
    ) -> None:
        member = getattr(cast, person)
        session_id = sign_in(services, member.user)
        sessions.choose(session_id, member.who, cast.acme.id)
        assert self.chosen(sessions, session_id) == cast.acme.id

    def test_is_not_found_where_one_has_no_role_or_there_is_none(
        self, services: Services, sessions: Sessions, cast: Cast, globex: Tenant
    ) -> None:
        mine, supers = sign_in(services, cast.admin.user), sign_in(services, cast.super_admin.user)
        for tenant_id in (globex.id, uuid_of(0xFF), "", "\0"):
            with pytest.raises(NotFound):
                sessions.choose(mine, cast.admin.who, tenant_id)
        for tenant_id in (uuid_of(0xFF), "", "\0", "\ud800"):
            with pytest.raises(NotFound):
                sessions.choose(supers, cast.super_admin.who, tenant_id)
        assert self.chosen(sessions, mine) is None

    def test_is_forgotten_with_the_last_role_in_it(
        self, services: Services, sessions: Sessions, cast: Cast, acme: Tenant
    ) -> None:
        session_id = sign_in(services, cast.admin.user)
        sessions.choose(session_id, cast.admin.who, acme.id)
        sql(services, "DELETE FROM memberships WHERE user_id = ?", cast.admin.user.id)
        assert self.chosen(sessions, session_id) is None

    def test_is_forgotten_with_the_tenant_and_the_session_goes_on(
        self, services: Services, sessions: Sessions, cast: Cast, globex: Tenant
    ) -> None:
        session_id = sign_in(services, cast.super_admin.user)
        sessions.choose(session_id, cast.super_admin.who, globex.id)
        sql(services, "DELETE FROM tenants WHERE id = ?", globex.id)
        assert self.chosen(sessions, session_id) is None

    def test_needs_a_session_of_ones_own(
        self, services: Services, sessions: Sessions, cast: Cast, acme: Tenant
    ) -> None:
        ended = sign_in(services, cast.admin.user)
        sessions.end(ended)
        for session_id in (ended, sign_in(services, cast.viewer.user), "unknown", ""):
            with pytest.raises(Unauthenticated):
                sessions.choose(session_id, cast.admin.who, acme.id)
        assert sql(services, "SELECT * FROM sessions WHERE tenant_id IS NOT NULL") == []


@pytest.fixture
def schedule(services: Services, admin: Principal) -> Schedule:
    return make_schedule(services, admin)


@pytest.fixture
def run(services: Services, admin: Principal, schedule: Schedule) -> Run:
    """Finished, with a file."""
    return trigger_and_execute(services, admin, schedule)


@pytest.fixture
def session_id(services: Services, cast: Cast) -> str:
    """The viewer's, who may read."""
    return sign_in(services, cast.viewer.user)


class TestDownload:
    @pytest.fixture
    def code(self, services: Services, viewer: Principal, session_id: str, run: Run) -> str:
        return services.browser_downloads.of_run(
            viewer, session_id, run.scheduled_export_id, run.id
        )

    def test_a_reader_gets_the_file(
        self, services: Services, code: str, session_id: str, run: Run
    ) -> None:
        file = services.browser_downloads.take(code, session_id)
        assert isinstance(file, RunFile)
        assert (file.name, file.mime) == (run.file_name, "text/csv")
        assert file.path.stat().st_size == run.file_size

    def test_a_code_is_good_once(self, services: Services, code: str, session_id: str) -> None:
        services.browser_downloads.take(code, session_id)
        with pytest.raises(NotFound, match="one download only"):
            services.browser_downloads.take(code, session_id)

    def test_a_code_is_good_for_half_a_minute(
        self, services: Services, code: str, session_id: str, clock: FakeClock
    ) -> None:
        clock.advance(seconds=30)
        with pytest.raises(NotFound):
            services.browser_downloads.take(code, session_id)

    def test_another_session_is_refused_and_the_code_stays_good_for_its_own(
        self, services: Services, sessions: Sessions, cast: Cast, code: str, session_id: str
    ) -> None:
        for user in (cast.viewer.user, cast.admin.user, cast.super_admin.user):
            with pytest.raises(NotFound):
                services.browser_downloads.take(code, sign_in(services, user))
        for nobody in ("", "unknown"):
            with pytest.raises(Unauthenticated):
                services.browser_downloads.take(code, nobody)
        assert services.browser_downloads.take(code, session_id)

    def test_a_sign_in_code_is_no_download_and_a_download_code_signs_nobody_in(
        self, services: Services, sessions: Sessions, cast: Cast, code: str, session_id: str
    ) -> None:
        with pytest.raises(NotFound):
            services.browser_downloads.take(
                sign_in_code(services, cast.viewer.user, session_id), session_id
            )
        with pytest.raises(Unauthenticated):
            sessions.redeem(code, session_id)

    def test_a_session_that_is_over_downloads_nothing(
        self, services: Services, sessions: Sessions, code: str, session_id: str
    ) -> None:
        sessions.end(session_id)
        with pytest.raises(Unauthenticated):
            services.browser_downloads.take(code, session_id)

    @pytest.mark.parametrize(
        ("change", "error"),
        [
            ("DELETE FROM memberships", NotFound),
            ("UPDATE scheduled_exports SET deleted_at = '2026-01-01 00:00:00'", NotFound),
            ("UPDATE users SET is_active = false", Unauthenticated),
        ],
        ids=["no role any more", "deleted schedule", "deactivated user"],
    )
    def test_the_right_is_looked_at_again(
        self,
        services: Services,
        sessions: Sessions,
        code: str,
        session_id: str,
        change: str,
        error: type[ExportsError],
    ) -> None:
        sql(services, change)
        with pytest.raises(error):
            services.browser_downloads.take(code, session_id)

    def test_a_file_that_was_removed_is_gone(
        self, services: Services, sessions: Sessions, code: str, session_id: str, run: Run
    ) -> None:
        assert run.file_key is not None
        services.files.remove(run.file_key)
        with pytest.raises(Gone):
            services.browser_downloads.take(code, session_id)


class TestAskingForADownload:
    def test_is_refused_without_the_right_or_the_file(
        self, services: Services, sessions: Sessions, cast: Cast, schedule: Schedule, run: Run
    ) -> None:
        outsiders = sign_in(services, cast.outsider.user)
        with pytest.raises(NotFound):
            services.browser_downloads.of_run(cast.outsider.who, outsiders, schedule.id, run.id)
        mine = sign_in(services, cast.admin.user)
        for schedule_id, run_id in (
            (schedule.id, uuid_of(0xFF)),
            (uuid_of(0xFF), run.id),
            ("\0", "\0"),
        ):
            with pytest.raises(NotFound):
                services.browser_downloads.of_run(cast.admin.who, mine, schedule_id, run_id)
        waiting = services.schedules.trigger(cast.admin.who, schedule.id)
        with pytest.raises(NotFound, match="no file"):
            services.browser_downloads.of_run(cast.admin.who, mine, schedule.id, waiting.id)
        assert run.file_key is not None
        services.files.remove(run.file_key)
        with pytest.raises(Gone):
            services.browser_downloads.of_run(cast.admin.who, mine, schedule.id, run.id)
        assert sql(services, "SELECT * FROM one_time_codes") == []

    def test_needs_a_session_of_ones_own(
        self, services: Services, sessions: Sessions, cast: Cast, run: Run
    ) -> None:
        for session_id in ("", "unknown", sign_in(services, cast.viewer.user)):
            with pytest.raises(Unauthenticated):
                services.browser_downloads.of_run(
                    cast.admin.who, session_id, run.scheduled_export_id, run.id
                )


class TestWhatIsOld:
    def count(self, services: Services, name: str) -> int:
        return int(sql(services, f"SELECT count(*) FROM {name}")[0][0])

    def test_codes_go_when_the_next_one_is_made(
        self, services: Services, cast: Cast, clock: FakeClock
    ) -> None:
        for _ in range(3):
            sign_in_code(services, cast.admin.user)
        clock.advance(seconds=CODE_LIFETIME.total_seconds() + 1)
        sign_in_code(services, cast.admin.user)
        assert self.count(services, "one_time_codes") == 1

    def test_sessions_go_a_week_after_they_expired(
        self, services: Services, cast: Cast, clock: FakeClock
    ) -> None:
        sign_in(services, cast.admin.user)
        clock.set(clock.now + timedelta(hours=12) + KEPT)
        sign_in(services, cast.admin.user)
        assert self.count(services, "sessions") == 2
        clock.advance(seconds=1)
        sign_in(services, cast.admin.user)
        assert self.count(services, "sessions") == 2

    def test_no_more_than_a_handful_at_a_time(
        self, services: Services, cast: Cast, clock: FakeClock
    ) -> None:
        with services.store.write() as tx:
            for _ in range(SWEEP + 5):
                services.sessions._new_code(tx, "login", BROWSER, cast.admin.user.id, {})
        clock.set(clock.now + timedelta(hours=1))
        sign_in_code(services, cast.admin.user)
        assert self.count(services, "one_time_codes") == 6
