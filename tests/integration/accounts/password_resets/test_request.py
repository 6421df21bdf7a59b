"""A new password by a link that is asked for on the sign-in page."""

from typing import Any

import pytest

from exports_app.domain.errors import (
    Invalid,
    LinkNotValid,
    Unauthenticated,
    Unavailable,
    WrongCredentials,
)
from exports_app.services.accounts import password_resets
from exports_app.services.accounts.password_reset_links import ASKED_LIFETIME
from exports_app.services.core.extension_points import CHANNELS
from exports_app.services.core.records import Action
from exports_app.services.identity import passwords
from exports_app.wiring import Services
from tests.doubles import FakeClock, WatchedEmail
from tests.integration.accounts.password_resets.links import (
    ADDRESS,
    NEW,
    STRANGER,
    entries,
    link_for,
    statements,
    token_in,
    user_of,
)
from tests.mailserver import MailServer, mail_server
from tests.world import PASSWORD, Cast, registered, side_by_side, sign_in, sql


class TestAskingForALink:
    def test_it_sets_a_new_password_and_signs_everything_out(
        self, services: Services, mail: MailServer, cast: Cast, clock: FakeClock
    ) -> None:
        user = cast.admin.user
        session = sign_in(services, user)
        access = services.auth.token_for(user).access_token
        token = link_for(services, mail, f" {user.email.upper()} ".strip())
        (received,) = mail.messages
        assert received.rcpt_tos == [user.email]
        assert received.message["Subject"] == "Set a new password"
        assert services.password_resets.check(token) == user.email
        services.password_resets.reset(token, NEW)
        assert services.sessions.visit(session) is None
        with pytest.raises(Unauthenticated):
            services.auth.principal(access)
        with pytest.raises(WrongCredentials):
            services.auth.login(user.email, PASSWORD, ADDRESS)
        assert services.auth.login(user.email, NEW, ADDRESS).user.id == user.id
        assert user_of(services, user.id).email_proven_at == clock()
        assert user.email not in services.provisioning.unproven()
        assert cast.viewer.user.email in services.provisioning.unproven()

    def test_the_message_says_what_to_do_until_when_and_what_if_one_did_not_ask(
        self, services: Services, mail: MailServer, cast: Cast
    ) -> None:
        link_for(services, mail, cast.admin.user.email)
        for kind in ("plain", "html"):
            body = mail.messages[0].message.get_body((kind,))
            assert body is not None
            text = body.get_content()
            assert "If you did not request it, ignore this message" in text
            assert "4 Mar 2026, 12:00 (Europe/Berlin)" in text
            assert "Acme" in text

    def test_the_work_is_the_same_whether_there_is_an_account(
        self, services: Services, mail: MailServer, cast: Cast, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        hashes: list[str] = []
        monkeypatch.setattr(passwords, "hash_password", lambda _: hashes.append("hash"))
        services.user_administration.set_active(
            cast.super_admin.who, cast.viewer.user.id, active=False
        )
        sent = []
        for email in (cast.admin.user.email, STRANGER, cast.viewer.user.email):
            with statements(services) as found:
                services.password_resets.request(email)
            sent.append(found)
        assert sent[0]
        assert sent[0] == sent[1] == sent[2]
        assert hashes == []
        while services.account_messages.send_due():
            pass
        assert [message.rcpt_tos for message in mail.messages] == [[cast.admin.user.email]]

    def test_nothing_is_kept_about_an_address_without_an_account(
        self, services: Services, mail: MailServer, cast: Cast
    ) -> None:
        services.password_resets.request(STRANGER)
        services.account_messages.send_due()
        assert sql(services, "SELECT target FROM account_messages") == []
        assert entries(services, cast, Action.RESET_REQUESTED) == []

    def test_the_demos_addresses_which_are_others_get_no_link(
        self, services: Services, mail: MailServer, cast: Cast
    ) -> None:
        with services.store.write() as tx:
            tx.users.update(cast.admin.user.id, {"password_hash": "x", "has_demo_password": True})
        services.password_resets.request(cast.admin.user.email)
        assert services.account_messages.send_due() == 1
        assert mail.messages == []

    def test_a_newer_request_which_anybody_may_make_ends_no_older_link(
        self, services: Services, mail: MailServer, cast: Cast
    ) -> None:
        email = cast.admin.user.email
        links = [link_for(services, mail, email) for _ in range(3)]
        services.password_resets.reset(links[0], NEW)
        for other in links[1:]:
            with pytest.raises(LinkNotValid):
                services.password_resets.reset(other, NEW + "2")
        assert sql(services, "SELECT id FROM password_resets") == []

    def test_a_request_does_not_end_a_super_admins_link(
        self, services: Services, mail: MailServer, cast: Cast
    ) -> None:
        services.user_administration.reset(cast.super_admin.who, cast.admin.user.id)
        services.account_messages.send_due()
        sent = token_in(mail, 0)
        link_for(services, mail, cast.admin.user.email)
        services.password_resets.reset(sent, NEW)

    def test_links_that_expired_are_not_kept(
        self, services: Services, mail: MailServer, cast: Cast, clock: FakeClock
    ) -> None:
        for _ in range(2):
            link_for(services, mail, cast.admin.user.email)
        clock.advance(seconds=ASKED_LIFETIME.total_seconds())
        link_for(services, mail, cast.admin.user.email)
        assert len(sql(services, "SELECT id FROM password_resets")) == 1

    def test_an_older_message_that_was_put_off_does_not_bring_its_link_back(
        self, services: Services, cast: Cast, clock: FakeClock
    ) -> None:
        refuse = {cast.admin.user.email: "451 come back later"}
        with mail_server(refuse=refuse) as server, registered(CHANNELS, WatchedEmail(server)):
            services.password_resets.request(cast.admin.user.email)
            services.account_messages.send_due()
            refuse.clear()
            token = link_for(services, server, cast.admin.user.email)
            services.password_resets.reset(token, NEW)
            clock.advance(minutes=5)
            services.account_messages.send_due()
            assert not services.account_messages.due()
            assert len(server.messages) == 1

    def test_a_first_attempt_that_fails_before_the_link_is_made_loses_no_message(
        self,
        services: Services,
        mail: MailServer,
        cast: Cast,
        clock: FakeClock,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        def fail(*_: Any) -> None:
            raise Unavailable

        services.password_resets.request(cast.admin.user.email)
        with monkeypatch.context() as patch:
            patch.setattr(password_resets, "begin_reset", fail)
            services.account_messages.send_due()
        clock.advance(minutes=5)
        services.account_messages.send_due()
        services.password_resets.reset(token_in(mail, 0), NEW)
        assert len(entries(services, cast, Action.RESET_REQUESTED)) == 1

    def test_a_link_works_for_30_minutes(
        self, services: Services, mail: MailServer, cast: Cast, clock: FakeClock
    ) -> None:
        token = link_for(services, mail, cast.admin.user.email)
        clock.advance(seconds=ASKED_LIFETIME.total_seconds())
        with pytest.raises(LinkNotValid):
            services.password_resets.reset(token, NEW)

    def test_a_link_works_once(self, services: Services, mail: MailServer, cast: Cast) -> None:
        token = link_for(services, mail, cast.admin.user.email)
        services.password_resets.reset(token, NEW)
        for again in (
            services.password_resets.check,
            lambda one: services.password_resets.reset(one, NEW + "2"),
        ):
            with pytest.raises(LinkNotValid):
                again(token)

    def test_of_two_uses_at_once_one_wins(
        self, services: Services, mail: MailServer, cast: Cast
    ) -> None:
        token = link_for(services, mail, cast.admin.user.email)

        def use(number: int) -> bool:
            try:
                services.password_resets.reset(token, f"{NEW} {number} of two")
            except LinkNotValid:
                return False
            return True

        results = side_by_side(2, use)
        assert sorted(results) == [False, True]
        assert services.auth.login(
            cast.admin.user.email, f"{NEW} {results.index(True)} of two", ADDRESS
        )
        assert (
            user_of(services, cast.admin.user.id).token_version == cast.admin.user.token_version + 1
        )
        assert len(entries(services, cast, Action.PASSWORD_RESET)) == 1

    def test_a_weak_password_is_refused_and_the_link_stays_good(
        self, services: Services, mail: MailServer, cast: Cast
    ) -> None:
        token = link_for(services, mail, cast.admin.user.email)
        for bad in ("short", "password123", "admin@example.com", passwords.DEMO_PASSWORD):
            with pytest.raises(Invalid) as refused:
                services.password_resets.reset(token, bad)
            assert [e.pointer for e in refused.value.errors] == ["/newPassword"]
        services.password_resets.reset(token, NEW)

    def test_it_does_nothing_for_who_is_not_active(
        self, services: Services, mail: MailServer, cast: Cast
    ) -> None:
        token = link_for(services, mail, cast.admin.user.email)
        services.user_administration.set_active(
            cast.super_admin.who, cast.admin.user.id, active=False
        )
        with pytest.raises(LinkNotValid):
            services.password_resets.reset(token, NEW)
        services.user_administration.set_active(
            cast.super_admin.who, cast.admin.user.id, active=True
        )
        with pytest.raises(LinkNotValid):
            services.password_resets.reset(token, NEW)

    def test_a_changed_password_and_signing_out_everywhere_end_it(
        self, services: Services, mail: MailServer, cast: Cast
    ) -> None:
        token = link_for(services, mail, cast.admin.user.email)
        services.own_account.sign_out_everywhere(cast.admin.who)
        with pytest.raises(LinkNotValid):
            services.password_resets.reset(token, NEW)
        token = link_for(services, mail, cast.admin.user.email)
        services.own_account.change_password(cast.admin.who, PASSWORD, NEW)
        with pytest.raises(LinkNotValid):
            services.password_resets.reset(token, NEW + "2")

    def test_what_we_did_not_make_is_no_link(self, services: Services, cast: Cast) -> None:
        for token in ("", "x", "a.b.c", "\udc80"):
            with pytest.raises(LinkNotValid):
                services.password_resets.reset(token, NEW)
