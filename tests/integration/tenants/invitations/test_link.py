"""The link of an invitation."""

import json

import pytest

from exports_app.domain.access import Principal, Role
from exports_app.domain.errors import (
    LinkNotValid,
    NotFound,
)
from exports_app.services.core.records import Action
from exports_app.services.tenants.invitations import InvitationStatus
from exports_app.wiring import Services
from tests.doubles import FakeClock
from tests.integration.tenants.invitations.accounts import (
    ADDRESS,
    CEO,
    MINE,
    THEIRS,
    account,
    entries,
    principal,
)
from tests.invited import mailed_token, shown_token
from tests.mailserver import MailServer
from tests.world import Cast, set_role, sql


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
