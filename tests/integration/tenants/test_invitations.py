"""Invitations: an admin names an address, and the person who reads that mailbox decides."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from exports_app.domain.access import Principal, Role
from exports_app.domain.errors import (
    Conflict,
    ExportsError,
    Forbidden,
    Invalid,
    LinkNotValid,
    NotFound,
    OwnPasswordFirst,
    TooManyRequests,
    Unauthenticated,
)
from exports_app.domain.runs.states import DeliveryStatus
from exports_app.services.accounts.invitation_acceptance import AcceptanceStep, Joined
from exports_app.services.core.interfaces import AuditFilter
from exports_app.services.core.records import Action, AuditEntry, Page, User
from exports_app.services.tenants import invitations as rules
from exports_app.services.tenants.invitations import InvitationStatus
from exports_app.wiring import Services
from tests.invited import mailed_token, shown_token
from tests.mailserver import MailServer
from tests.world import Cast, FakeClock, set_role, side_by_side, sign_in, sql

ADDRESS = "192.0.2.1"
CEO = "ceo@other.example"
MINE, THEIRS = "the attacker's own password", "the password of the real ceo"


def account(services: Services, email: str) -> User | None:
    with services.store.read() as tx:
        return tx.users.by_email(email)


def roles(services: Services, email: str) -> dict[str, Role]:
    user = account(services, email)
    assert user is not None
    with services.store.read() as tx:
        return tx.users.roles(user.id)


def principal(services: Services, email: str, password: str) -> Principal:
    return services.auth.principal(services.auth.login(email, password, ADDRESS).access_token)


def entries(services: Services, cast: Cast) -> list[AuditEntry]:
    return services.audit.find(cast.super_admin.who, None, AuditFilter(), Page(size=200))[0]


def squat(services: Services, cast: Cast) -> Joined:
    """Acme's admin makes an account under the ceo's address, with a password of their own."""
    invited = services.invitations.invite(cast.admin.who, cast.acme.id, CEO, "viewer")
    return services.invitation_acceptance.accept(shown_token(invited), None, "Ceo", MINE)


class TestTheAttack:
    """A tenant's admin makes an account under an address that is not theirs, and waits until
    another tenant makes that address an admin."""

    def test_with_a_mail_server_the_attacker_never_gets_an_account(
        self, services: Services, cast: Cast, mail: MailServer
    ) -> None:
        invited = services.invitations.invite(cast.admin.who, cast.acme.id, CEO, "viewer")
        assert invited.link is None
        assert MINE not in repr(invited)
        assert account(services, CEO) is None
        services.invitations.revoke(cast.admin.who, cast.acme.id, invited.invitation.id)
        services.invitations.invite(cast.outsider.who, cast.globex.id, CEO, "admin")
        token = mailed_token(services, mail, CEO)
        services.invitation_acceptance.accept(token, None, "The ceo", THEIRS)
        assert roles(services, CEO) == {cast.globex.id: Role.ADMIN}
        with pytest.raises(Unauthenticated):
            services.auth.login(CEO, MINE, ADDRESS)

    def test_without_one_an_account_made_by_the_attacker_gains_no_tenant(
        self, services: Services, cast: Cast
    ) -> None:
        squat(services, cast)
        attacker = principal(services, CEO, MINE)
        invited = services.invitations.invite(cast.outsider.who, cast.globex.id, CEO, "admin")
        for who, password in ((attacker, None), (None, THEIRS), (attacker, THEIRS)):
            with pytest.raises((Conflict, Unauthenticated)):
                services.invitation_acceptance.accept(shown_token(invited), who, "Ceo", password)
        assert roles(services, CEO) == {cast.acme.id: Role.VIEWER}

    def test_an_account_that_the_attacker_made_earlier_goes_to_who_reads_the_mailbox(
        self,
        services: Services,
        cast: Cast,
        request: pytest.FixtureRequest,
    ) -> None:
        user = squat(services, cast).user
        attacker = principal(services, CEO, MINE)
        session = sign_in(services, user)
        services.members.remove(cast.admin.who, cast.acme.id, user.id)
        mail: MailServer = request.getfixturevalue("mail")  # a mail server is set up later
        services.invitations.invite(cast.outsider.who, cast.globex.id, CEO, "admin")
        token = mailed_token(services, mail, CEO)
        services.invitation_acceptance.accept(token, None, "The ceo", THEIRS)
        owner = account(services, CEO)
        assert owner is not None
        assert (owner.id, owner.name) == (user.id, "The ceo")
        assert owner.email_proven_at == services.clock()
        with pytest.raises(Unauthenticated):
            services.auth.login(CEO, MINE, ADDRESS)
        assert services.sessions.visit(session) is None
        with pytest.raises(Unauthenticated):
            services.own_account.sessions(attacker)
        assert principal(services, CEO, THEIRS).roles == {cast.globex.id: Role.ADMIN}

    @pytest.mark.parametrize("mailed", [True, False])
    def test_a_one_time_password_which_somebody_else_knows_accepts_nothing(
        self, services: Services, cast: Cast, request: pytest.FixtureRequest, *, mailed: bool
    ) -> None:
        email = cast.outsider.user.email
        with services.store.write() as tx:
            tx.users.update(cast.outsider.user.id, {"email_proven_at": services.clock()})
        mail: MailServer | None = request.getfixturevalue("mail") if mailed else None
        invited = services.invitations.invite(cast.admin.who, cast.acme.id, email, "admin")
        token = mailed_token(services, mail, email) if mail else shown_token(invited)
        given = services.provisioning.give_one_time_password(email)
        with pytest.raises(OwnPasswordFirst):
            services.invitation_acceptance.accept(token, principal(services, email, given))
        assert cast.acme.id not in roles(services, email)
        services.own_account.change_password(cast.outsider.who, given, THEIRS)
        services.invitation_acceptance.accept(token, principal(services, email, THEIRS))
        assert roles(services, email)[cast.acme.id] is Role.ADMIN

    def test_a_signed_in_attacker_gains_nothing_from_the_mailed_link_without_the_new_password(
        self, services: Services, cast: Cast, request: pytest.FixtureRequest
    ) -> None:
        """The reader of the mailbox sets a password, even in a browser where the account is signed
        in."""
        squat(services, cast)
        attacker = principal(services, CEO, MINE)
        mail: MailServer = request.getfixturevalue("mail")
        services.invitations.invite(cast.outsider.who, cast.globex.id, CEO, "admin")
        token = mailed_token(services, mail, CEO)
        with pytest.raises(Invalid) as refused:
            services.invitation_acceptance.accept(token, attacker)
        assert [e.pointer for e in refused.value.errors] == ["/password"]
        services.invitation_acceptance.accept(token, attacker, "The ceo", THEIRS)
        with pytest.raises(Unauthenticated):
            services.auth.login(CEO, MINE, ADDRESS)


class TestInviting:
    def test_makes_no_member_before_it_is_accepted(
        self, services: Services, cast: Cast, mail: MailServer, clock: FakeClock
    ) -> None:
        invited = services.invitations.invite(
            cast.admin.who, cast.acme.id, "New.One@Example.com", "admin"
        )
        invitation = invited.invitation
        assert (invitation.email, invitation.role) == ("new.one@example.com", Role.ADMIN)
        assert invitation.expires_at == clock() + timedelta(hours=72)
        assert (invited.invited_by, invited.status) == ("Admin", InvitationStatus.OPEN)
        assert (invited.link, invited.mail) == (None, DeliveryStatus.PENDING)
        assert account(services, "new.one@example.com") is None
        assert len(services.members.find(cast.admin.who, cast.acme.id)) == 2
        offer = services.invitation_acceptance.look(
            mailed_token(services, mail, "new.one@example.com")
        )
        assert (offer.tenant, offer.invited_by, offer.role) == (cast.acme, "Admin", Role.ADMIN)
        (listed,) = services.invitations.find(cast.admin.who, cast.acme.id)
        assert (listed.invitation, listed.mail) == (invitation, DeliveryStatus.ACCEPTED)
        joined = services.invitation_acceptance.accept(
            mailed_token(services, mail, "new.one@example.com"), None, " New One ", THEIRS
        )
        assert (joined.user.name, joined.user.email_proven_at) == ("New One", clock())
        assert roles(services, "new.one@example.com") == {cast.acme.id: Role.ADMIN}
        assert services.invitations.find(cast.admin.who, cast.acme.id) == []
        assert {entry.action for entry in entries(services, cast)} == {
            Action.MEMBER_INVITED,
            Action.MEMBER_JOINED,
            Action.USER_CREATED,
        }

    def test_the_message_says_who_invites_to_what(
        self, services: Services, cast: Cast, mail: MailServer
    ) -> None:
        services.invitations.invite(cast.admin.who, cast.acme.id, CEO, "viewer")
        services.account_messages.send_due()
        message = mail.wait_for(1)[0].message
        assert message["Subject"] == "You are invited to Acme"
        body = message.get_body(("plain",))
        assert body is not None
        text = " ".join(body.get_content().split())
        for words in ("Admin invites you to Acme.", "Role: Viewer", "If you do not expect it"):
            assert words in text

    @pytest.mark.parametrize("mails", [True, False])
    def test_answers_the_same_for_known_and_unknown_addresses(
        self, services: Services, cast: Cast, request: pytest.FixtureRequest, mails: bool
    ) -> None:
        if mails:
            request.getfixturevalue("mail")
        known, unknown = (
            services.invitations.invite(cast.admin.who, cast.acme.id, email, "viewer")
            for email in (cast.outsider.user.email, "unknown@example.com")
        )
        for one in (known, unknown):
            assert (one.status, one.invited_by) == (InvitationStatus.OPEN, "Admin")
            assert (one.link is None) == mails
        assert known.mail == unknown.mail
        assert "Outsider" not in repr(known)
        if not mails:
            ways = {
                services.invitation_acceptance.look(shown_token(one)).way
                for one in (known, unknown)
            }
            assert ways == {AcceptanceStep.EITHER}
            for one in (known, unknown):
                with pytest.raises(Unauthenticated) as refused:
                    services.invitation_acceptance.accept(shown_token(one), None)
                assert refused.value.code == "sign_in_required"
                with pytest.raises(Forbidden):
                    services.invitation_acceptance.accept(
                        shown_token(one), cast.admin.who, "Name", THEIRS
                    )

    def test_a_member_is_not_invited_again(self, services: Services, cast: Cast) -> None:
        with pytest.raises(Conflict, match="is a member already"):
            services.invitations.invite(cast.admin.who, cast.acme.id, "VIEWER@example.com", "admin")

    def test_an_address_is_invited_once_at_a_time(
        self, services: Services, cast: Cast, clock: FakeClock
    ) -> None:
        first = services.invitations.invite(cast.admin.who, cast.acme.id, CEO, "viewer")
        with pytest.raises(Conflict, match="is invited already"):
            services.invitations.invite(cast.admin.who, cast.acme.id, CEO, "admin")
        services.invitations.invite(cast.outsider.who, cast.globex.id, CEO, "admin")
        clock.advance(hours=72)
        (listed,) = services.invitations.find(cast.admin.who, cast.acme.id)
        assert listed.status is InvitationStatus.EXPIRED
        again = services.invitations.invite(cast.admin.who, cast.acme.id, CEO, "admin")
        with pytest.raises(LinkNotValid):
            services.invitation_acceptance.look(shown_token(first))
        assert services.invitation_acceptance.look(shown_token(again)).role is Role.ADMIN
        (listed,) = services.invitations.find(cast.admin.who, cast.acme.id)
        assert listed.invitation == again.invitation

    @pytest.mark.parametrize(
        ("email", "role", "pointer"),
        [
            ("nobody", "viewer", "/email"),
            ("a" * 400 + "@example.com", "viewer", "/email"),
            ("new@example.com", "super_admin", "/role"),
        ],
    )
    def test_what_is_wrong_is_refused_at_its_field(
        self, services: Services, cast: Cast, email: str, role: str, pointer: str
    ) -> None:
        with pytest.raises(Invalid) as refused:
            services.invitations.invite(cast.admin.who, cast.acme.id, email, role)
        assert [e.pointer for e in refused.value.errors] == [pointer]
        assert services.invitations.find(cast.admin.who, cast.acme.id) == []

    def test_viewers_and_strangers_invite_nobody(self, services: Services, cast: Cast) -> None:
        made = services.invitations.invite(cast.admin.who, cast.acme.id, CEO, "viewer").invitation
        acts: list[Callable[[Principal], Any]] = [
            lambda who: services.invitations.find(who, cast.acme.id),
            lambda who: services.invitations.invite(who, cast.acme.id, "a@example.com", "viewer"),
            lambda who: services.invitations.resend(who, cast.acme.id, made.id),
            lambda who: services.invitations.revoke(who, cast.acme.id, made.id),
        ]
        for act in acts:
            with pytest.raises(Forbidden):
                act(cast.viewer.who)
            with pytest.raises(NotFound):
                act(cast.outsider.who)
        for act in (services.invitations.resend, services.invitations.revoke):
            with pytest.raises(NotFound):
                act(cast.outsider.who, cast.globex.id, made.id)
            with pytest.raises(NotFound):
                act(cast.admin.who, cast.acme.id, "nonsense")

    def test_too_many_open_ones_are_refused(
        self, services: Services, cast: Cast, monkeypatch: pytest.MonkeyPatch, clock: FakeClock
    ) -> None:
        monkeypatch.setattr(rules, "MAX_OPEN", 2)
        for number in range(2):
            services.invitations.invite(
                cast.admin.who, cast.acme.id, f"new{number}@example.com", "viewer"
            )
        with pytest.raises(Conflict, match="2 invitations are open"):
            services.invitations.invite(cast.admin.who, cast.acme.id, CEO, "viewer")
        services.invitations.invite(cast.outsider.who, cast.globex.id, CEO, "viewer")
        clock.advance(hours=72)
        services.invitations.invite(cast.admin.who, cast.acme.id, CEO, "viewer")

    def test_nobody_fills_a_mailbox(self, services: Services, cast: Cast) -> None:
        made = services.invitations.invite(cast.admin.who, cast.acme.id, CEO, "viewer").invitation
        for _ in range(4):
            services.invitations.resend(cast.admin.who, cast.acme.id, made.id)
        with pytest.raises(TooManyRequests):
            services.invitations.resend(cast.admin.who, cast.acme.id, made.id)
        services.invitations.revoke(cast.admin.who, cast.acme.id, made.id)
        with pytest.raises(TooManyRequests):
            services.invitations.invite(cast.admin.who, cast.acme.id, CEO, "viewer")
        services.invitations.invite(cast.outsider.who, cast.globex.id, CEO, "viewer")

    def test_old_ones_are_forgotten(self, services: Services, cast: Cast, clock: FakeClock) -> None:
        services.invitations.invite(cast.admin.who, cast.acme.id, "old@example.com", "viewer")
        clock.advance(days=34)
        services.invitations.invite(cast.admin.who, cast.acme.id, CEO, "viewer")
        assert sql(services, "SELECT email FROM invitations") == [(CEO,)]


class TestALink:
    def test_is_used_once(self, services: Services, cast: Cast, mail: MailServer) -> None:
        services.invitations.invite(cast.admin.who, cast.acme.id, CEO, "viewer")
        token = mailed_token(services, mail, CEO)
        services.invitation_acceptance.accept(token, None, "The ceo", THEIRS)
        who = principal(services, CEO, THEIRS)
        services.members.leave(who, cast.acme.id)
        for act in (
            lambda: services.invitation_acceptance.look(token),
            lambda: services.invitation_acceptance.accept(token, who),
            lambda: services.invitation_acceptance.accept(token, None, "Again", MINE),
        ):
            with pytest.raises(LinkNotValid):
                act()
        assert services.auth.login(CEO, THEIRS, ADDRESS)

    def test_that_was_revoked_or_replaced_or_is_too_old_is_dead(
        self, services: Services, cast: Cast, mail: MailServer, clock: FakeClock
    ) -> None:
        invite, acme = services.invitations, cast.acme.id
        made = invite.invite(cast.admin.who, acme, CEO, "viewer").invitation
        first = mailed_token(services, mail, CEO)
        invite.resend(cast.admin.who, acme, made.id)
        second = mailed_token(services, mail, CEO)
        assert first != second
        with pytest.raises(LinkNotValid):
            services.invitation_acceptance.accept(first, None, "The ceo", THEIRS)
        clock.advance(hours=71, minutes=59)
        assert services.invitation_acceptance.look(second)
        clock.advance(minutes=1)
        with pytest.raises(LinkNotValid):
            services.invitation_acceptance.accept(second, None, "The ceo", THEIRS)
        invite.resend(cast.admin.who, acme, made.id)
        third = mailed_token(services, mail, CEO)
        assert services.invitation_acceptance.look(third)
        invite.revoke(cast.admin.who, acme, made.id)
        with pytest.raises(LinkNotValid):
            services.invitation_acceptance.accept(third, None, "The ceo", THEIRS)
        for act in (invite.revoke, invite.resend):
            with pytest.raises(NotFound):
                act(cast.admin.who, acme, made.id)
        assert account(services, CEO) is None
        noted = [entry.action for entry in entries(services, cast)]
        assert noted.count(Action.INVITATION_RESENT) == 2
        assert noted.count(Action.INVITATION_REVOKED) == 1

    def test_of_a_revoked_invitation_is_not_mailed(
        self, services: Services, cast: Cast, mail: MailServer
    ) -> None:
        made = services.invitations.invite(cast.admin.who, cast.acme.id, CEO, "viewer").invitation
        services.invitations.revoke(cast.admin.who, cast.acme.id, made.id)
        services.account_messages.send_due()
        assert mail.messages == []

    def test_is_dead_once_its_sender_may_not_invite_any_more(
        self, services: Services, cast: Cast
    ) -> None:
        set_role(services, cast.viewer.user.id, cast.acme.id, Role.ADMIN)
        second = Principal(cast.viewer.user.id, roles={cast.acme.id: Role.ADMIN})
        invited = services.invitations.invite(second, cast.acme.id, CEO, "admin")
        services.members.remove(cast.admin.who, cast.acme.id, second.user_id)
        with pytest.raises(LinkNotValid):
            services.invitation_acceptance.accept(shown_token(invited), None, "Friend", MINE)
        (listed,) = services.invitations.find(cast.admin.who, cast.acme.id)
        assert listed.status is InvitationStatus.INVITER_LEFT
        again = services.invitations.resend(cast.admin.who, cast.acme.id, invited.invitation.id)
        assert (again.status, again.invited_by) == (InvitationStatus.OPEN, "Admin")
        services.invitation_acceptance.accept(shown_token(again), None, "Friend", MINE)

    def test_stands_in_no_row_and_no_audit_entry(
        self, services: Services, cast: Cast, mail: MailServer
    ) -> None:
        services.invitations.invite(cast.admin.who, cast.acme.id, CEO, "viewer")
        signature = mailed_token(services, mail, CEO).rpartition(".")[2]
        for name in ("invitations", "account_messages", "audit_entries"):
            rows = sql(services, f"SELECT * FROM {name}")
            assert rows
            assert signature not in json.dumps([[str(value) for value in row] for row in rows])

    def test_that_was_handed_on_cannot_pass_as_a_mailed_one(
        self, services: Services, cast: Cast, request: pytest.FixtureRequest
    ) -> None:
        """Sent again by mail, the invitation has another link; the first one stays dead."""
        shown = services.invitations.invite(cast.admin.who, cast.acme.id, CEO, "viewer")
        request.getfixturevalue("mail")
        services.invitations.resend(cast.admin.who, cast.acme.id, shown.invitation.id)
        with pytest.raises(LinkNotValid):
            services.invitation_acceptance.accept(shown_token(shown), None, "Ceo", MINE)

    def test_of_another_kind_or_of_nobody_opens_nothing(self, services: Services) -> None:
        for token in ("", "nonsense", "x" * 5000, "a.b.c"):
            with pytest.raises(LinkNotValid):
                services.invitation_acceptance.look(token)
            with pytest.raises(LinkNotValid):
                services.invitation_acceptance.accept(token, None, "Name", THEIRS)


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


class TestAtTheSameMoment:
    def test_two_who_accept_one_invitation_make_one_member(
        self, services: Services, cast: Cast, mail: MailServer
    ) -> None:
        services.invitations.invite(cast.admin.who, cast.acme.id, CEO, "viewer")
        token = mailed_token(services, mail, CEO)
        results = side_by_side(
            2,
            lambda i: outcome(
                lambda: services.invitation_acceptance.accept(token, None, f"N{i}", THEIRS)
            ),
        )
        assert sorted(results) == ["done", "link_not_valid"]
        assert len(services.members.find(cast.admin.who, cast.acme.id)) == 3

    def test_two_invitations_of_one_new_address_make_one_account(
        self, services: Services, cast: Cast, mail: MailServer
    ) -> None:
        services.invitations.invite(cast.admin.who, cast.acme.id, CEO, "viewer")
        first = mailed_token(services, mail, CEO)
        services.invitations.invite(cast.outsider.who, cast.globex.id, CEO, "viewer")
        tokens = [first, mailed_token(services, mail, CEO)]
        results = side_by_side(
            2,
            lambda i: outcome(
                lambda: services.invitation_acceptance.accept(tokens[i], None, "N", THEIRS)
            ),
        )
        assert results.count("done") == 1
        assert set(results) <= {"done", "conflict", "sign_in_required"}
        assert len(sql(services, "SELECT id FROM users WHERE email = ?", CEO)) == 1

    def test_accepting_and_revoking_end_in_one_of_both(
        self, services: Services, cast: Cast, mail: MailServer
    ) -> None:
        made = services.invitations.invite(cast.admin.who, cast.acme.id, CEO, "viewer").invitation
        token = mailed_token(services, mail, CEO)
        acts: list[Callable[[], Any]] = [
            lambda: services.invitation_acceptance.accept(token, None, "The ceo", THEIRS),
            lambda: services.invitations.revoke(cast.admin.who, cast.acme.id, made.id),
        ]
        accepted, revoked = side_by_side(2, lambda i: outcome(acts[i]))
        assert (accepted, revoked) in {("done", "not_found"), ("link_not_valid", "done")}
        is_member = CEO in {
            one.user.email for one in services.members.find(cast.admin.who, cast.acme.id)
        }
        assert is_member == (accepted == "done")

    def test_two_admins_who_invite_one_address_make_one_invitation(
        self, services: Services, cast: Cast
    ) -> None:
        for number in range(5):
            email = f"new{number}@example.com"

            def invite(_: int, email: str = email) -> str:
                return outcome(
                    lambda: services.invitations.invite(
                        cast.admin.who, cast.acme.id, email, "viewer"
                    )
                )

            assert sorted(side_by_side(2, invite)) == ["conflict", "done"]
        assert len(services.invitations.find(cast.admin.who, cast.acme.id)) == 5


class TestLeaving:
    def test_ends_a_membership_of_ones_own(self, services: Services, cast: Cast) -> None:
        services.members.leave(cast.viewer.who, cast.acme.id)
        assert roles(services, cast.viewer.user.email) == {}
        (entry,) = entries(services, cast)
        assert (entry.action, entry.actor_id) == (Action.MEMBER_LEFT, cast.viewer.user.id)
        assert (entry.tenant_id, entry.subject_id) == (cast.acme.id, cast.viewer.user.id)

    def test_the_last_admin_stays(self, services: Services, cast: Cast) -> None:
        with pytest.raises(Conflict, match="last active admin"):
            services.members.leave(cast.admin.who, cast.acme.id)

    def test_nobody_leaves_where_they_do_not_belong(self, services: Services, cast: Cast) -> None:
        for who in (cast.outsider.who, cast.super_admin.who):
            for act in (services.members.leave, services.members.leaving):
                with pytest.raises(NotFound):
                    act(who, cast.acme.id)
        with pytest.raises(NotFound):
            services.members.leave(cast.viewer.who, "nonsense")


def prove(services: Services, user: User) -> None:
    with services.store.write() as tx:
        tx.users.update(user.id, {"email_proven_at": services.clock()})


def outcome(act: Callable[[], Any]) -> str:
    """What became of it: "done", or the error's code."""
    try:
        act()
    except ExportsError as e:
        return e.code
    return "done"
