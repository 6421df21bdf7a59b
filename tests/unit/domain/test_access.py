"""Who may do what."""

import pytest

from exports_app.domain.access import (
    OF_INSTALLATION,
    PERMISSIONS,
    Permission,
    Principal,
    Role,
    require,
    require_anywhere,
    require_operator,
)
from exports_app.domain.errors import Forbidden, NotFound

ACME, GLOBEX = "acme", "globex"
ADMIN = Principal("admin", roles={ACME: Role.ADMIN})
VIEWER = Principal("viewer", roles={ACME: Role.VIEWER})
OUTSIDER = Principal("outsider", roles={GLOBEX: Role.ADMIN})
SUPER = Principal("super", is_super_admin=True)
NOBODY = Principal("nobody")
BOTH = Principal("both", roles={ACME: Role.VIEWER, GLOBEX: Role.ADMIN})


@pytest.mark.parametrize(
    ("who", "permission", "allowed"),
    [
        (ADMIN, Permission.READ, True),
        (ADMIN, Permission.WRITE, True),
        (VIEWER, Permission.READ, True),
        (VIEWER, Permission.WRITE, False),
        (OUTSIDER, Permission.READ, False),
        (OUTSIDER, Permission.WRITE, False),
        (SUPER, Permission.READ, True),
        (SUPER, Permission.WRITE, True),
        (NOBODY, Permission.READ, False),
        (BOTH, Permission.READ, True),
        (BOTH, Permission.WRITE, False),
    ],
)
def test_a_role_gives_its_permissions_in_its_own_tenant_only(
    who: Principal, permission: Permission, allowed: bool
) -> None:
    assert who.can(permission, ACME) is allowed


def test_the_permissions_have_the_names_that_callers_know() -> None:
    assert set(Permission) == {
        "exports.read",
        "exports.write",
        "campaigns.write",
        "tenant.manage",
        "installation.manage",
    }
    assert set(PERMISSIONS) == set(Role) == {"super_admin", "admin", "viewer"}


@pytest.mark.parametrize("who", [OUTSIDER, NOBODY])
@pytest.mark.parametrize("permission", Permission)
def test_another_tenants_things_do_not_exist(who: Principal, permission: Permission) -> None:
    with pytest.raises(NotFound):
        require(who, permission, ACME)


def test_a_member_whose_role_is_too_small_is_told_so() -> None:
    require(VIEWER, Permission.READ, ACME)
    with pytest.raises(Forbidden):
        require(VIEWER, Permission.WRITE, ACME)


@pytest.mark.parametrize("who", [ADMIN, SUPER])
@pytest.mark.parametrize("permission", sorted(set(Permission) - OF_INSTALLATION))
def test_those_who_may_pass(who: Principal, permission: Permission) -> None:
    require(who, permission, ACME)
    require_anywhere(who, permission)


def test_what_is_the_installations_is_its_super_admins_alone() -> None:
    require_operator(SUPER)
    require_anywhere(SUPER, Permission.OPERATE)
    for who in (ADMIN, VIEWER, NOBODY, BOTH):
        with pytest.raises(NotFound):
            require_operator(who)
        with pytest.raises(Forbidden):
            require_anywhere(who, Permission.OPERATE)


def test_a_super_admin_is_in_every_tenant_whatever_the_memberships_say() -> None:
    demoted = Principal("super", is_super_admin=True, roles={ACME: Role.VIEWER})
    assert demoted.role(ACME) is demoted.role("one made tomorrow") is Role.SUPER_ADMIN
    assert demoted.tenants(Permission.WRITE) is None


def test_the_tenants_of_a_permission_are_those_where_it_holds() -> None:
    assert BOTH.tenants(Permission.READ) == {ACME, GLOBEX}
    assert BOTH.tenants(Permission.WRITE) == {GLOBEX}
    assert NOBODY.tenants(Permission.READ) == frozenset()


def test_a_right_held_nowhere_is_forbidden_everywhere() -> None:
    require_anywhere(VIEWER, Permission.READ)
    require_anywhere(BOTH, Permission.WRITE)
    for who, permission in ((VIEWER, Permission.WRITE), (NOBODY, Permission.READ)):
        with pytest.raises(Forbidden):
            require_anywhere(who, permission)
