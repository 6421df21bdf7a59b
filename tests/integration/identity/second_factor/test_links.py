"""What an invitation and a new password by a link do to a second factor."""

import pytest

from exports_app.domain.errors import (
    Conflict,
    OtpRequired,
    Unauthenticated,
    WrongCredentials,
    WrongOtp,
)
from exports_app.services.core.records import Action
from exports_app.wiring import Services
from tests.doubles import FakeClock
from tests.integration.identity.second_factor.phone import (
    NEW_PASSWORD,
    Enrol,
    Phone,
    account_of,
    login,
    noted,
)
from tests.invited import mailed_token
from tests.mailserver import MailServer
from tests.world import PASSWORD, Cast, sql


class TestAnInvitation:
    """cast.viewer is invited by the tenant of cast.outsider."""

    def invite(self, services: Services, cast: Cast, mail: MailServer) -> str:
        services.invitations.invite(
            cast.outsider.who, cast.globex.id, cast.viewer.user.email, "admin"
        )
        return mailed_token(services, mail, cast.viewer.user.email)

    def prove(self, services: Services, cast: Cast) -> None:
        with services.store.write() as tx:
            tx.users.update(cast.viewer.user.id, {"email_proven_at": services.clock()})

    @pytest.mark.parametrize("signed_in", [False, True])
    def test_removes_the_factor_of_whoever_had_an_account_before_the_reader_of_its_mailbox(
        self, services: Services, cast: Cast, enrol: Enrol, mail: MailServer, *, signed_in: bool
    ) -> None:
        phone, codes = enrol(cast.viewer)
        token = self.invite(services, cast, mail)
        services.invitation_acceptance.accept(
            token, cast.viewer.who if signed_in else None, "The reader", NEW_PASSWORD
        )
        assert account_of(services, cast.viewer).second_factor_at is None
        for table in ("second_factors", "recovery_codes"):
            assert sql(services, f"SELECT count(*) FROM {table}") == [(0,)]
        assert login(services, cast.viewer, password=NEW_PASSWORD)
        for otp in (phone.code(), codes[0]):
            with pytest.raises(WrongCredentials):
                login(services, cast.viewer, otp)
        assert (Action.SECOND_FACTOR_RESET, {}) in noted(services, cast)

    def test_removes_one_that_was_only_begun(
        self, services: Services, cast: Cast, clock: FakeClock, mail: MailServer
    ) -> None:
        phone = Phone(services.second_factors.begin(cast.viewer.who, PASSWORD).secret, clock)
        services.invitation_acceptance.accept(
            self.invite(services, cast, mail), None, "The reader", NEW_PASSWORD
        )
        with pytest.raises(Conflict, match="no code is expected"):
            services.second_factors.confirm(cast.viewer.who, phone.code())
        assert Action.SECOND_FACTOR_RESET not in {action for action, _ in noted(services, cast)}

    def test_is_no_way_round_the_factor_of_a_proven_account(
        self, services: Services, cast: Cast, enrol: Enrol, mail: MailServer
    ) -> None:
        self.prove(services, cast)
        phone, _ = enrol(cast.viewer)
        token = self.invite(services, cast, mail)
        for name, password in ((None, None), ("The reader", NEW_PASSWORD), ("Viewer", PASSWORD)):
            with pytest.raises(Unauthenticated, match="Sign in as"):
                services.invitation_acceptance.accept(token, None, name, password)
        with pytest.raises(OtpRequired):
            login(services, cast.viewer)
        who = services.auth.principal(login(services, cast.viewer, phone.code()))
        services.invitation_acceptance.accept(token, who, "The reader", NEW_PASSWORD)
        assert account_of(services, cast.viewer).second_factor_at is not None
        with pytest.raises(WrongCredentials):
            login(services, cast.viewer, password=NEW_PASSWORD)


