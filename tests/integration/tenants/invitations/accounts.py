"""Accounts of people who are invited, and of others."""

from collections.abc import Callable
from typing import Any

from exports_app.domain.access import Principal, Role
from exports_app.domain.errors import (
    ExportsError,
)
from exports_app.services.accounts.invitation_acceptance import Joined
from exports_app.services.core.interfaces import AuditFilter
from exports_app.services.core.records import AuditEntry, Page, User
from exports_app.wiring import Services
from tests.invited import shown_token
from tests.world import Cast

ADDRESS = "192.0.2.1"
CEO = "ceo@other.example"
MINE, THEIRS = "the attacker's own password", "the password of the real ceo"


def account(services: Services, email: str) -> User | None:
    with services.store.read() as tx:
        return tx.users.by_email(email)


def roles(services: Services, email: str) -> dict[str, Role]:
    user = account(services, email)
    assert user is not None
    with services.store.read() as tx:
        return tx.users.roles(user.id)


def principal(services: Services, email: str, password: str) -> Principal:
    return services.auth.principal(services.auth.login(email, password, ADDRESS).access_token)


def entries(services: Services, cast: Cast) -> list[AuditEntry]:
    return services.audit.find(cast.super_admin.who, None, AuditFilter(), Page(size=200))[0]


def squat(services: Services, cast: Cast) -> Joined:
    """Acme's admin makes an account under the ceo's address, with a password of their own."""
    invited = services.invitations.invite(cast.admin.who, cast.acme.id, CEO, "viewer")
    return services.invitation_acceptance.accept(shown_token(invited), None, "Ceo", MINE)


def prove(services: Services, user: User) -> None:
    with services.store.write() as tx:
        tx.users.update(user.id, {"email_proven_at": services.clock()})


def outcome(act: Callable[[], Any]) -> str:
    """What became of it: "done", or the error's code."""
    try:
        act()
    except ExportsError as e:
        return e.code
    return "done"
