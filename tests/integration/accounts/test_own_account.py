"""What people do with their own account."""

from datetime import timedelta

import pytest

from exports_app.domain.errors import (
    Invalid,
    NotFound,
    TooManyRequests,
    Unavailable,
)
from exports_app.services.core.interfaces import AuditFilter
from exports_app.services.core.records import Page
from exports_app.services.identity.sessions import id_of
from exports_app.wiring import Services
from tests.doubles import FakeClock
from tests.integration.tenants.changes import ADDRESS, BROWSER, NEW
from tests.world import PASSWORD, Cast


class TestOnesAccount:
    def test_a_new_password_signs_the_others_out(
        self, services: Services, cast: Cast, clock: FakeClock
    ) -> None:
        user, who = cast.admin.user, cast.admin.who
        mine, other = (self.signed_in(services, cast, device) for device in ("Mine", "Other"))
        with pytest.raises(Invalid) as wrong:
            services.own_account.change_password(who, "wrong", NEW)
        assert [e.pointer for e in wrong.value.errors] == ["/currentPassword"]
        for bad in ("short", PASSWORD):
            with pytest.raises(Invalid):
                services.own_account.change_password(who, PASSWORD, bad)
        services.own_account.change_password(who, PASSWORD, NEW, id_of(mine))
        assert services.sessions.visit(mine) is not None
        assert services.sessions.visit(other) is None
        assert [session.device for session in services.own_account.sessions(who, id_of(mine))] == [
            "Mine"
        ]
        clock.advance(minutes=2)
        assert services.auth.login(user.email, NEW, ADDRESS)
        assert NEW not in repr(
            services.audit.find(cast.super_admin.who, None, AuditFilter(), Page())
        )

    def test_guessing_the_old_one_is_slowed_down(self, services: Services, cast: Cast) -> None:
        def guess() -> None:
            for _ in range(20):
                with pytest.raises(Invalid):
                    services.own_account.change_password(cast.admin.who, "wrong", NEW)

        with pytest.raises(TooManyRequests):
            guess()

    def test_sessions_are_listed_and_ended(
        self, services: Services, cast: Cast, clock: FakeClock
    ) -> None:
        first = self.signed_in(services, cast, "First\0")
        clock.advance(minutes=10)
        second = self.signed_in(services, cast, "Second")
        assert services.sessions.visit(first) is not None
        listed = services.own_account.sessions(cast.admin.who, id_of(second))
        assert [(one.device, one.is_current) for one in listed] in (
            [("First", False), ("Second", True)],
            [("Second", True), ("First", False)],
        )
        assert {one.last_used_at for one in listed} == {clock()}
        with pytest.raises(NotFound):
            services.own_account.end_session(cast.viewer.who, id_of(first))
        services.own_account.end_session(cast.admin.who, id_of(first))
        assert services.sessions.visit(first) is None
        services.own_account.sign_out_everywhere(cast.admin.who)
        assert services.sessions.visit(second) is None
        assert services.own_account.sessions(cast.admin.who) == []

    def test_the_last_use_is_not_written_at_each_event(
        self, services: Services, cast: Cast, clock: FakeClock
    ) -> None:
        session, began = self.signed_in(services, cast, "Mine"), clock()
        clock.advance(minutes=4)
        services.sessions.visit(session)
        assert services.own_account.sessions(cast.admin.who)[0].last_used_at == began
        clock.advance(minutes=2)
        services.sessions.visit(session)
        assert services.own_account.sessions(cast.admin.who)[0].last_used_at == began + timedelta(
            minutes=6
        )

    def test_who_reads_does_not_need_that_it_can_be_written(
        self, services: Services, cast: Cast, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full() -> None:
            raise Unavailable

        session = self.signed_in(services, cast, "Mine")
        clock.advance(minutes=6)
        monkeypatch.setattr(services.store, "write", full)
        assert services.sessions.visit(session) is not None

    def signed_in(self, services: Services, cast: Cast, device: str) -> str:
        code = services.sessions.begin(cast.admin.user.email, PASSWORD, ADDRESS, BROWSER)
        session, _ = services.sessions.redeem(code, BROWSER, device)
        return session