class TestANewPasswordByALink:
    def by_mail(self, services: Services, cast: Cast, mail: MailServer) -> str:
        services.password_resets.request(cast.viewer.user.email)
        services.account_messages.send_due()
        body = mail.wait_for(1)[0].message.get_body(("plain",))
        assert body is not None
        (line,) = [line for line in body.get_content().splitlines() if "/reset-password#" in line]
        return str(line.partition("#")[2])

    def by_hand(self, services: Services, cast: Cast) -> str:
        return (
            services.user_administration.reset(cast.super_admin.who, cast.viewer.user.id).url or ""
        ).partition("#")[2]

    @pytest.mark.parametrize("mailed", [True, False])
    def test_neither_removes_the_factor_nor_signs_in_without_it(
        self,
        services: Services,
        cast: Cast,
        enrol: Enrol,
        request: pytest.FixtureRequest,
        *,
        mailed: bool,
    ) -> None:
        phone, codes = enrol(cast.viewer)
        if mailed:
            with services.store.write() as tx:
                tx.users.update(cast.viewer.user.id, {"email_proven_at": services.clock()})
        before = account_of(services, cast.viewer).second_factor_at
        mail = request.getfixturevalue("mail") if mailed else None
        services.password_resets.reset(
            self.by_mail(services, cast, mail) if mail else self.by_hand(services, cast),
            NEW_PASSWORD,
        )
        assert account_of(services, cast.viewer).second_factor_at == before
        with pytest.raises(OtpRequired):
            login(services, cast.viewer, password=NEW_PASSWORD)
        with pytest.raises(WrongOtp):
            login(services, cast.viewer, "000000", NEW_PASSWORD)
        assert login(services, cast.viewer, phone.code(), NEW_PASSWORD)
        assert login(services, cast.viewer, codes[0], NEW_PASSWORD)
        assert Action.SECOND_FACTOR_RESET not in {action for action, _ in noted(services, cast)}

    def test_a_mailed_one_that_proves_the_mailbox_removes_the_factor_of_the_previous_holder(
        self, services: Services, cast: Cast, enrol: Enrol, mail: MailServer
    ) -> None:
        phone, codes = enrol(cast.viewer)
        services.password_resets.reset(self.by_mail(services, cast, mail), NEW_PASSWORD)
        assert account_of(services, cast.viewer).second_factor_at is None
        for table in ("second_factors", "recovery_codes"):
            assert sql(services, f"SELECT count(*) FROM {table}") == [(0,)]
        assert login(services, cast.viewer, password=NEW_PASSWORD)
        for otp in (phone.code(), codes[0]):
            with pytest.raises(WrongCredentials):
                login(services, cast.viewer, otp)
        assert [one for one in noted(services, cast) if one[0] is Action.SECOND_FACTOR_RESET] == [
            (Action.SECOND_FACTOR_RESET, {})
        ]

    def test_a_mailed_one_removes_what_was_only_begun(
        self, services: Services, cast: Cast, clock: FakeClock, mail: MailServer
    ) -> None:
        phone = Phone(services.second_factors.begin(cast.viewer.who, PASSWORD).secret, clock)
        services.password_resets.reset(self.by_mail(services, cast, mail), NEW_PASSWORD)
        with pytest.raises(Conflict, match="no code is expected"):
            services.second_factors.confirm(cast.viewer.who, phone.code())

    def test_a_super_admins_factor_stays_although_their_mailbox_was_not_proven(
        self, services: Services, cast: Cast, enrol: Enrol, mail: MailServer
    ) -> None:
        with services.store.write() as tx:
            tx.users.update(cast.viewer.user.id, {"is_super_admin": True})
        enrol(cast.viewer)
        services.password_resets.reset(self.by_mail(services, cast, mail), NEW_PASSWORD)
        with pytest.raises(OtpRequired):
            login(services, cast.viewer, password=NEW_PASSWORD)

    def test_a_one_time_password_of_the_command_line_leaves_it_too(
        self, services: Services, cast: Cast, enrol: Enrol
    ) -> None:
        phone, _ = enrol(cast.viewer)
        given = services.provisioning.give_one_time_password(cast.viewer.user.email)
        with pytest.raises(OtpRequired):
            login(services, cast.viewer, password=given)
        assert login(services, cast.viewer, phone.code(), given)
