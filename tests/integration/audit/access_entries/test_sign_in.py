"""The audit notes who signs in and out, and who fails to."""

from datetime import timedelta
from typing import NoReturn

import pytest

from exports_app.domain.errors import (
    Unavailable,
)
from exports_app.services.audit import repeated_entries
from exports_app.services.core import request_context
from exports_app.services.core.records import Action
from exports_app.services.core.request_context import RequestContext
from exports_app.services.identity import session_expiry
from exports_app.services.identity.sessions import id_of
from exports_app.wiring import Services
from tests.doubles import FakeClock
from tests.integration.audit.access_entries.visits import ADDRESS, HERE, entries, fail
from tests.world import BROWSER, PASSWORD, Cast, side_by_side, sign_in, sql


class TestSignIn:
    def test_by_the_page(self, services: Services, cast: Cast) -> None:
        with request_context.use(HERE):
            code = services.sessions.begin("admin@example.com", PASSWORD, ADDRESS, BROWSER)
            assert entries(services, cast) == []
            session_id, _ = services.sessions.redeem(code, BROWSER)
        (entry,) = entries(services, cast)
        assert (entry.action, entry.actor_id, entry.subject_id) == (
            Action.SIGNED_IN,
            cast.admin.user.id,
            cast.admin.user.id,
        )
        assert (entry.tenant_id, entry.address, entry.request_id) == (None, ADDRESS, "request-1")
        assert entry.session is not None
        assert entry.session not in {"", session_id}
        assert entry.session == services.own_account.sessions(cast.admin.who)[0].id

    def test_by_the_api(self, services: Services, cast: Cast) -> None:
        with request_context.use(HERE):
            services.auth.login("admin@example.com", PASSWORD, ADDRESS)
        (entry,) = entries(services, cast)
        assert (entry.action, entry.detail, entry.address) == (
            Action.SIGNED_IN,
            {"with": "an access token"},
            ADDRESS,
        )

    def test_one_that_cannot_be_noted_is_refused(
        self, services: Services, cast: Cast, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def away(*_: object) -> None:
            raise Unavailable

        monkeypatch.setattr(services.store, "write", away)
        with pytest.raises(Unavailable):
            services.auth.login("admin@example.com", PASSWORD, ADDRESS)

    def test_signing_out_is_told_once(
        self, services: Services, cast: Cast, clock: FakeClock
    ) -> None:
        session_id = sign_in(services, cast.admin.user)
        clock.advance(seconds=1)
        services.sessions.end(session_id)
        clock.advance(seconds=1)
        services.sessions.end(session_id)
        assert [entry.action for entry in entries(services, cast)] == [
            Action.SIGNED_IN,
            Action.SIGNED_OUT,
        ]

    def test_ending_another_session_is_told(
        self, services: Services, cast: Cast, clock: FakeClock
    ) -> None:
        sign_in(services, cast.admin.user)
        clock.advance(seconds=1)
        (session,) = services.own_account.sessions(cast.admin.who)
        services.own_account.end_session(cast.admin.who, session.id)
        assert [entry.action for entry in entries(services, cast)] == [
            Action.SIGNED_IN,
            Action.SESSION_ENDED,
        ]


class TestAnExpiredSession:
    def test_is_noted_once_by_whichever_server_finds_it(
        self, services: Services, cast: Cast, clock: FakeClock
    ) -> None:
        session_id = sign_in(services, cast.admin.user)
        assert services.session_expiry.note() == 0
        began = clock()
        clock.advance(hours=12, seconds=1)
        assert sum(side_by_side(4, lambda _: services.session_expiry.note())) == 1
        assert services.session_expiry.note() == 0
        (entry,) = [
            entry for entry in entries(services, cast) if entry.action is Action.SESSION_EXPIRED
        ]
        assert (entry.actor_name, entry.subject_name) == ("the app", "admin@example.com")
        assert (entry.tenant_id, entry.session) == (None, id_of(session_id))
        assert entry.detail["expired"] == (began + timedelta(hours=12)).isoformat()
        assert entry.detail["last_used"] == began.isoformat()
        assert session_id not in repr(entry)

    def test_that_ended_before_is_not(
        self, services: Services, cast: Cast, clock: FakeClock
    ) -> None:
        services.sessions.end(sign_in(services, cast.admin.user))
        sign_in(services, cast.viewer.user)
        services.own_account.sign_out_everywhere(cast.viewer.who)
        clock.advance(hours=13)
        assert services.session_expiry.note() == 0
        assert sql(services, "SELECT count(*) FROM sessions WHERE revoked_at IS NULL")[0][0] == 0

    def test_that_is_used_is_not(self, services: Services, cast: Cast, clock: FakeClock) -> None:
        session_id = sign_in(services, cast.admin.user)
        clock.advance(hours=11)
        assert services.sessions.visit(session_id)
        clock.advance(hours=11)
        assert services.session_expiry.note() == 0
        assert services.sessions.visit(session_id)

    def test_nothing_is_written_where_there_is_none(
        self, services: Services, cast: Cast, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sign_in(services, cast.admin.user)
        clock.advance(hours=13)
        assert services.session_expiry.note() == 1

        def written() -> NoReturn:
            pytest.fail("it began a write")

        monkeypatch.setattr(services.store, "write", written)
        assert services.session_expiry.note() == 0

    def test_many_are_noted_in_batches(
        self, services: Services, cast: Cast, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(session_expiry, "BATCH", 2)
        for _ in range(5):
            sign_in(services, cast.admin.user)
        clock.advance(hours=13)
        assert services.session_expiry.note() == 5


class TestFailedSignIn:
    def test_of_an_account_says_which(self, services: Services, cast: Cast) -> None:
        fail(services, " Admin@Example.com")
        (entry,) = entries(services, cast)
        assert (entry.action, entry.subject_id, entry.subject_name) == (
            Action.SIGN_IN_FAILED,
            cast.admin.user.id,
            "admin@example.com",
        )
        assert (entry.tenant_id, entry.actor_id, entry.address, entry.request_id) == (
            None,
            None,
            ADDRESS,
            "request-1",
        )

    @pytest.mark.parametrize("typed", ["hunter2 my secret", "p@ssw0rd", "nobody@example.com", "\0"])
    def test_of_no_account_keeps_nothing_of_what_was_typed(
        self, services: Services, cast: Cast, typed: str
    ) -> None:
        fail(services, typed)
        (entry,) = entries(services, cast)
        assert (entry.subject_id, entry.subject_name, entry.detail) == (
            None,
            "an unknown address",
            {},
        )

    def test_what_repeats_becomes_one_entry_with_a_count(
        self, services: Services, cast: Cast, clock: FakeClock
    ) -> None:
        fail(services)
        assert len(entries(services, cast)) == 1
        for _ in range(3):
            clock.advance(seconds=1)
            fail(services)
        assert len(entries(services, cast)) == 1
        clock.advance(minutes=11)
        first, second = entries(services, cast)
        assert first.detail == {}
        assert second.detail["times"] == 3
        assert second.detail["last"] == (clock() - timedelta(minutes=11)).isoformat()

    def test_a_guesser_with_many_accounts_and_addresses_writes_a_bounded_number(
        self, services: Services, cast: Cast, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(repeated_entries, "MAX_WRITTEN", 5)
        monkeypatch.setattr(repeated_entries, "MAX_KEYS", 20)
        for i in range(200):
            with request_context.use(RequestContext(f"198.51.{i // 250}.{i % 250}", "", "x")):
                services.repeated_entries.failed_sign_in(f"no{i}@example.com")
        found = entries(services, cast)
        assert len(found) == 6
        assert [entry.subject_name for entry in found].count(repeated_entries.MANY) == 1
        assert sum(entry.detail.get("times", 1) for entry in found) == 200

    def test_the_addresses_of_one_network_count_together(
        self, services: Services, cast: Cast
    ) -> None:
        for i in range(1, 5):
            fail(services, address=f"2001:db8::{i}")
        (entry,) = entries(services, cast)
        assert entry.detail["times"] == 4

    def test_a_wait_is_told(self, services: Services, cast: Cast) -> None:
        for _ in range(30):
            fail(services)
        slowed = [
            entry for entry in entries(services, cast) if entry.action is Action.SIGN_IN_SLOWED
        ]
        assert [entry.subject_id for entry in slowed] == [cast.admin.user.id]
        assert slowed[0].detail["seconds_to_wait"] >= 1

    def test_while_the_database_is_away_nothing_is_lost(
        self, services: Services, cast: Cast, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        fail(services)
        with monkeypatch.context() as away:
            for name in ("read", "write"):
                away.setattr(services.store, name, lambda: (_ for _ in ()).throw(Unavailable()))
                with pytest.raises(Unavailable):
                    services.repeated_entries.flush()
        assert len(entries(services, cast)) == 1

    def test_what_was_only_counted_is_written_when_the_process_ends(
        self, services: Services, cast: Cast
    ) -> None:
        fail(services)
        services.repeated_entries.flush()
        fail(services)
        services.repeated_entries.close()
        assert len(entries(services, cast)) == 2
