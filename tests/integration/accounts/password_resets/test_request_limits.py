"""How often a link may be asked for and used, and what the audit says of it."""

import pytest
from limits import parse

from exports_app.domain.errors import (
    Invalid,
    LinkNotValid,
    MailNotSet,
    TooManyRequests,
)
from exports_app.services.accounts import password_resets
from exports_app.services.accounts.password_reset_links import ASKED_LIFETIME
from exports_app.services.core import request_context
from exports_app.services.core.interfaces import AuditFilter
from exports_app.services.core.rate_limit_storage import BoundedStorage
from exports_app.services.core.records import Action, Page
from exports_app.services.core.request_context import RequestContext
from exports_app.wiring import Services
from tests.integration.accounts.password_resets.links import (
    ADDRESS,
    NEW,
    STRANGER,
    entries,
    link_for,
)
from tests.mailserver import MailServer
from tests.world import (
    Cast,
)


class TestAskingForALink:
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
