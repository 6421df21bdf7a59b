"""The audit sees the doors: who signs in and out, who fails to, what is downloaded, and whom a
right is refused."""

from datetime import timedelta
from typing import NoReturn

import pyotp
import pytest

from exports_app.domain.access import (
    Permission,
    Principal,
    require,
    require_anywhere,
    require_operator,
)
from exports_app.domain.errors import (
    Busy,
    ExportsError,
    Invalid,
    LinkNotValid,
    NotFound,
    TooManyRequests,
    Unavailable,
    WrongAccount,
    WrongCredentials,
)
from exports_app.services.audit import repeated_entries
from exports_app.services.core import request_context
from exports_app.services.core.interfaces import AuditFilter
from exports_app.services.core.records import Action, AuditEntry, Page, Tenant
from exports_app.services.core.request_context import RequestContext
from exports_app.services.identity import session_expiry
from exports_app.services.identity.password_hashing import PLACES, Queue
from exports_app.services.identity.sessions import id_of
from exports_app.wiring import Services
from tests.invited import shown_token
from tests.world import (
    BROWSER,
    PASSWORD,
    Cast,
    FakeClock,
    make_schedule,
    side_by_side,
    sign_in,
    sql,
    trigger_and_execute,
    uuid_of,
)

ADDRESS = "192.0.2.7"
CODE = "not a code"
"""Of a second factor."""
HERE = RequestContext(ADDRESS, "", "request-1")


def entries(services: Services, cast: Cast, area: str = "") -> list[AuditEntry]:
    """All of them, the oldest first."""
    services.repeated_entries.flush()
    found, _ = services.audit.find(cast.super_admin.who, None, AuditFilter(area), Page(size=200))
    return found[::-1]


def fail(services: Services, email: str = "admin@example.com", address: str = ADDRESS) -> None:
    with (
        request_context.use(RequestContext(address, "", "request-1")),
        pytest.raises((WrongCredentials, TooManyRequests)),
    ):
        services.auth.login(email, "wrong", address)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    def right(given: str, hashed: str | None) -> bool:
        return hashed is not None and given == PASSWORD

    monkeypatch.setattr("exports_app.services.identity.passwords.matches", right)


