"""An admin names an address; a member leaves."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from exports_app.domain.access import Principal, Role
from exports_app.domain.errors import (
    Conflict,
    Forbidden,
    Invalid,
    LinkNotValid,
    NotFound,
    TooManyRequests,
    Unauthenticated,
)
from exports_app.domain.runs.states import DeliveryStatus
from exports_app.services.accounts.invitation_acceptance import AcceptanceStep
from exports_app.services.core.records import Action
from exports_app.services.tenants import invitation_rules as rules
from exports_app.services.tenants.invitations import InvitationStatus
from exports_app.wiring import Services
from tests.doubles import FakeClock
from tests.integration.tenants.invitations.accounts import CEO, THEIRS, account, entries, roles
from tests.invited import mailed_token, shown_token
from tests.mailserver import MailServer
from tests.world import Cast


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
        with pytest.raises(Conflict, match="is already a member"):
            services.invitations.invite(cast.admin.who, cast.acme.id, "VIEWER@example.com", "admin")

    def test_an_address_is_invited_once_at_a_time(
        self, services: Services, cast: Cast, clock: FakeClock
    ) -> None:
        first = services.invitations.invite(cast.admin.who, cast.acme.id, CEO, "viewer")
        with pytest.raises(Conflict, match="is already invited"):
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
