"""Access rules: roles, their permissions, and the checks that all services use."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from exports_app.domain.errors import (
    Forbidden,
    InsufficientScope,
    KeyIsLimited,
    KeyNotAllowed,
    NotFound,
    OwnPasswordFirst,
    SecondFactorRequired,
    SignInAgain,
)
from exports_app.domain.open_enum import OpenEnum


class Permission(StrEnum):
    READ = "exports.read"
    WRITE = "exports.write"
    CAMPAIGNS = "campaigns.write"
    """Campaigns, their metrics, and the import of both. To read them takes READ."""
    MANAGE = "tenant.manage"
    """The members, the settings and the audit of a tenant."""
    OPERATE = "installation.manage"
    """What belongs to no tenant: all accounts, and the mail settings."""


class Role(OpenEnum):
    SUPER_ADMIN = "super_admin"
    ADMIN = "admin"
    VIEWER = "viewer"


PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.SUPER_ADMIN: frozenset(Permission),
    Role.ADMIN: frozenset(Permission) - {Permission.OPERATE},
    Role.VIEWER: frozenset({Permission.READ}),
}


def permissions_of(role: Role) -> frozenset[Permission]:
    """None of a role that this version does not know."""
    return PERMISSIONS.get(role, frozenset())


OF_INSTALLATION = frozenset({Permission.OPERATE})
"""Permissions that no role in a tenant gives."""
SCOPES = frozenset(Permission) - OF_INSTALLATION
"""What an API key can be given."""
OF_SCHEDULES = frozenset({Permission.READ, Permission.WRITE})
"""What a key for chosen scheduled exports can be given."""
RECENT = timedelta(hours=2)
"""How long a sign-in is enough to create an API key."""


@dataclass(frozen=True)
class KeyLimits:
    """To what an API key narrows the rights of its user. tenants, schedules: None: all of theirs.
    A key for chosen schedules is good for these alone, and for nothing that belongs to a tenant as
    a whole."""

    id: str
    name: str = field(compare=False)
    scopes: frozenset[Permission]
    tenants: frozenset[str] | None = None
    schedules: frozenset[str] | None = None
    is_tenants: bool = field(default=False, compare=False)
    """It belongs to a tenant, not to a person."""


@dataclass(frozen=True)
class Principal:
    """A signed-in user with their roles. Built from the database at each request, never from
    input."""

    user_id: str
    is_super_admin: bool = False
    roles: Mapping[str, Role] = field(default_factory=dict)
    """tenant id -> role, for members."""
    withheld: frozenset[str] = frozenset()
    """Tenants whose rights they get only with a second factor, which they do not have yet."""
    must_enrol: bool = False
    """A super admin who has no rights until they have a second factor."""
    must_choose_password: bool = False
    """No rights until they have replaced their one-time password."""
    version: int | None = field(default=None, compare=False)
    """The user's `token_version` at the sign-in, which ends with the next version. None: not
    known."""
    signed_in_at: datetime | None = field(default=None, compare=False)
    """When they last proved who they are. None: not known."""
    super_admins_need_otp: bool = field(default=False, compare=False)
    """The installation's rule at the time these rights were read."""
    key: KeyLimits | None = None
    """The API key that acts for the user; None: the user does."""

    @property
    def operates(self) -> bool:
        """Whether a super admin is here in person: no key has the rights of the installation."""
        return self.is_super_admin and self.key is None

    @property
    def counted_as(self) -> tuple[str, str]:
        """Whose calls are counted together, and under which name: those of a person and of all
        their keys, or of a tenant's key."""
        if self.key and self.key.is_tenants:
            return "key", self.key.id
        return "user", self.user_id

    @property
    def schedules(self) -> frozenset[str] | None:
        """The only schedules that a key is good for; None: all where the permission holds."""
        return self.key.schedules if self.key else None

    def role(self, tenant_id: str) -> Role | None:
        if self.key and self.key.tenants is not None and tenant_id not in self.key.tenants:
            return None
        return Role.SUPER_ADMIN if self.is_super_admin else self.roles.get(tenant_id)

    def permissions(self, tenant_id: str) -> frozenset[Permission]:
        role = self.role(tenant_id)
        given = permissions_of(role) if role is not None else frozenset()
        return given & self.key.scopes if self.key else given

    def can(self, permission: Permission, tenant_id: str) -> bool:
        return permission in self.permissions(tenant_id)

    def tenants(self, permission: Permission) -> frozenset[str] | None:
        """The tenants in which the permission holds; None means every tenant."""
        if self.key and permission not in self.key.scopes:
            return frozenset()
        among = self.key.tenants if self.key else None
        if self.is_super_admin:
            return among
        return frozenset(t for t in self.roles if self.can(permission, t))


