"""Passwords that the command line gives: each works for one login within 72 hours, to set another
one."""

from datetime import datetime

import pyotp
import pytest

from exports_app.domain.errors import (
    ExportsError,
    OneTimePasswordOver,
    OwnPasswordFirst,
    Unauthenticated,
    WrongCredentials,
)
from exports_app.services.core.interfaces import AuditFilter
from exports_app.services.core.records import Action, Page
from exports_app.services.identity import passwords
from exports_app.wiring import Services
from tests.doubles import NOW, FakeClock
from tests.world import BROWSER, PASSWORD, Cast, side_by_side, sign_in

ADDRESS = "192.0.2.7"
NEW = "a staple of the battery horse"


@pytest.fixture
def given(services: Services, cast: Cast) -> str:
    """Of the admin."""
    return services.provisioning.give_one_time_password(cast.admin.user.email)


def test_its_login_may_only_set_a_new_password(services: Services, cast: Cast, given: str) -> None:
    token = services.auth.login(cast.admin.user.email, given, ADDRESS)
    assert token.user.must_change_password
    who = services.auth.principal(token.access_token)
    assert (who.roles, who.is_super_admin) == ({}, False)
    changed = services.own_account.change_password(who, given, NEW)
    assert services.auth.principal(changed.access_token).roles == cast.admin.who.roles
    assert services.auth.login(cast.admin.user.email, NEW, ADDRESS)
    with services.store.read() as tx:
        user = tx.users.get(cast.admin.user.id)
    assert user is not None
    assert (user.must_change_password, user.one_time_expires_at) == (False, None)


def test_its_login_sets_up_no_second_factor(services: Services, cast: Cast) -> None:
    """Neither from the start nor by finishing what was begun with another password."""
    secret = services.second_factors.begin(cast.admin.who, PASSWORD).secret
    given = services.provisioning.give_one_time_password(cast.admin.user.email)
    token = services.auth.login(cast.admin.user.email, given, ADDRESS)
    who = services.auth.principal(token.access_token)
    with pytest.raises(OwnPasswordFirst):
        services.second_factors.begin(who, given)
    with pytest.raises(OwnPasswordFirst):
        services.second_factors.confirm(who, pyotp.TOTP(secret).at(int(NOW.timestamp())))
    assert services.second_factors.state(who).enabled_at is None
    services.own_account.change_password(who, given, NEW)
    assert services.second_factors.begin(cast.admin.who, NEW)


def test_it_works_for_one_login(services: Services, cast: Cast, given: str) -> None:
    services.sessions.begin(cast.admin.user.email, given, ADDRESS, BROWSER)
    for _ in range(2):
        with pytest.raises(OneTimePasswordOver):
            services.auth.login(cast.admin.user.email, given, ADDRESS)
    with pytest.raises(OneTimePasswordOver):
        services.sessions.begin(cast.admin.user.email, given, ADDRESS, BROWSER)


def test_of_two_logins_at_once_one_succeeds(services: Services, cast: Cast, given: str) -> None:
    def login(_: int) -> bool:
        try:
            services.auth.login(cast.admin.user.email, given, ADDRESS)
        except OneTimePasswordOver:
            return False
        return True

    assert sorted(side_by_side(2, login)) == [False, True]


def test_it_expires_after_72_hours(
    services: Services, cast: Cast, given: str, clock: FakeClock
) -> None:
    clock.advance(hours=71, minutes=59)
    fresh = services.provisioning.give_one_time_password(cast.viewer.user.email)
    clock.advance(minutes=1)
    with pytest.raises(OneTimePasswordOver):
        services.auth.login(cast.admin.user.email, given, ADDRESS)
    assert services.auth.login(cast.viewer.user.email, fresh, ADDRESS)


def test_a_wrong_one_is_refused_like_any_other(services: Services, cast: Cast, given: str) -> None:
    with pytest.raises(WrongCredentials):
        services.auth.login(cast.admin.user.email, given + "x", ADDRESS)
    assert services.auth.login(cast.admin.user.email, given, ADDRESS)


def test_giving_one_signs_the_account_out_and_is_in_the_audit(
    services: Services, cast: Cast
) -> None:
    session = sign_in(services, cast.admin.user)
    access = services.auth.token_for(cast.admin.user).access_token
    password = services.provisioning.give_one_time_password(f" {cast.admin.user.email.upper()}")
    assert services.sessions.visit(session) is None
    with pytest.raises(Unauthenticated):
        services.auth.principal(access)
    with pytest.raises(WrongCredentials):
        services.auth.login(cast.admin.user.email, PASSWORD, ADDRESS)
    found, _ = services.audit.find(cast.super_admin.who, None, AuditFilter(), Page())
    assert [one.subject_id for one in found if one.action is Action.ONE_TIME_GIVEN] == [
        cast.admin.user.id
    ]
    assert password not in repr(found)
    with pytest.raises(ExportsError, match="no user"):
        services.provisioning.give_one_time_password("nobody@example.com")


@pytest.mark.parametrize("proven_at", [None, NOW])
def test_it_says_nothing_of_the_mailbox(
    services: Services, cast: Cast, clock: FakeClock, proven_at: datetime | None
) -> None:
    with services.store.write() as tx:
        tx.users.update(cast.admin.user.id, {"email_proven_at": proven_at})
    clock.advance(hours=1)
    given = services.provisioning.give_one_time_password(cast.admin.user.email)
    who = services.auth.principal(
        services.auth.login(cast.admin.user.email, given, ADDRESS).access_token
    )
    services.own_account.change_password(who, given, NEW)
    with services.store.read() as tx:
        user = tx.users.get(cast.admin.user.id)
    assert user is not None
    assert user.email_proven_at == proven_at


def test_a_new_account_may_begin_with_one(services: Services) -> None:
    password = passwords.one_time()
    user = services.provisioning.create_user(
        "root@example.com", "Root", password, super_admin=True, one_time=True
    )
    assert services.auth.login(user.email, password, ADDRESS).user.must_change_password
    with pytest.raises(OneTimePasswordOver):
        services.auth.login(user.email, password, ADDRESS)
