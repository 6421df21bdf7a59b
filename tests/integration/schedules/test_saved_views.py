"""Saved views: one's own, and those that a tenant shares."""

from dataclasses import replace

import pytest

from exports_app.domain import bounds
from exports_app.domain.access import Principal, Role
from exports_app.domain.errors import Conflict, Forbidden, Invalid, NotFound
from exports_app.services.core.extension_points import EXPORT_TYPES
from exports_app.services.core.interfaces import AuditFilter
from exports_app.services.core.records import Action, Page, SavedView, Tenant
from exports_app.services.schedules import view_filters
from exports_app.services.schedules.view_filters import ViewFilters
from exports_app.wiring import Services
from tests.integration.schedules.fields import pointers
from tests.world import set_role, uuid_of

FILTERS = ViewFilters(q="weekly", state="failing", tags=("EU",), owner="me", sort="-owner")


@pytest.fixture
def shared(services: Services, admin: Principal, acme: Tenant) -> SavedView:
    return services.saved_views.create(admin, acme.id, "Ours", FILTERS, is_shared=True)


def names(services: Services, who: Principal, tenant: Tenant) -> list[str]:
    return [view.name for view in services.saved_views.find(who, tenant.id)]


def actions(services: Services, who: Principal, tenant: Tenant) -> list[str]:
    entries, _ = services.audit.find(who, tenant.id, AuditFilter(area="view"), Page(1, 50))
    return sorted(str(entry.action) for entry in entries)


def test_each_sees_their_own_and_the_shared_ones(
    services: Services, admin: Principal, viewer: Principal, acme: Tenant, shared: SavedView
) -> None:
    mine = services.saved_views.create(viewer, acme.id, " mine ", ViewFilters())
    services.saved_views.create(admin, acme.id, "another", FILTERS)
    assert names(services, viewer, acme) == ["mine", "Ours"]
    assert names(services, admin, acme) == ["another", "Ours"]
    assert services.saved_views.get(viewer, acme.id, shared.id) == shared
    assert view_filters.read(shared.filters) == (FILTERS, [])
    for id_of_none in (mine.id, uuid_of(404), "x"):
        with pytest.raises(NotFound):
            services.saved_views.get(admin, acme.id, id_of_none)


def test_another_tenants_are_not_found(
    services: Services,
    admin: Principal,
    outsider: Principal,
    super_admin: Principal,
    acme: Tenant,
    globex: Tenant,
    shared: SavedView,
) -> None:
    for who, tenant in ((outsider, acme), (outsider, globex), (super_admin, globex)):
        with pytest.raises(NotFound):
            services.saved_views.get(who, tenant.id, shared.id)
        with pytest.raises(NotFound):
            services.saved_views.update(who, tenant.id, shared.id, {"name": "x"})
        with pytest.raises(NotFound):
            services.saved_views.delete(who, tenant.id, shared.id)
    with pytest.raises(NotFound):
        services.saved_views.find(outsider, acme.id)
    with pytest.raises(NotFound):
        services.saved_views.create(outsider, acme.id, "x", FILTERS)
    assert services.saved_views.get(admin, acme.id, shared.id) == shared


def test_a_viewer_shares_and_changes_nothing_shared(
    services: Services, viewer: Principal, acme: Tenant, shared: SavedView
) -> None:
    mine = services.saved_views.create(viewer, acme.id, "Mine", FILTERS)
    for change in (
        lambda: services.saved_views.create(viewer, acme.id, "x", FILTERS, is_shared=True),
        lambda: services.saved_views.update(viewer, acme.id, mine.id, {"is_shared": True}),
        lambda: services.saved_views.update(viewer, acme.id, shared.id, {"name": "x"}),
        lambda: services.saved_views.delete(viewer, acme.id, shared.id),
        lambda: services.saved_views.get(viewer, acme.id, shared.id, to_change=True),
    ):
        with pytest.raises(Forbidden):
            change()
    changed = services.saved_views.update(viewer, acme.id, mine.id, {"name": "Still mine"})
    assert services.saved_views.find(viewer, acme.id) == [shared, changed]
    services.saved_views.delete(viewer, acme.id, mine.id)
    assert names(services, viewer, acme) == ["Ours"]


def test_whoever_shared_one_and_lost_the_right_changes_it_no_more(
    services: Services, admin: Principal, acme: Tenant, shared: SavedView
) -> None:
    set_role(services, admin.user_id, acme.id, Role.VIEWER)
    with pytest.raises(Forbidden):
        services.saved_views.update(admin, acme.id, shared.id, {"name": "x"})