def require_own_password(who: Principal) -> None:
    """Raises OwnPasswordFirst with a one-time password. Asked before anything is looked up, so that
    the answer does not tell what exists."""
    if who.must_choose_password:
        raise OwnPasswordFirst


def require_person(who: Principal) -> None:
    """Raises KeyNotAllowed for an API key: what concerns an account, or makes keys, is for its
    owner."""
    if who.key is not None:
        raise KeyNotAllowed


def is_recent(who: Principal, now: datetime) -> bool:
    """Whether the caller signed in within RECENT."""
    return who.signed_in_at is not None and now < who.signed_in_at + RECENT


def require_recent(who: Principal, now: datetime) -> None:
    """For what outlives a sign-in, so that a stolen one is not enough. Raises SignInAgain."""
    if not is_recent(who, now):
        raise SignInAgain


def require(who: Principal, permission: Permission, tenant_id: str) -> None:
    """For what belongs to the tenant as a whole. Raises NotFound without a role in the tenant, so
    that its existence is not revealed; Forbidden where the role lacks the permission;
    InsufficientScope where only the key does; KeyIsLimited for a key for chosen schedules;
    SecondFactorRequired where only that is missing; OwnPasswordFirst with a one-time password."""
    require_of_any(who, permission, tenant_id)
    if who.schedules is not None:
        raise _refusal(KeyIsLimited(), tenant_id)


def require_of_schedule(
    who: Principal, permission: Permission, tenant_id: str, schedule_id: str
) -> None:
    """For one schedule. Raises as `require`, but NotFound where a key is not for this schedule."""
    if who.schedules is not None and schedule_id not in who.schedules:
        require_own_password(who)
        raise _refusal(NotFound(), tenant_id)
    require_of_any(who, permission, tenant_id)


def require_of_any(who: Principal, permission: Permission, tenant_id: str) -> None:
    """As `require`, for a caller who leaves out what `who.schedules` does not name."""
    require_own_password(who)
    if who.must_enrol or tenant_id in who.withheld:
        raise _refusal(SecondFactorRequired(), tenant_id)
    if who.role(tenant_id) is None:
        raise _refusal(NotFound(), tenant_id)
    if not who.can(permission, tenant_id):
        raise _refusal(_lacking(who, permission), tenant_id)


def _lacking(who: Principal, permission: Permission) -> Forbidden:
    lacks_scope = who.key is not None and permission not in who.key.scopes
    return InsufficientScope(permission) if lacks_scope else Forbidden()


def _refusal(error: Forbidden | NotFound, tenant_id: str) -> Forbidden | NotFound:
    """The error, marked as a refusal for the audit."""
    error.refused_in = tenant_id
    return error


def require_operator(who: Principal) -> None:
    """Raises NotFound for everyone but super admins, and for their API keys; SecondFactorRequired
    for a super admin without one; OwnPasswordFirst with a one-time password."""
    require_own_password(who)
    if who.must_enrol:
        raise SecondFactorRequired
    if not who.operates:
        raise _refusal(NotFound(), "")


def require_anywhere(who: Principal, permission: Permission) -> None:
    """Raises Forbidden unless the permission holds in at least one tenant, InsufficientScope and
    SecondFactorRequired where that may be why, OwnPasswordFirst with a one-time password."""
    require_own_password(who)
    if who.tenants(permission) == frozenset():
        if who.must_enrol or who.withheld:
            raise SecondFactorRequired
        raise _lacking(who, permission)
