"""Who is behind a session, for which tenant, and where they go."""

import pytest

from exports_app.domain.access import Role
from exports_app.domain.errors import (
    NotFound,
    Unauthenticated,
)
from exports_app.services.core.records import Tenant
from exports_app.services.identity.cookies import cookie
from exports_app.services.identity.sessions import (
    HOME,
    Sessions,
    local_path,
)
from exports_app.wiring import Services
from tests.world import (
    BROWSER,
    Cast,
    set_role,
    sign_in,
    sign_in_code,
    sql,
    uuid_of,
)


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
