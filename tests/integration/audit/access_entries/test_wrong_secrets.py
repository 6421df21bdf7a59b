"""The audit notes wrong passwords and codes of who is signed in."""

import pyotp
import pytest

from exports_app.domain.errors import (
    Invalid,
    TooManyRequests,
)
from exports_app.services.core import request_context
from exports_app.services.core.records import Action
from exports_app.services.core.request_context import RequestContext
from exports_app.wiring import Services
from tests.doubles import FakeClock
from tests.integration.audit.access_entries.visits import ADDRESS, CODE, entries
from tests.world import PASSWORD, Cast


class TestAWrongCurrentPassword:
    def guess(self, services: Services, cast: Cast, address: str = ADDRESS) -> None:
        with (
            request_context.use(RequestContext(address, "session-1", "request-1")),
            pytest.raises((Invalid, TooManyRequests)),
        ):
            services.own_account.change_password(
                cast.admin.who, "a wrong guess", "another good password"
            )

    def test_is_told_with_whose_session_it_was(self, services: Services, cast: Cast) -> None:
        self.guess(services, cast)
        (entry,) = entries(services, cast)
        assert (entry.action, entry.actor_id, entry.subject_id, entry.tenant_id) == (
            Action.CURRENT_PASSWORD_WRONG,
            cast.admin.user.id,
            cast.admin.user.id,
            None,
        )
        assert (entry.address, entry.session, entry.request_id) == (
            ADDRESS,
            "session-1",
            "request-1",
        )
        assert "guess" not in repr(entry)

    def test_often_becomes_one_entry_that_also_tells_of_the_wait(
        self, services: Services, cast: Cast
    ) -> None:
        for _ in range(15):
            self.guess(services, cast)
        (entry,) = entries(services, cast)
        assert entry.detail["times"] == 15
        assert entry.detail["seconds_to_wait"] >= 1

    def test_given_to_set_up_a_second_factor_is_told_as_well(
        self, services: Services, cast: Cast
    ) -> None:
        with pytest.raises(Invalid):
            services.second_factors.begin(cast.admin.who, "a wrong guess")
        assert [entry.action for entry in entries(services, cast)] == [
            Action.CURRENT_PASSWORD_WRONG
        ]

    def test_a_right_one_is_told_as_a_change(self, services: Services, cast: Cast) -> None:
        services.own_account.change_password(cast.admin.who, PASSWORD, "another good password")
        assert [entry.action for entry in entries(services, cast)] == [Action.PASSWORD_CHANGED]


class TestAWrongCodeOfSomebodyWhoIsSignedIn:
    def give(self, services: Services, cast: Cast, change: str) -> None:
        factors, who = services.second_factors, cast.admin.who
        changes = {
            "confirm": lambda: factors.confirm(who, CODE),
            "renew": lambda: factors.renew_recovery_codes(who, PASSWORD, CODE),
            "disable": lambda: factors.disable(who, PASSWORD, CODE),
        }
        with (
            request_context.use(RequestContext(ADDRESS, "session-1", "request-1")),
            pytest.raises((Invalid, TooManyRequests)),
        ):
            changes[change]()

    @pytest.mark.parametrize("change", ["confirm", "renew", "disable"])
    def test_becomes_one_entry_that_also_tells_of_the_wait(
        self, services: Services, cast: Cast, clock: FakeClock, change: str
    ) -> None:
        begun = services.second_factors.begin(cast.admin.who, PASSWORD)
        if change != "confirm":
            services.second_factors.confirm(cast.admin.who, pyotp.TOTP(begun.secret).at(clock()))
        for _ in range(8):
            self.give(services, cast, change)
        (entry,) = [
            one for one in entries(services, cast) if one.action is Action.CURRENT_CODE_WRONG
        ]
        assert (entry.actor_id, entry.subject_id, entry.tenant_id) == (
            cast.admin.user.id,
            cast.admin.user.id,
            None,
        )
        assert (entry.address, entry.session, entry.request_id) == (
            ADDRESS,
            "session-1",
            "request-1",
        )
        assert entry.detail["times"] == 8
        assert entry.detail["seconds_to_wait"] >= 1
        assert CODE not in repr(entry)
