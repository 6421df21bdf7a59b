"""The accounts of the installation, for its super admins."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

from exports_app.domain.access import Principal, Role, require_operator
from exports_app.domain.errors import (
    DemoPassword,
    NotForOwnAccount,
    NotFound,
    VersionConflict,
)
from exports_app.services.accounts.password_resets import PasswordResets, SentReset
from exports_app.services.audit import audit_log
from exports_app.services.core import request_context
from exports_app.services.core.change_events import EVERY_TENANT, Change, Changes, Topic
from exports_app.services.core.current_rights import write_as
from exports_app.services.core.field_rules import check_page, check_search, is_uuid
from exports_app.services.core.interfaces import Clock, Store, Transaction
from exports_app.services.core.records import Action, Page, Tenant, User
from exports_app.services.identity import second_factor

SHOWN = (
    *("email", "name", "is_super_admin", "is_active"),
    *("second_factor_at", "must_change_password"),
)
"""What a caller sees of an account, beside its roles."""


@dataclass(frozen=True)
class UserAccount:
    """roles: by tenant, in the order of slugs."""

    user: User
    roles: list[tuple[Tenant, Role]]


class UserAdministration:
    """For super admins; for everyone else all methods raise NotFound."""

    def __init__(
        self, store: Store, changes: Changes, clock: Clock, resets: PasswordResets
    ) -> None:
        self._store = store
        self._changes = changes
        self._clock = clock
        self._resets = resets

    def find(self, who: Principal, q: str, page: Page) -> tuple[list[UserAccount], int]:
        """A page of users by name, and the number of all. q: part of a name or an address. Raises
        NotFound, Invalid."""
        require_operator(who)
        check_search({"q": q})
        check_page(page)
        with self._store.read() as tx:
            users, total = tx.users.find(q, page)
            roles = tx.users.roles_of([user.id for user in users])
        return [UserAccount(user, _sorted(roles.get(user.id, {}))) for user in users], total

    def get(self, who: Principal, user_id: str) -> User:
        with self._store.read() as tx:
            return _user(tx, who, user_id)

    def account(self, who: Principal, user_id: str) -> UserAccount:
        """Raises NotFound."""
        with self._store.read() as tx:
            user = _user(tx, who, user_id)
            roles = tx.users.roles_of([user.id])
        return UserAccount(user, _sorted(roles.get(user.id, {})))

    def set_active(
        self, who: Principal, user_id: str, *, active: bool, seen: User | None = None
    ) -> User:
        """Deactivating a user signs them out, and their schedules fail. seen: the account that the
        caller saw. Raises Conflict where callers deactivate themselves, where a demo account is
        activated from another machine, and where the account has changed since it was seen."""
        # Both rows are locked: two users who deactivate each other at once would leave nobody
        with self._changing(who, user_id) as (tx, who, user):
            _require_seen(user, seen)
            if user.id == who.user_id and not active:
                raise NotForOwnAccount("You cannot deactivate yourself: ask another super admin")
            if user.is_active == active:
                return user
            if active and user.has_demo_password and not request_context.current().local:
                detail = "set another one with the link of Reset password, then activate it"
                raise DemoPassword(f"This account has the public password of the demo: {detail}")
            tx.users.update(user.id, {"is_active": active, "token_version": user.token_version + 1})
            action = Action.USER_ACTIVATED if active else Action.USER_DEACTIVATED
            audit_log.note_user(tx, who, action, None, user, self._clock())
            # A super admin may own schedules in any tenant
            tenants = [EVERY_TENANT] if user.is_super_admin else list(tx.users.roles(user.id))
        for tenant_id in tenants:
            self._changes.publish(Change(Topic.TENANTS, tenant_id))
        return replace(user, is_active=active, token_version=user.token_version + 1)

    def reset(self, who: Principal, user_id: str) -> SentReset:
        """Send a user a link to set a new password; without a mail server the link is returned.
        Nothing changes until it is used. Raises NotFound; Conflict for the caller's own account."""
        with self._changing(who, user_id) as (tx, who, user):
            if user.id == who.user_id:  # with a stolen session one could take over the account
                raise NotForOwnAccount(
                    "Change your own password under Account: it asks for your current one"
                )
            sent = self._resets.send(tx, user, who)
            delivery = "shown" if sent.url else "mailed"
            audit_log.note_user(
                tx, who, Action.USER_RESET, None, user, self._clock(), link=delivery
            )
        return sent

    def reset_second_factor(self, who: Principal, user_id: str) -> None:
        """Remove a user's second factor, and sign them out everywhere. Does nothing where there is
        none. Raises Conflict for the caller's own account."""
        with self._changing(who, user_id) as (tx, who, user):
            if user.id == who.user_id:  # with a stolen session one could remove it
                raise NotForOwnAccount(
                    "Turn off your own two-factor authentication under Account: it asks for a code"
                )
            reset_second_factor(tx, who, user, self._clock())

    @contextmanager
    def _changing(
        self, who: Principal, user_id: str
    ) -> Iterator[tuple[Transaction, Principal, User]]:
        """A transaction, the caller as of now, and the user, locked. Raises Forbidden, NotFound."""

        def may(tx: Transaction, who: Principal) -> User:
            return _user(tx, who, user_id)

        with write_as(self._store, who, user_id, may) as (tx, who):
            yield tx, who, may(tx, who)


def reset_second_factor(tx: Transaction, who: Principal | str, user: User, now: datetime) -> bool:
    """who: a name where no user did it. False where there is none."""
    if user.second_factor_at is None:
        return False
    second_factor.remove(tx, user)
    tx.users.update(user.id, {"token_version": user.token_version + 1})
    audit_log.note(
        tx,
        who,
        Action.SECOND_FACTOR_RESET,
        now,
        tenant_id=None,
        subject_id=user.id,
        subject_name=user.email,
    )
    return True


def _user(tx: Transaction, who: Principal, user_id: str) -> User:
    require_operator(who)
    user = tx.users.get(user_id) if is_uuid(user_id) else None
    if user is None or user.service_of:
        raise NotFound
    return user


def _require_seen(user: User, seen: User | None) -> None:
    """seen: what the caller saw; None: not said. Raises VersionConflict."""
    if seen is not None and any(getattr(user, name) != getattr(seen, name) for name in SHOWN):
        raise VersionConflict


def _sorted(roles: Mapping[Tenant, Role]) -> list[tuple[Tenant, Role]]:
    return sorted(roles.items(), key=lambda membership: membership[0].slug)
