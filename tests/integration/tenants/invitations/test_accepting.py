"""The person who reads the mailbox decides about an invitation."""

import pytest

from exports_app.domain.access import Role
from exports_app.domain.errors import (
    Conflict,
    Forbidden,
    Invalid,
    LinkNotValid,
    TooManyRequests,
    Unauthenticated,
)
from exports_app.services.accounts.invitation_acceptance import AcceptanceStep
from exports_app.services.core.records import Action
from exports_app.services.tenants.invitations import InvitationStatus
from exports_app.wiring import Services
from tests.integration.tenants.invitations.accounts import (
    CEO,
    MINE,
    THEIRS,
    account,
    entries,
    principal,
    prove,
    roles,
)
from tests.invited import mailed_token, shown_token
from tests.mailserver import MailServer
from tests.world import Cast


class TestAccepting:
    def test_a_proven_account_signs_in_and_keeps_its_password(
        self, services: Services, cast: Cast, mail: MailServer
    ) -> None:
        user = cast.outsider.user
        prove(services, user)
        services.invitations.invite(cast.admin.who, cast.acme.id, user.email, "viewer")
        token = mailed_token(services, mail, user.email)
        assert services.invitation_acceptance.look(token).way is AcceptanceStep.SIGN_IN
        for name, password in ((None, None), ("Another", MINE)):
            with pytest.raises(Unauthenticated) as refused:
                services.invitation_acceptance.accept(token, None, name, password)
            assert refused.value.code == "sign_in_required"
        with pytest.raises(Forbidden) as wrong:
            services.invitation_acceptance.accept(token, cast.viewer.who)
        assert wrong.value.code == "wrong_account"
        services.invitation_acceptance.accept(token, cast.outsider.who, "Another", MINE)
        assert roles(services, user.email)[cast.acme.id] is Role.VIEWER
        after = account(services, user.email)
        assert after is not None
        assert (after.name, after.password_hash) == (user.name, user.password_hash)
        assert after.token_version == user.token_version

    def test_of_an_unknown_and_of_an_unproven_address_looks_the_same(
        self, services: Services, cast: Cast, mail: MailServer
    ) -> None:
        for email in (cast.outsider.user.email, "unknown@example.com"):
            services.invitations.invite(cast.admin.who, cast.acme.id, email, "viewer")
            token = mailed_token(services, mail, email)
            assert services.invitation_acceptance.look(token).way is AcceptanceStep.SET_PASSWORD
            with pytest.raises(Invalid) as refused:
                services.invitation_acceptance.accept(token, None)
            assert [e.pointer for e in refused.value.errors] == ["/password"]

    def test_what_must_not_be_chosen_is_refused_at_its_field(
        self, services: Services, cast: Cast, mail: MailServer
    ) -> None:
        services.invitations.invite(cast.admin.who, cast.acme.id, CEO, "viewer")
        token = mailed_token(services, mail, CEO)
        for name, password, pointer in (
            ("", THEIRS, "/name"),
            (None, THEIRS, "/name"),
            ("N\0", THEIRS, "/name"),
            ("x" * 201, THEIRS, "/name"),
            ("Name", "short", "/password"),
            ("Name", "x" * 1001, "/password"),
        ):
            with pytest.raises(Invalid) as refused:
                services.invitation_acceptance.accept(token, None, name, password)
            assert [e.pointer for e in refused.value.errors] == [pointer]
        assert account(services, CEO) is None

    def test_memberships_of_an_account_that_is_handed_over_stay(
        self, services: Services, cast: Cast, mail: MailServer
    ) -> None:
        user = cast.outsider.user
        services.invitations.invite(cast.admin.who, cast.acme.id, user.email, "viewer")
        token = mailed_token(services, mail, user.email)
        services.invitation_acceptance.accept(token, None, "The owner", THEIRS)
        assert roles(services, user.email) == {
            cast.globex.id: Role.ADMIN,
            cast.acme.id: Role.VIEWER,
        }
        noted = [entry for entry in entries(services, cast) if entry.tenant_id is None]
        assert {entry.action for entry in noted} == {
            Action.MAILBOX_PROVEN,
            Action.PASSWORD_CHANGED,
        }
        assert {entry.actor_name for entry in noted} == {"The owner"}

    @pytest.mark.parametrize("by", ["an invitation", "a reset"])
    def test_what_the_former_holder_of_an_account_sent_ends_when_its_owner_takes_it(
        self, services: Services, cast: Cast, mail: MailServer, by: str
    ) -> None:
        holder = cast.outsider
        services.invitations.invite(holder.who, cast.globex.id, "accomplice@evil.example", "admin")
        accomplice = mailed_token(services, mail, "accomplice@evil.example")
        if by == "an invitation":
            services.invitations.invite(cast.admin.who, cast.acme.id, holder.user.email, "viewer")
            services.invitation_acceptance.accept(
                mailed_token(services, mail, holder.user.email), None, "The owner", THEIRS
            )
        else:
            services.password_resets.request(holder.user.email)
            services.password_resets.reset(
                mailed_token(services, mail, holder.user.email, "reset-password"), THEIRS
            )
        with pytest.raises(LinkNotValid):
            services.invitation_acceptance.accept(accomplice, None, "Accomplice", THEIRS)
        assert Action.INVITATION_REVOKED in {entry.action for entry in entries(services, cast)}

    def test_of_who_lacks_a_required_second_factor_lets_nobody_in(
        self, services: Services, cast: Cast, mail: MailServer
    ) -> None:
        services.invitations.invite(cast.admin.who, cast.acme.id, CEO, "admin")
        token = mailed_token(services, mail, CEO)
        with services.store.write() as tx:
            tx.tenants.update(cast.acme.id, {"second_factor_required": True})
        with pytest.raises(LinkNotValid):
            services.invitation_acceptance.accept(token, None, "CEO", THEIRS)
        (waiting,) = services.invitations.find(cast.super_admin.who, cast.acme.id)
        assert waiting.status is InvitationStatus.INVITER_LEFT

    def test_of_a_super_admin_who_lacks_a_required_second_factor_lets_nobody_in(
        self, services: Services, cast: Cast, mail: MailServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        services.invitations.invite(cast.super_admin.who, cast.acme.id, CEO, "admin")
        token = mailed_token(services, mail, CEO)
        monkeypatch.setattr(services.auth, "super_admins_need_otp", True)
        with pytest.raises(LinkNotValid):
            services.invitation_acceptance.accept(token, None, "CEO", THEIRS)
        (waiting,) = services.invitations.find(cast.admin.who, cast.acme.id)
        assert waiting.status is InvitationStatus.INVITER_LEFT

    def test_a_super_admins_account_is_never_handed_over(
        self, services: Services, cast: Cast, mail: MailServer
    ) -> None:
        user = cast.super_admin.user
        services.invitations.invite(cast.admin.who, cast.acme.id, user.email, "viewer")
        token = mailed_token(services, mail, user.email)
        with pytest.raises(Unauthenticated):
            services.invitation_acceptance.accept(token, None, "Mine", MINE)
        services.invitation_acceptance.accept(token, cast.super_admin.who)
        after = account(services, user.email)
        assert after is not None
        assert (after.email_proven_at, after.password_hash) == (
            services.clock(),
            user.password_hash,
        )

    def test_a_deactivated_account_stays_so(
        self, services: Services, cast: Cast, mail: MailServer
    ) -> None:
        services.user_administration.set_active(
            cast.super_admin.who, cast.outsider.user.id, active=False
        )
        email = cast.outsider.user.email
        services.invitations.invite(cast.admin.who, cast.acme.id, email, "viewer")
        token = mailed_token(services, mail, email)
        with pytest.raises(Conflict, match="deactivated"):
            services.invitation_acceptance.accept(token, None, "Back", THEIRS)

    def test_guessing_at_one_is_slowed_down(
        self, services: Services, cast: Cast, mail: MailServer
    ) -> None:
        services.invitations.invite(cast.admin.who, cast.acme.id, CEO, "viewer")
        token = mailed_token(services, mail, CEO)

        def try_often() -> None:
            for _ in range(30):
                with pytest.raises(Invalid):
                    services.invitation_acceptance.accept(token, None, "Name", "short")

        with pytest.raises(TooManyRequests):
            try_often()


class TestWithoutAMailServer:
    def test_the_link_is_shown_once_and_makes_an_unproven_account(
        self, services: Services, cast: Cast
    ) -> None:
        invited = services.invitations.invite(cast.admin.who, cast.acme.id, CEO, "admin")
        assert invited.link is not None
        assert invited.link.startswith(f"{services.settings.base_url}/invitation#")
        assert invited.link not in repr(invited)
        (listed,) = services.invitations.find(cast.admin.who, cast.acme.id)
        assert listed.link is None
        services.invitation_acceptance.accept(shown_token(invited), None, "The ceo", THEIRS)
        user = account(services, CEO)
        assert user is not None
        assert user.email_proven_at is None
        assert principal(services, CEO, THEIRS).roles == {cast.acme.id: Role.ADMIN}

    def test_an_existing_account_is_never_controlled_by_the_link(
        self, services: Services, cast: Cast
    ) -> None:
        user = cast.outsider.user
        for inviter, tenant in (
            (cast.admin.who, cast.acme),
            (cast.super_admin.who, cast.acme),
        ):
            invited = services.invitations.invite(inviter, tenant.id, user.email, "viewer")
            with pytest.raises(Unauthenticated):
                services.invitation_acceptance.accept(shown_token(invited), None, "Mine", MINE)
            services.invitations.revoke(inviter, tenant.id, invited.invitation.id)
        assert account(services, user.email) == user

    def test_an_unproven_one_is_added_by_a_super_admin_alone(
        self, services: Services, cast: Cast
    ) -> None:
        email = cast.outsider.user.email
        invited = services.invitations.invite(cast.admin.who, cast.acme.id, email, "viewer")
        with pytest.raises(Conflict) as refused:
            services.invitation_acceptance.accept(shown_token(invited), cast.outsider.who)
        assert refused.value.code == "mailbox_not_proven"
        again = services.invitations.resend(
            cast.super_admin.who, cast.acme.id, invited.invitation.id
        )
        services.invitation_acceptance.accept(shown_token(again), cast.outsider.who)
        assert roles(services, email)[cast.acme.id] is Role.VIEWER

    def test_a_proven_one_may_accept(self, services: Services, cast: Cast) -> None:
        prove(services, cast.outsider.user)
        email = cast.outsider.user.email
        invited = services.invitations.invite(cast.admin.who, cast.acme.id, email, "viewer")
        services.invitation_acceptance.accept(shown_token(invited), cast.outsider.who)
        assert roles(services, email)[cast.acme.id] is Role.VIEWER
