"""A phone with an authenticator app, and what tests of the second factor ask of accounts."""

from collections.abc import Callable
from typing import Any

import pyotp
import pytest

from exports_app.domain.errors import (
    TooManyRequests,
    WrongOtp,
)
from exports_app.services.core.interfaces import AuditFilter
from exports_app.services.core.records import Action, Page, User
from exports_app.wiring import Services
from tests.doubles import FakeClock
from tests.world import PASSWORD, Cast, Person

ADDRESS = "192.0.2.1"
SIGN_INS = {Action.SIGNED_IN, Action.SIGN_IN_FAILED, Action.SIGN_IN_SLOWED}


class Phone:
    """An authenticator app: it knows the secret, and has a clock of its own."""

    def __init__(self, secret: str, clock: FakeClock) -> None:
        self._totp, self._clock = pyotp.TOTP(secret), clock

    def code(self, seconds: int = 0) -> str:
        return self._totp.at(int(self._clock().timestamp()) + seconds)


Enrol = Callable[[Person], tuple[Phone, list[str]]]


def login(services: Services, person: Person, otp: str = "", password: str = PASSWORD) -> str:
    return services.auth.login(person.user.email, password, ADDRESS, otp=otp).access_token


def account_of(services: Services, person: Person) -> User:
    with services.store.read() as tx:
        user = tx.users.get(person.user.id)
    assert user is not None
    return user


def require_it(services: Services, tenant_id: str) -> None:
    with services.store.write() as tx:
        tx.tenants.update(tenant_id, {"second_factor_required": True})


def noted(services: Services, cast: Cast) -> list[tuple[Action, dict[str, Any]]]:
    """What concerns no tenant, oldest first, without sign-ins."""
    found, _ = services.audit.find(
        cast.super_admin.who, None, AuditFilter(installation=True), Page(1, 50)
    )
    return [
        (entry.action, entry.detail) for entry in reversed(found) if entry.action not in SIGN_INS
    ]


def tried_codes(services: Services, user: User, known: list[str]) -> int:
    """How many wrong codes are checked, of five from each of these browsers in one network."""
    tried = 0
    for browser in known:
        for _ in range(5):
            with pytest.raises((WrongOtp, TooManyRequests)) as refused:
                services.auth.check_otp(user, "000000", ADDRESS, browser)
            tried += refused.type is WrongOtp
    return tried


NEW_PASSWORD = "one that the reader chose"
