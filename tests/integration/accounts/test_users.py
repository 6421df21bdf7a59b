"""The accounts of the installation."""

import pytest

from exports_app.domain.access import Principal, Role
from exports_app.domain.errors import Invalid, NotFound
from exports_app.services.core.change_events import Topic
from exports_app.services.core.records import Page, Tenant
from exports_app.wiring import Services
from tests.doubles import Watch
from tests.world import Cast, set_role, uuid_of


def names(services: Services, who: Principal, q: str = "", page: Page | None = None) -> list[str]:
    return [one.user.name for one in services.user_administration.find(who, q, page or Page())[0]]


def test_all_accounts_are_found_by_name_or_address(
    services: Services, super_admin: Principal
) -> None:
    assert names(services, super_admin) == ["Admin", "Outsider", "Super", "Viewer"]
    assert names(services, super_admin, "SIDE") == ["Outsider"]
    assert names(services, super_admin, "viewer@") == ["Viewer"]
    assert names(services, super_admin, "100%") == []
    found, total = services.user_administration.find(super_admin, "", Page(2, 3))
    assert ([one.user.name for one in found], total) == (["Viewer"], 4)
    with pytest.raises(Invalid):
        services.user_administration.find(super_admin, "\0", Page())


def test_each_says_to_what_they_belong(
    services: Services, super_admin: Principal, cast: Cast, acme: Tenant, globex: Tenant
) -> None:
    set_role(services, cast.viewer.user.id, globex.id, Role.ADMIN)
    found, _ = services.user_administration.find(super_admin, "viewer", Page())
    assert [(tenant.slug, str(role)) for tenant, role in found[0].roles] == [
        ("acme", "viewer"),
        ("globex", "admin"),
    ]
    assert services.user_administration.find(super_admin, "super", Page())[0][0].roles == []


def test_others_have_no_such_thing(
    services: Services, admin: Principal, viewer: Principal, cast: Cast
) -> None:
    for who in (admin, viewer, Principal(uuid_of(1))):
        with pytest.raises(NotFound):
            services.user_administration.find(who, "", Page())
        with pytest.raises(NotFound):
            services.user_administration.get(who, cast.viewer.user.id)


def test_pages_of_their_tenants_hear_of_it(
    services: Services, super_admin: Principal, cast: Cast, acme: Tenant
) -> None:
    watch = Watch(services.changes)
    services.user_administration.set_active(super_admin, cast.viewer.user.id, active=False)
    viewer_id = cast.viewer.user.id
    assert [(change.topic, change.tenant_id) for change in watch.seen] == [
        (Topic.SESSIONS, viewer_id),
        (Topic.TENANTS, acme.id),
    ]