class TestSignIn:
    def test_by_the_page(self, services: Services, cast: Cast) -> None:
        with request_context.use(HERE):
            code = services.sessions.begin("admin@example.com", PASSWORD, ADDRESS, BROWSER)
            assert entries(services, cast) == []
            session_id, _ = services.sessions.redeem(code, BROWSER)
        (entry,) = entries(services, cast)
        assert (entry.action, entry.actor_id, entry.subject_id) == (
            Action.SIGNED_IN,
            cast.admin.user.id,
            cast.admin.user.id,
        )
        assert (entry.tenant_id, entry.address, entry.request_id) == (None, ADDRESS, "request-1")
        assert entry.session is not None
        assert entry.session not in {"", session_id}
        assert entry.session == services.own_account.sessions(cast.admin.who)[0].id

    def test_by_the_api(self, services: Services, cast: Cast) -> None:
        with request_context.use(HERE):
            services.auth.login("admin@example.com", PASSWORD, ADDRESS)
        (entry,) = entries(services, cast)
        assert (entry.action, entry.detail, entry.address) == (
            Action.SIGNED_IN,
            {"with": "an access token"},
            ADDRESS,
        )

    def test_one_that_cannot_be_noted_is_refused(
        self, services: Services, cast: Cast, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def away(*_: object) -> None:
            raise Unavailable

        monkeypatch.setattr(services.store, "write", away)
        with pytest.raises(Unavailable):
            services.auth.login("admin@example.com", PASSWORD, ADDRESS)

    def test_signing_out_is_told_once(
        self, services: Services, cast: Cast, clock: FakeClock
    ) -> None:
        session_id = sign_in(services, cast.admin.user)
        clock.advance(seconds=1)
        services.sessions.end(session_id)
        clock.advance(seconds=1)
        services.sessions.end(session_id)
        assert [entry.action for entry in entries(services, cast)] == [
            Action.SIGNED_IN,
            Action.SIGNED_OUT,
        ]

    def test_ending_another_session_is_told(
        self, services: Services, cast: Cast, clock: FakeClock
    ) -> None:
        sign_in(services, cast.admin.user)
        clock.advance(seconds=1)
        (session,) = services.own_account.sessions(cast.admin.who)
        services.own_account.end_session(cast.admin.who, session.id)
        assert [entry.action for entry in entries(services, cast)] == [
            Action.SIGNED_IN,
            Action.SESSION_ENDED,
        ]


class TestAnExpiredSession:
    def test_is_noted_once_by_whichever_server_finds_it(
        self, services: Services, cast: Cast, clock: FakeClock
    ) -> None:
        session_id = sign_in(services, cast.admin.user)
        assert services.session_expiry.note() == 0
        began = clock()
        clock.advance(hours=12, seconds=1)
        assert sum(side_by_side(4, lambda _: services.session_expiry.note())) == 1
        assert services.session_expiry.note() == 0
        (entry,) = [
            entry for entry in entries(services, cast) if entry.action is Action.SESSION_EXPIRED
        ]
        assert (entry.actor_name, entry.subject_name) == ("the app", "admin@example.com")
        assert (entry.tenant_id, entry.session) == (None, id_of(session_id))
        assert entry.detail["expired"] == (began + timedelta(hours=12)).isoformat()
        assert entry.detail["last_used"] == began.isoformat()
        assert session_id not in repr(entry)

    def test_that_ended_before_is_not(
        self, services: Services, cast: Cast, clock: FakeClock
    ) -> None:
        services.sessions.end(sign_in(services, cast.admin.user))
        sign_in(services, cast.viewer.user)
        services.own_account.sign_out_everywhere(cast.viewer.who)
        clock.advance(hours=13)
        assert services.session_expiry.note() == 0
        assert sql(services, "SELECT count(*) FROM sessions WHERE revoked_at IS NULL")[0][0] == 0

    def test_that_is_used_is_not(self, services: Services, cast: Cast, clock: FakeClock) -> None:
        session_id = sign_in(services, cast.admin.user)
        clock.advance(hours=11)
        assert services.sessions.visit(session_id)
        clock.advance(hours=11)
        assert services.session_expiry.note() == 0
        assert services.sessions.visit(session_id)

    def test_nothing_is_written_where_there_is_none(
        self, services: Services, cast: Cast, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sign_in(services, cast.admin.user)
        clock.advance(hours=13)
        assert services.session_expiry.note() == 1

        def written() -> NoReturn:
            pytest.fail("it began a write")

        monkeypatch.setattr(services.store, "write", written)
        assert services.session_expiry.note() == 0

    def test_many_are_noted_in_batches(
        self, services: Services, cast: Cast, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(session_expiry, "BATCH", 2)
        for _ in range(5):
            sign_in(services, cast.admin.user)
        clock.advance(hours=13)
        assert services.session_expiry.note() == 5


class TestARefusedLink:
    def invite(self, services: Services, cast: Cast, email: str = "new@example.com") -> str:
        return shown_token(
            services.invitations.invite(cast.admin.who, cast.acme.id, email, "viewer")
        )

    def refusals(self, services: Services, cast: Cast) -> list[AuditEntry]:
        return [entry for entry in entries(services, cast) if entry.action is Action.LINK_REFUSED]

    def test_to_an_invitation_of_another_account(self, services: Services, cast: Cast) -> None:
        token = self.invite(services, cast)
        with request_context.use(HERE), pytest.raises(WrongAccount):
            services.invitation_acceptance.accept(token, cast.outsider.who)
        (entry,) = self.refusals(services, cast)
        assert (entry.actor_name, entry.subject_name) == ("Outsider", "new@example.com")
        assert (entry.detail, entry.tenant_id) == (
            {"link": "an invitation", "reason": "wrong_account"},
            None,
        )
        assert (entry.address, entry.request_id) == (ADDRESS, "request-1")
        assert token not in repr(entry)

    def test_to_an_invitation_that_was_revoked(self, services: Services, cast: Cast) -> None:
        token = self.invite(services, cast)
        (invited,) = services.invitations.find(cast.admin.who, cast.acme.id)
        services.invitations.revoke(cast.admin.who, cast.acme.id, invited.invitation.id)
        with request_context.use(HERE), pytest.raises(LinkNotValid):
            services.invitation_acceptance.look(token)
        (entry,) = self.refusals(services, cast)
        assert (entry.actor_id, entry.subject_name) == (None, "new@example.com")

    @pytest.mark.parametrize("token", ["no link at all", "x" * 5000, "\0"])
    def test_that_was_made_up_keeps_nothing_of_what_was_sent(
        self, services: Services, cast: Cast, token: str
    ) -> None:
        for tried in (services.invitation_acceptance.look, services.password_resets.check):
            with request_context.use(HERE), pytest.raises(LinkNotValid):
                tried(token)
        found = self.refusals(services, cast)
        assert len(found) == 2
        assert {entry.subject_name for entry in found} == {"an unknown link"}
        assert {entry.detail["link"] for entry in found} == {"an invitation", "a new password"}
        assert not any(token in repr(entry) for entry in found)

    def test_to_a_new_password(self, services: Services, cast: Cast) -> None:
        sent = services.user_administration.reset(cast.super_admin.who, cast.viewer.user.id)
        token = str(sent.url).partition("#")[2]
        services.own_account.sign_out_everywhere(cast.viewer.who)
        with request_context.use(HERE), pytest.raises(LinkNotValid):
            services.password_resets.reset(token, "another good password")
        (entry,) = self.refusals(services, cast)
        assert entry.subject_name == "viewer@example.com"
        assert token not in repr(entry)

    def test_that_is_tried_often_becomes_one_entry(self, services: Services, cast: Cast) -> None:
        for number in range(50):
            with request_context.use(HERE), pytest.raises(LinkNotValid):
                services.invitation_acceptance.look(f"guess {number}")
        (entry,) = entries(services, cast)
        assert entry.detail["times"] == 50

    def test_that_works_is_not_noted(self, services: Services, cast: Cast) -> None:
        token = self.invite(services, cast)
        services.invitation_acceptance.look(token)
        services.invitation_acceptance.accept(token, None, "New", "a good long password")
        assert self.refusals(services, cast) == []


class TestWhoComesWhileTheServerIsBusy:
    def test_is_not_noted(
        self, services: Services, cast: Cast, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Neither a failed sign-in nor a refused link: they have done nothing wrong."""
        invited = services.invitations.invite(
            cast.admin.who, cast.acme.id, "new@example.com", "viewer"
        )
        sent = services.user_administration.reset(cast.super_admin.who, cast.viewer.user.id)
        before = [entry.id for entry in entries(services, cast)]
        for queue in Queue:
            monkeypatch.setitem(PLACES, queue, 0)
        for refused in (
            lambda: services.auth.login("admin@example.com", PASSWORD, ADDRESS),
            lambda: services.own_account.change_password(
                cast.admin.who, PASSWORD, "another good password"
            ),
            lambda: services.invitation_acceptance.accept(
                shown_token(invited), None, "New", "another good password"
            ),
            lambda: services.password_resets.reset(
                str(sent.url).partition("#")[2], "another good password"
            ),
        ):
            with request_context.use(HERE), pytest.raises(Busy) as error:
                refused()
            assert (error.value.retry_after, error.value.code) == (1, "rate_limited")
        assert [entry.id for entry in entries(services, cast)] == before


class TestAWrongCurrentPassword:
    def guess(self, services: Services, cast: Cast, address: str = ADDRESS) -> None:
        with (
            request_context.use(RequestContext(address, "session-1", "request-1")),
            pytest.raises((Invalid, TooManyRequests)),
        ):
            services.own_account.change_password(
                cast.admin.who, "a wrong guess", "another good password"
            )

    def test_is_told_with_whose_session_it_was(self, services: Services, cast: Cast) -> None:
        self.guess(services, cast)
        (entry,) = entries(services, cast)
        assert (entry.action, entry.actor_id, entry.subject_id, entry.tenant_id) == (
            Action.CURRENT_PASSWORD_WRONG,
            cast.admin.user.id,
            cast.admin.user.id,
            None,
        )
        assert (entry.address, entry.session, entry.request_id) == (
            ADDRESS,
            "session-1",
            "request-1",
        )
        assert "guess" not in repr(entry)

    def test_often_becomes_one_entry_that_also_tells_of_the_wait(
        self, services: Services, cast: Cast
    ) -> None:
        for _ in range(15):
            self.guess(services, cast)
        (entry,) = entries(services, cast)
        assert entry.detail["times"] == 15
        assert entry.detail["seconds_to_wait"] >= 1

    def test_given_to_set_up_a_second_factor_is_told_as_well(
        self, services: Services, cast: Cast
    ) -> None:
        with pytest.raises(Invalid):
            services.second_factors.begin(cast.admin.who, "a wrong guess")
        assert [entry.action for entry in entries(services, cast)] == [
            Action.CURRENT_PASSWORD_WRONG
        ]

    def test_a_right_one_is_told_as_a_change(self, services: Services, cast: Cast) -> None:
        services.own_account.change_password(cast.admin.who, PASSWORD, "another good password")
        assert [entry.action for entry in entries(services, cast)] == [Action.PASSWORD_CHANGED]


class TestAWrongCodeOfSomebodyWhoIsSignedIn:
    def give(self, services: Services, cast: Cast, change: str) -> None:
        factors, who = services.second_factors, cast.admin.who
        changes = {
            "confirm": lambda: factors.confirm(who, CODE),
            "renew": lambda: factors.renew_recovery_codes(who, PASSWORD, CODE),
            "disable": lambda: factors.disable(who, PASSWORD, CODE),
        }
        with (
            request_context.use(RequestContext(ADDRESS, "session-1", "request-1")),
            pytest.raises((Invalid, TooManyRequests)),
        ):
            changes[change]()

    @pytest.mark.parametrize("change", ["confirm", "renew", "disable"])
    def test_becomes_one_entry_that_also_tells_of_the_wait(
        self, services: Services, cast: Cast, clock: FakeClock, change: str
    ) -> None:
        begun = services.second_factors.begin(cast.admin.who, PASSWORD)
        if change != "confirm":
            services.second_factors.confirm(cast.admin.who, pyotp.TOTP(begun.secret).at(clock()))
        for _ in range(8):
            self.give(services, cast, change)
        (entry,) = [
            one for one in entries(services, cast) if one.action is Action.CURRENT_CODE_WRONG
        ]
        assert (entry.actor_id, entry.subject_id, entry.tenant_id) == (
            cast.admin.user.id,
            cast.admin.user.id,
            None,
        )
        assert (entry.address, entry.session, entry.request_id) == (
            ADDRESS,
            "session-1",
            "request-1",
        )
        assert entry.detail["times"] == 8
        assert entry.detail["seconds_to_wait"] >= 1
        assert CODE not in repr(entry)


class TestFailedSignIn:
    def test_of_an_account_says_which(self, services: Services, cast: Cast) -> None:
        fail(services, " Admin@Example.com")
        (entry,) = entries(services, cast)
        assert (entry.action, entry.subject_id, entry.subject_name) == (
            Action.SIGN_IN_FAILED,
            cast.admin.user.id,
            "admin@example.com",
        )
        assert (entry.tenant_id, entry.actor_id, entry.address, entry.request_id) == (
            None,
            None,
            ADDRESS,
            "request-1",
        )

    @pytest.mark.parametrize("typed", ["hunter2 my secret", "p@ssw0rd", "nobody@example.com", "\0"])
    def test_of_no_account_keeps_nothing_of_what_was_typed(
        self, services: Services, cast: Cast, typed: str
    ) -> None:
        fail(services, typed)
        (entry,) = entries(services, cast)
        assert (entry.subject_id, entry.subject_name, entry.detail) == (
            None,
            "an unknown address",
            {},
        )

    def test_what_repeats_becomes_one_entry_with_a_count(
        self, services: Services, cast: Cast, clock: FakeClock
    ) -> None:
        fail(services)
        assert len(entries(services, cast)) == 1
        for _ in range(3):
            clock.advance(seconds=1)
            fail(services)
        assert len(entries(services, cast)) == 1
        clock.advance(minutes=11)
        first, second = entries(services, cast)
        assert first.detail == {}
        assert second.detail["times"] == 3
        assert second.detail["last"] == (clock() - timedelta(minutes=11)).isoformat()

    def test_a_guesser_with_many_accounts_and_addresses_writes_a_bounded_number(
        self, services: Services, cast: Cast, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(repeated_entries, "MAX_WRITTEN", 5)
        monkeypatch.setattr(repeated_entries, "MAX_KEYS", 20)
        for i in range(200):
            with request_context.use(RequestContext(f"198.51.{i // 250}.{i % 250}", "", "x")):
                services.repeated_entries.failed_sign_in(f"no{i}@example.com")
        found = entries(services, cast)
        assert len(found) == 6
        assert [entry.subject_name for entry in found].count(repeated_entries.MANY) == 1
        assert sum(entry.detail.get("times", 1) for entry in found) == 200

    def test_the_addresses_of_one_network_count_together(
        self, services: Services, cast: Cast
    ) -> None:
        for i in range(1, 5):
            fail(services, address=f"2001:db8::{i}")
        (entry,) = entries(services, cast)
        assert entry.detail["times"] == 4

    def test_a_wait_is_told(self, services: Services, cast: Cast) -> None:
        for _ in range(30):
            fail(services)
        slowed = [
            entry for entry in entries(services, cast) if entry.action is Action.SIGN_IN_SLOWED
        ]
        assert [entry.subject_id for entry in slowed] == [cast.admin.user.id]
        assert slowed[0].detail["seconds_to_wait"] >= 1

    def test_while_the_database_is_away_nothing_is_lost(
        self, services: Services, cast: Cast, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        fail(services)
        with monkeypatch.context() as away:
            for name in ("read", "write"):
                away.setattr(services.store, name, lambda: (_ for _ in ()).throw(Unavailable()))
                with pytest.raises(Unavailable):
                    services.repeated_entries.flush()
        assert len(entries(services, cast)) == 1

    def test_what_was_only_counted_is_written_when_the_process_ends(
        self, services: Services, cast: Cast
    ) -> None:
        fail(services)
        services.repeated_entries.flush()
        fail(services)
        services.repeated_entries.close()
        assert len(entries(services, cast)) == 2


class TestRefusals:
    def refuse(
        self, services: Services, who: Principal, tenant_id: str, what: str = "PUT /x"
    ) -> None:
        with request_context.use(HERE), pytest.raises(ExportsError) as refused:
            require(who, Permission.WRITE, tenant_id)
        with request_context.use(HERE):
            services.repeated_entries.refused(who, refused.value, what)

    def test_of_a_member_is_their_tenants(
        self, services: Services, cast: Cast, acme: Tenant
    ) -> None:
        self.refuse(services, cast.viewer.who, acme.id)
        (entry,) = entries(services, cast)
        assert (entry.action, entry.tenant_id, entry.actor_name) == (
            Action.ACCESS_REFUSED,
            acme.id,
            "Viewer",
        )
        assert (entry.subject_name, entry.address) == ("PUT /x", ADDRESS)
        found, _ = services.audit.find(cast.admin.who, None, AuditFilter(), Page())
        assert found == [entry]

    def test_of_an_outsider_is_the_installations_and_the_tenant_is_not_told(
        self, services: Services, cast: Cast, acme: Tenant
    ) -> None:
        self.refuse(services, cast.outsider.who, acme.id)
        (entry,) = entries(services, cast)
        assert (entry.tenant_id, entry.actor_name, entry.detail) == (
            None,
            "Outsider",
            {"of_tenant": acme.id},
        )
        assert services.audit.find(cast.admin.who, None, AuditFilter(), Page()) == ([], 0)

    def test_of_what_is_a_super_admins(self, services: Services, cast: Cast) -> None:
        for ask in (
            lambda: require_operator(cast.admin.who),
            lambda: require_anywhere(cast.viewer.who, Permission.MANAGE),
        ):
            with pytest.raises(ExportsError) as refused:
                ask()
            services.repeated_entries.refused(cast.admin.who, refused.value, "GET /api/users")
        assert [entry.action for entry in entries(services, cast)] == [Action.ACCESS_REFUSED]

    def test_what_is_only_not_there_is_no_refusal(self, services: Services, cast: Cast) -> None:
        with pytest.raises(NotFound) as missing:
            services.schedules.get(cast.admin.who, uuid_of(99))
        services.repeated_entries.refused(cast.admin.who, missing.value, "GET /x")
        assert entries(services, cast) == []

    def test_another_tenants_schedule_is_one(self, services: Services, cast: Cast) -> None:
        schedule = make_schedule(services, cast.admin.who)
        with pytest.raises(NotFound) as refused:
            services.schedules.get(cast.outsider.who, schedule.id)
        services.repeated_entries.refused(cast.outsider.who, refused.value, "GET /x")
        assert [entry.action for entry in entries(services, cast, "access")] == [
            Action.ACCESS_REFUSED
        ]

    def test_those_that_repeat_count_as_one(
        self, services: Services, cast: Cast, acme: Tenant
    ) -> None:
        for _ in range(50):
            self.refuse(services, cast.viewer.who, acme.id)
        (entry,) = entries(services, cast)
        assert entry.detail["times"] == 50


class TestDownloads:
    def test_of_a_file(self, services: Services, cast: Cast, clock: FakeClock) -> None:
        schedule = make_schedule(services, cast.admin.who, name="Numbers")
        run = trigger_and_execute(services, cast.admin.who, schedule)
        with request_context.use(HERE):
            for _ in range(3):  # a program that fetches it in parts
                services.download_log.fetch(cast.viewer.who, schedule.id, run.id)
        (entry,) = [one for one in entries(services, cast) if one.action is Action.RUN_DOWNLOADED]
        assert (entry.tenant_id, entry.actor_name, entry.subject_name) == (
            cast.acme.id,
            "Viewer",
            "Numbers",
        )
        assert (entry.detail, entry.address) == ({"run": run.id, "way": "api"}, ADDRESS)

    def test_from_a_page_it_says_in_which_session(self, services: Services, cast: Cast) -> None:
        run = trigger_and_execute(
            services, cast.admin.who, schedule := make_schedule(services, cast.admin.who)
        )
        session_id = sign_in(services, cast.viewer.user)
        code = services.browser_downloads.of_run(cast.viewer.who, session_id, schedule.id, run.id)
        services.browser_downloads.take(code, session_id)
        (entry,) = [one for one in entries(services, cast) if one.action is Action.RUN_DOWNLOADED]
        assert entry.session == services.own_account.sessions(cast.viewer.who)[0].id

    def test_of_the_audit_itself(self, services: Services, cast: Cast, clock: FakeClock) -> None:
        make_schedule(services, cast.admin.who)
        clock.advance(seconds=1)
        text = "".join(services.audit.csv(cast.admin.who, None, AuditFilter()))
        assert "audit.downloaded" not in text
        (entry,) = entries(services, cast, "audit")
        assert (entry.action, entry.tenant_id, entry.actor_name) == (
            Action.AUDIT_DOWNLOADED,
            cast.acme.id,
            "Admin",
        )
        assert sql(services, "SELECT count(*) FROM audit_unsealed")[0][0] == 2
