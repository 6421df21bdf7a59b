"""A new password by a link that a super admin sends."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from exports_app.domain.errors import (
    Conflict,
    ExportsError,
    LinkNotValid,
    NotFound,
    WrongCredentials,
)
from exports_app.services.accounts.password_resets import SENT_LIFETIME
from exports_app.services.core.records import Action
from exports_app.wiring import Services
from tests.doubles import NOW, FakeClock
from tests.integration.accounts.password_resets.links import (
    ADDRESS,
    NEW,
    entries,
    link_for,
    token_in,
    user_of,
)
from tests.mailserver import MailServer
from tests.world import PASSWORD, Cast, sql


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
