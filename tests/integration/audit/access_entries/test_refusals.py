"""The audit notes refused links, refused actions and downloads."""

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
    LinkNotValid,
    NotFound,
    WrongAccount,
)
from exports_app.services.core import request_context
from exports_app.services.core.interfaces import AuditFilter
from exports_app.services.core.records import Action, AuditEntry, Page, Tenant
from exports_app.services.identity.password_hashing import PLACES, Queue
from exports_app.wiring import Services
from tests.doubles import FakeClock
from tests.integration.audit.access_entries.visits import ADDRESS, HERE, entries
from tests.invited import shown_token
from tests.world import PASSWORD, Cast, make_schedule, sign_in, sql, trigger_and_execute, uuid_of


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