def test_another_admin_changes_a_shared_one_and_the_audit_says_so(
    services: Services, admin: Principal, super_admin: Principal, acme: Tenant, shared: SavedView
) -> None:
    new = {"name": "All of ours", "filters": ViewFilters(state="paused")}
    changed = services.saved_views.update(super_admin, acme.id, shared.id, new, shared.version)
    assert (changed.name, changed.filters, changed.version) == (
        "All of ours",
        {"state": "paused"},
        2,
    )
    assert services.saved_views.get(admin, acme.id, shared.id) == changed
    with pytest.raises(Conflict):
        services.saved_views.update(admin, acme.id, shared.id, {"name": "x"}, shared.version)
    assert (
        services.saved_views.update(admin, acme.id, shared.id, {"name": "All of ours"}) == changed
    )
    services.saved_views.delete(admin, acme.id, shared.id)
    noted = [Action.VIEW_DELETED, Action.VIEW_SHARED, Action.VIEW_UPDATED]
    assert actions(services, admin, acme) == [str(action) for action in noted]


def test_the_audit_knows_nothing_of_private_ones(
    services: Services, admin: Principal, acme: Tenant
) -> None:
    mine = services.saved_views.create(admin, acme.id, "Mine", FILTERS)
    services.saved_views.update(admin, acme.id, mine.id, {"name": "Still mine"})
    assert actions(services, admin, acme) == []
    services.saved_views.update(admin, acme.id, mine.id, {"is_shared": True})
    assert actions(services, admin, acme) == [str(Action.VIEW_SHARED)]


def test_each_name_is_there_once_for_a_person(
    services: Services, admin: Principal, viewer: Principal, acme: Tenant, shared: SavedView
) -> None:
    with pytest.raises(Conflict, match="choose another name"):
        services.saved_views.create(admin, acme.id, "OURS", FILTERS)
    other = services.saved_views.create(admin, acme.id, "Other", FILTERS)
    with pytest.raises(Conflict, match="choose another name"):
        services.saved_views.update(admin, acme.id, other.id, {"name": "ours"})
    assert services.saved_views.update(admin, acme.id, other.id, {"name": "OTHER"}).name == "OTHER"
    services.saved_views.create(viewer, acme.id, "Ours", FILTERS)


def test_a_person_has_so_many(
    services: Services, admin: Principal, acme: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "VIEWS", 1)
    services.saved_views.create(admin, acme.id, "One", FILTERS)
    with pytest.raises(Conflict, match="delete one first"):
        services.saved_views.create(admin, acme.id, "Two", FILTERS)


@pytest.mark.parametrize("name", ["", "  ", "x" * (bounds.VIEW_NAME + 1), "a\nb", "a\u202eb"])
def test_bad_names_are_refused(
    services: Services, admin: Principal, acme: Tenant, shared: SavedView, name: str
) -> None:
    for change in (
        lambda: services.saved_views.create(admin, acme.id, name, FILTERS),
        lambda: services.saved_views.update(admin, acme.id, shared.id, {"name": name}),
    ):
        with pytest.raises(Invalid) as refused:
            change()
        assert pointers(refused) == ["/name"]


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"q": "x" * (bounds.SEARCH + 1)}, "/filters/q"),
        ({"state": "x"}, "/filters/state"),
        ({"export_type": "x"}, "/filters/exportType"),
        ({"format": "x"}, "/filters/format"),
        ({"last_status": "pending"}, "/filters/lastStatus"),
        ({"tags": ("a,b",)}, "/filters/tags/0"),
        ({"tags": tuple("abcdefghijk")}, "/filters/tags"),
        ({"owner": "x"}, "/filters/owner"),
        ({"sort": "x"}, "/filters/sort"),
    ],
)
def test_bad_filters_are_refused(
    services: Services, admin: Principal, acme: Tenant, wrong: dict[str, object], pointer: str
) -> None:
    with pytest.raises(Invalid) as refused:
        services.saved_views.create(admin, acme.id, "x", replace(FILTERS, **wrong))  # type: ignore[arg-type]
    assert pointers(refused) == [pointer]


def test_filters_that_are_there_no_more_are_left_out() -> None:
    known = str(EXPORT_TYPES.keys()[0])
    stored = {"export_type": "removed", "q": "weekly", "format": "csv", "new": [1]}
    stored |= {"tags": "no list", "state": {"no": "text"}}
    lost = ["export_type", "new", "tags", "state"]
    assert view_filters.read(stored) == (ViewFilters(q="weekly", format="csv"), lost)
    assert view_filters.read({"export_type": known}) == (ViewFilters(export_type=known), [])
