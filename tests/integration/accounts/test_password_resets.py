"""A new password by a link: asked for on the sign-in page, or sent by a super admin."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from limits import parse
from sqlalchemy import event

from exports_app.domain.errors import (
    Conflict,
    ExportsError,
    Invalid,
    LinkNotValid,
    MailNotSet,
    NotFound,
    TooManyRequests,
    Unauthenticated,
    Unavailable,
    WrongCredentials,
)
from exports_app.services.accounts import password_resets
from exports_app.services.accounts.password_reset_links import ASKED_LIFETIME
from exports_app.services.accounts.password_resets import SENT_LIFETIME
from exports_app.services.core import request_context
from exports_app.services.core.extension_points import CHANNELS
from exports_app.services.core.interfaces import AuditFilter
from exports_app.services.core.rate_limit_storage import BoundedStorage
from exports_app.services.core.records import Action, AuditEntry, Page, User
from exports_app.services.core.request_context import RequestContext
from exports_app.services.identity import passwords
from exports_app.wiring import Services
from tests.mailserver import MailServer, mail_server
from tests.world import (
    NOW,
    PASSWORD,
    Cast,
    FakeClock,
    WatchedEmail,
    registered,
    side_by_side,
    sign_in,
    sql,
)

NEW = "a staple of the battery horse"
STRANGER = "nobody@example.com"
ADDRESS = "192.0.2.7"


def link_for(services: Services, mail: MailServer, email: str) -> str:
    """The token of a link that somebody asks for, as it arrives."""
    before = len(mail.messages)
    services.password_resets.request(email)
    services.account_messages.send_due()
    return token_in(mail, before)


def token_in(mail: MailServer, number: int) -> str:
    message = mail.wait_for(number + 1)[number].message
    body = message.get_body(("plain",))
    assert body is not None
    (line,) = [line for line in body.get_content().splitlines() if "/reset-password#" in line]
    return str(line.partition("#")[2])


def user_of(services: Services, user_id: str) -> User:
    with services.store.read() as tx:
        found = tx.users.get(user_id)
    assert found is not None
    return found


def entries(services: Services, cast: Cast, action: Action) -> list[AuditEntry]:
    found, _ = services.audit.find(cast.super_admin.who, None, AuditFilter(), Page())
    return [one for one in found if one.action is action]


@contextmanager
def statements(services: Services) -> Iterator[list[str]]:
    """The SQL that the block sends from its own thread, without the values."""
    sent: list[str] = []
    thread = threading.get_ident()

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if threading.get_ident() == thread:
            sent.append(statement)

    event.listen(services.database.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(services.database.engine, "before_cursor_execute", note)


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
            assert "If you did not ask for it, ignore this message" in text
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
        assert [one.rcpt_tos for one in mail.messages] == [[cast.admin.user.email]]

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
            patch.setattr(password_resets, "_begin", fail)
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

    def test_requests_are_limited_by_account_and_by_address(
        self, services: Services, mail: MailServer, cast: Cast
    ) -> None:
        def ask(email: str, times: int) -> None:
            for _ in range(times):
                services.password_resets.request(email)

        def ask_for_many(people: int) -> None:
            for number in range(people):
                ask(f"p{number}@example.com", 1)

        with request_context.use(RequestContext(ADDRESS)):
            ask(cast.admin.user.email, 5)
            for email in (cast.admin.user.email, cast.admin.user.email.upper()):
                with pytest.raises(TooManyRequests):
                    ask(email, 1)
            with pytest.raises(TooManyRequests):
                ask_for_many(40)
        with request_context.use(RequestContext("192.0.2.8")):
            ask(cast.viewer.user.email, 1)

    def test_refused_requests_leave_no_counts_of_made_up_accounts(
        self, mail: MailServer, services: Services
    ) -> None:
        counts = services.password_resets._by_source._counts.own
        assert isinstance(counts, BoundedStorage)
        sizes = []
        with request_context.use(RequestContext(ADDRESS)):
            for number in range(60):
                try:
                    services.password_resets.request(f"p{number}@example.com")
                except TooManyRequests:
                    sizes.append(counts.size())
        assert len(sizes) == 30
        assert sizes[0] == sizes[-1]

    def test_strangers_cannot_use_up_what_the_owner_may_ask_for(
        self, services: Services, mail: MailServer, cast: Cast
    ) -> None:
        user = cast.admin.user
        known = services.auth.mark_browser(user, "")

        def ask(address: str, times: int, cookie: str = "") -> None:
            with request_context.use(RequestContext(address)):
                for _ in range(times):
                    services.password_resets.request(user.email, cookie)

        for address in ("192.0.2.8", "2001:db8::1"):
            ask(address, 5)
        for address in ("192.0.2.10", "2001:db8::2"):
            with pytest.raises(TooManyRequests):
                ask(address, 1)
        ask(ADDRESS, 5, known)
        with pytest.raises(TooManyRequests):
            ask(ADDRESS, 1, known)
        with pytest.raises(TooManyRequests):
            ask(ADDRESS, 1, "not a mark of ours")
        with pytest.raises(
            TooManyRequests
        ):  # all known browsers together: who once had the password may have many
            ask("192.0.2.11", 1, services.auth.mark_browser(user, ""))

    @pytest.mark.parametrize("rate", [password_resets.SOURCE_RATE, password_resets.ACCOUNT_RATE])
    def test_when_no_more_may_be_asked_for_one_that_was_still_works(self, rate: str) -> None:
        assert parse(rate).get_expiry() <= ASKED_LIFETIME.total_seconds()

    def test_uses_are_limited_by_address(self, services: Services) -> None:
        def guess() -> None:
            for _ in range(40):
                with pytest.raises(LinkNotValid):
                    services.password_resets.check("a.b.c")

        with pytest.raises(TooManyRequests):
            guess()

    def test_without_a_mail_server_it_says_so_to_everybody(
        self, services: Services, cast: Cast
    ) -> None:
        for email in (cast.admin.user.email, STRANGER):
            with pytest.raises(MailNotSet):
                services.password_resets.request(email)

    def test_what_is_no_address_is_refused(self, services: Services, mail: MailServer) -> None:
        for email in ("", "nobody", "a@b@c", "a\x00@example.com"):
            with pytest.raises(Invalid):
                services.password_resets.request(email)

    def test_the_audit_tells_who_asked_from_where_and_that_it_was_used(
        self, services: Services, mail: MailServer, cast: Cast
    ) -> None:
        with request_context.use(RequestContext(ADDRESS, request_id="abc")):
            token = link_for(services, mail, cast.admin.user.email)
        (asked,) = entries(services, cast, Action.RESET_REQUESTED)
        assert (asked.actor_id, asked.subject_name) == (None, cast.admin.user.email)
        services.password_resets.reset(token, NEW)
        (done,) = entries(services, cast, Action.PASSWORD_RESET)
        assert (done.actor_id, done.subject_id) == (cast.admin.user.id, cast.admin.user.id)
        assert done.detail == {"mailed": True}
        everything = repr(services.audit.find(cast.super_admin.who, None, AuditFilter(), Page()))
        assert not any(secret in everything for secret in (token, NEW))

    def test_it_makes_a_password_that_was_given_ones_own(
        self, services: Services, mail: MailServer, cast: Cast
    ) -> None:
        services.provisioning.give_one_time_password(cast.admin.user.email)
        token = link_for(services, mail, cast.admin.user.email)
        services.password_resets.reset(token, NEW)
        who = services.auth.principal(
            services.auth.login(cast.admin.user.email, NEW, ADDRESS).access_token
        )
        assert who.roles == cast.admin.who.roles


class TestASuperAdminsLink:
    def test_is_mailed_and_never_shown(
        self, services: Services, mail: MailServer, cast: Cast, clock: FakeClock
    ) -> None:
        sent = services.user_administration.reset(cast.super_admin.who, cast.admin.user.id)
        assert (sent.url, sent.expires_at) == (None, clock() + SENT_LIFETIME)
        assert services.auth.login(
            cast.admin.user.email, PASSWORD, ADDRESS
        )  # nothing has changed yet
        services.account_messages.send_due()
        token = token_in(mail, 0)
        body = mail.messages[0].message.get_body(("plain",))
        assert body is not None
        assert "Super sent you a link to replace your password" in body.get_content()
        services.password_resets.reset(token, NEW)
        assert user_of(services, cast.admin.user.id).email_proven_at == clock()
        (done,) = entries(services, cast, Action.PASSWORD_RESET)
        assert done.detail == {"mailed": True, "sent_by": "Super"}

    @pytest.mark.parametrize("proven_at", [None, NOW])
    def test_is_shown_once_without_a_mail_server_and_says_nothing_of_the_mailbox(
        self, services: Services, cast: Cast, clock: FakeClock, proven_at: datetime | None
    ) -> None:
        with services.store.write() as tx:
            tx.users.update(cast.admin.user.id, {"email_proven_at": proven_at})
        clock.advance(hours=1)
        sent = services.user_administration.reset(cast.super_admin.who, cast.admin.user.id)
        assert sent.url is not None
        assert sent.url not in repr(sent)
        assert not services.account_messages.due()
        token = sent.url.partition("#")[2]
        services.password_resets.reset(token, NEW)
        assert services.auth.login(cast.admin.user.email, NEW, ADDRESS)
        assert user_of(services, cast.admin.user.id).email_proven_at == proven_at
        with pytest.raises(LinkNotValid):
            services.password_resets.reset(token, NEW + "2")
        (made,) = entries(services, cast, Action.USER_RESET)
        assert (made.actor_id, made.detail) == (cast.super_admin.user.id, {"link": "shown"})
        (done,) = entries(services, cast, Action.PASSWORD_RESET)
        assert done.detail == {"mailed": False, "sent_by": "Super"}

    def test_of_an_account_of_the_demo_is_shown_and_goes_to_no_mailbox(
        self, services: Services, mail: MailServer, cast: Cast
    ) -> None:
        with services.store.write() as tx:
            tx.users.update(cast.admin.user.id, {"password_hash": "x", "has_demo_password": True})
        sent = services.user_administration.reset(cast.super_admin.who, cast.admin.user.id)
        assert sent.url is not None
        assert not services.account_messages.due()
        services.password_resets.reset(sent.url.partition("#")[2], NEW)
        assert services.auth.login(cast.admin.user.email, NEW, ADDRESS)

    def test_expires_after_a_day(self, services: Services, cast: Cast, clock: FakeClock) -> None:
        sent = services.user_administration.reset(cast.super_admin.who, cast.admin.user.id)
        clock.advance(seconds=timedelta(hours=24).total_seconds())
        with pytest.raises(LinkNotValid):
            services.password_resets.reset((sent.url or "").partition("#")[2], NEW)

    def test_ends_when_the_account_is_deactivated_and_does_not_come_back(
        self, services: Services, cast: Cast
    ) -> None:
        sent = services.user_administration.reset(cast.super_admin.who, cast.admin.user.id)
        for active in (False, True):
            services.user_administration.set_active(
                cast.super_admin.who, cast.admin.user.id, active=active
            )
            with pytest.raises(LinkNotValid):
                services.password_resets.check((sent.url or "").partition("#")[2])

    def test_a_newer_one_ends_it_and_not_what_the_owner_asked_for(
        self, services: Services, mail: MailServer, cast: Cast
    ) -> None:
        asked = link_for(services, mail, cast.admin.user.email)
        for _ in range(2):
            services.user_administration.reset(cast.super_admin.who, cast.admin.user.id)
            services.account_messages.send_due()
        older, newer = token_in(mail, 1), token_in(mail, 2)
        with pytest.raises(LinkNotValid):
            services.password_resets.check(older)
        for good in (asked, newer):
            assert services.password_resets.check(good) == cast.admin.user.email

    @pytest.mark.parametrize("lost", ["is_active", "is_super_admin"])
    def test_ends_when_its_sender_is_no_active_super_admin_any_more(
        self, services: Services, cast: Cast, lost: str
    ) -> None:
        sent = services.user_administration.reset(cast.super_admin.who, cast.admin.user.id)
        token = (sent.url or "").partition("#")[2]
        assert services.password_resets.check(token)
        with services.store.write() as tx:
            tx.users.update(cast.super_admin.user.id, {lost: False})
        with pytest.raises(LinkNotValid):
            services.password_resets.check(token)
        with pytest.raises(LinkNotValid):
            services.password_resets.reset(token, NEW)

    def test_ends_when_its_sender_lacks_a_second_factor_that_is_required_by_then(
        self, services: Services, cast: Cast, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sent = services.user_administration.reset(cast.super_admin.who, cast.admin.user.id)
        token = (sent.url or "").partition("#")[2]
        monkeypatch.setattr(services.auth, "super_admins_need_otp", True)
        with pytest.raises(LinkNotValid):
            services.password_resets.reset(token, NEW)

    @pytest.mark.parametrize("lost", ["is_active", "is_super_admin"])
    def test_is_not_mailed_once_its_sender_is_no_active_super_admin(
        self, services: Services, mail: MailServer, cast: Cast, lost: str
    ) -> None:
        services.user_administration.reset(cast.super_admin.who, cast.admin.user.id)
        with services.store.write() as tx:
            tx.users.update(cast.super_admin.user.id, {lost: False})
        assert services.account_messages.send_due() == 1
        assert mail.messages == []

    def test_may_be_made_for_an_account_that_is_not_active_and_does_not_activate_it(
        self, services: Services, cast: Cast
    ) -> None:
        services.user_administration.set_active(
            cast.super_admin.who, cast.admin.user.id, active=False
        )
        sent = services.user_administration.reset(cast.super_admin.who, cast.admin.user.id)
        services.password_resets.reset((sent.url or "").partition("#")[2], NEW)
        with pytest.raises(WrongCredentials):
            services.auth.login(cast.admin.user.email, NEW, ADDRESS)

    def test_is_nobody_elses_to_make_and_not_for_oneself(
        self, services: Services, cast: Cast
    ) -> None:
        refusals: list[tuple[Any, str, type[ExportsError]]] = [
            (cast.admin.who, cast.viewer.user.id, NotFound),
            (cast.outsider.who, cast.viewer.user.id, NotFound),
            (cast.super_admin.who, cast.super_admin.user.id, Conflict),
            (cast.super_admin.who, "nonsense", NotFound),
        ]
        for who, user_id, error in refusals:
            with pytest.raises(error):
                services.user_administration.reset(who, user_id)
        assert sql(services, "SELECT id FROM password_resets") == []
