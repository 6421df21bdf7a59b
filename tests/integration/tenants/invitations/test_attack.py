"""Who sets an account up under an address of someone else, and what happens at once."""

from collections.abc import Callable
from typing import Any

import pytest

from exports_app.domain.access import Role
from exports_app.domain.errors import (
    Conflict,
    Invalid,
    OwnPasswordFirst,
    Unauthenticated,
)
from exports_app.wiring import Services
from tests.integration.tenants.invitations.accounts import (
    ADDRESS,
    CEO,
    MINE,
    THEIRS,
    account,
    outcome,
    principal,
    roles,
    squat,
)
from tests.invited import mailed_token, shown_token
from tests.mailserver import MailServer
from tests.world import Cast, side_by_side, sign_in, sql


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
        assert set(results) <= {"done", "account_exists", "sign_in_required"}
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

            assert sorted(side_by_side(2, invite)) == ["already_invited", "done"]
        assert len(services.invitations.find(cast.admin.who, cast.acme.id)) == 5
