"""Access rules: roles, their permissions, and the checks that all services use."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from exports_app.domain.errors import Forbidden, NotFound, OwnPasswordFirst, SecondFactorRequired
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
    super_admins_need_otp: bool = field(default=False, compare=False)
    """The installation's rule at the time these rights were read."""

    def role(self, tenant_id: str) -> Role | None:
        return Role.SUPER_ADMIN if self.is_super_admin else self.roles.get(tenant_id)

    def can(self, permission: Permission, tenant_id: str) -> bool:
        role = self.role(tenant_id)
        return role is not None and permission in permissions_of(role)

    def tenants(self, permission: Permission) -> frozenset[str] | None:
        """The tenants in which the permission holds; None means every tenant."""
        if self.is_super_admin:
            return None
        return frozenset(t for t in self.roles if self.can(permission, t))


def require_own_password(who: Principal) -> None:
    """Raises OwnPasswordFirst with a one-time password. Asked before anything is looked up, so that
    the answer does not tell what exists."""
    if who.must_choose_password:
        raise OwnPasswordFirst


def require(who: Principal, permission: Permission, tenant_id: str) -> None:
    """Raises NotFound without a role in the tenant, so that its existence is not revealed;
    Forbidden where the role lacks the permission; SecondFactorRequired where only that is missing;
    OwnPasswordFirst with a one-time password."""
    require_own_password(who)
    if who.must_enrol or tenant_id in who.withheld:
        raise _refusal(SecondFactorRequired(), tenant_id)
    if who.role(tenant_id) is None:
        raise _refusal(NotFound(), tenant_id)
    if not who.can(permission, tenant_id):
        raise _refusal(Forbidden(), tenant_id)


def _refusal(error: Forbidden | NotFound, tenant_id: str) -> Forbidden | NotFound:
    """The error, marked as a refusal for the audit."""
    error.refused_in = tenant_id
    return error


def require_operator(who: Principal) -> None:
    """Raises NotFound for everyone but super admins; SecondFactorRequired for a super admin
    without one; OwnPasswordFirst with a one-time password."""
    require_own_password(who)
    if who.must_enrol:
        raise SecondFactorRequired
    if not who.is_super_admin:
        raise _refusal(NotFound(), "")


def require_anywhere(who: Principal, permission: Permission) -> None:
    """Raises Forbidden unless the permission holds in at least one tenant, SecondFactorRequired
    where that may be why, OwnPasswordFirst with a one-time password."""
    require_own_password(who)
    if who.tenants(permission) == frozenset():
        if who.must_enrol or who.withheld:
            raise SecondFactorRequired
        raise Forbidden
