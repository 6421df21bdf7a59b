"""A user's current rights, read from the database: when a call begins, and again when it writes."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from exports_app.domain.access import SCOPES, KeyLimits, Permission, Principal, Role
from exports_app.domain.errors import InvalidToken, NotFound
from exports_app.services.core.field_rules import is_uuid
from exports_app.services.core.interfaces import Store, Transaction
from exports_app.services.core.records import ApiKey, Feed, User


def principal_of(tx: Transaction, user_id: str) -> Principal | None:
    """The user's current rights; None where there is no such active user."""
    user = tx.users.get(user_id)
    if user is None or not user.is_active:
        return None
    return Principal(user.id, user.is_super_admin, _roles(tx, user))


def _roles(tx: Transaction, user: User) -> Mapping[str, Role]:
    # A service account is an admin whom its keys narrow
    return {user.service_of: Role.ADMIN} if user.service_of else tx.users.roles(user.id)


def signed_in(tx: Transaction, user: User, *, super_admins_need_otp: bool) -> Principal:
    """The rights of an active user who is signed in. They have none while they must change a
    one-time password, and none where they lack a required second factor. Their schedules still run.

    super_admins_need_otp: whether the installation requires a second factor of its super admins.
    """
    who = _rights(tx, user, super_admins_need_otp=super_admins_need_otp)
    return replace(who, version=user.token_version, super_admins_need_otp=super_admins_need_otp)


def _rights(tx: Transaction, user: User, *, super_admins_need_otp: bool) -> Principal:
    if user.must_change_password:
        return Principal(user.id, must_choose_password=True)
    roles = _roles(tx, user)
    if user.second_factor_at is not None:
        return Principal(user.id, user.is_super_admin, roles)
    if user.is_super_admin and super_admins_need_otp:
        return Principal(user.id, must_enrol=True)
    withheld = (
        frozenset() if user.is_super_admin else tx.users.roles_that_need_a_second_factor(user.id)
    )
    return Principal(
        user.id,
        user.is_super_admin,
        {t: role for t, role in roles.items() if t not in withheld},
        withheld,
    )


def by_key(tx: Transaction, user: User, key: ApiKey, *, super_admins_need_otp: bool) -> Principal:
    """The rights of an API key that can be used. Its user's sign-ins do not matter: neither a new
    password nor *Sign out everywhere* ends a key."""
    who = signed_in(tx, user, super_admins_need_otp=super_admins_need_otp)
    limits = KeyLimits(
        key.id,
        key.name,
        SCOPES.intersection(key.scopes),  # of a newer version's only those that this one knows
        None if key.tenant_ids is None else frozenset(key.tenant_ids),
        None if key.schedule_ids is None else frozenset(key.schedule_ids),
        is_tenants=user.service_of is not None,
    )
    withheld = who.withheld if limits.tenants is None else who.withheld & limits.tenants
    return replace(who, version=None, withheld=withheld, key=limits)


def by_feed(tx: Transaction, user: User, feed: Feed, *, super_admins_need_otp: bool) -> Principal:
    """The rights with which a feed is read: those of its owner, as far as it goes."""
    who = signed_in(tx, user, super_admins_need_otp=super_admins_need_otp)
    limits = KeyLimits(
        feed.id,
        feed.name,
        frozenset({Permission.READ}),
        frozenset({feed.tenant_id}),
        None if feed.schedule_id is None else frozenset({feed.schedule_id}),
    )
    return replace(who, version=None, withheld=who.withheld & {feed.tenant_id}, key=limits)


@contextmanager
def write_as(
    store: Store,
    who: Principal,
    taking_from: str = "",
    may: Callable[[Transaction, Principal], object] | None = None,
) -> Iterator[tuple[Transaction, Principal]]:
    """A transaction that writes for a user, and their rights as of now.

    A caller's rights may be taken away while the call waits for the database. So check the returned
    principal, and read the clock within the block. Until the block ends, nobody takes rights from
    this user: all they wrote is committed before, with an earlier time.

    taking_from: the id of a user whose rights the block takes away; it waits for their writes. may:
    raises where the caller may not do that to this user. It is asked before the user is locked, so
    that nobody holds up strangers; the block asks again. Raises InvalidToken for a caller who is
    not signed in any more, and Unavailable.
    """
    if may is not None:
        with store.read() as reading:
            may(reading, who)
    with store.write() as tx:
        # Users come before tenants and all other rows, and two of them in one order: no deadlock
        if is_uuid(taking_from):
            for user_id in sorted({who.user_id, taking_from}):
                tx.users.get(user_id, lock=True)
        yield tx, _current(tx, who)


def _current(tx: Transaction, who: Principal) -> Principal:
    user = tx.users.get(who.user_id, share=True)
    if user is None:
        raise NotFound
    check_sign_in(who, user)
    if who.key is not None:
        key = tx.api_keys.get(who.key.id)
        if key is None or key.revoked_at is not None:
            raise InvalidToken("This API key was revoked")
        return by_key(tx, user, key, super_admins_need_otp=who.super_admins_need_otp)
    return signed_in(tx, user, super_admins_need_otp=who.super_admins_need_otp)


def check_sign_in(who: Principal, user: User) -> None:
    """user: the caller's current row. Raises InvalidToken where they were deactivated or signed
    out everywhere since the call began."""
    if not user.is_active or who.version not in (None, user.token_version):
        raise InvalidToken("Your sign-in has ended: sign in again")
