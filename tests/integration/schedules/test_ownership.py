"""The owners of scheduled exports."""

import pytest

from exports_app.domain.access import Principal, Role
from exports_app.domain.errors import Conflict, Forbidden, Invalid, NotFound
from exports_app.services.core.interfaces import AuditFilter
from exports_app.services.core.records import Action, Membership, Page, Schedule, Tenant
from exports_app.wiring import Services
from tests.integration.schedules.fields import pointers
from tests.world import Cast, make_schedule, set_role, stored, uuid_of


@pytest.fixture
def second(services: Services, cast: Cast, acme: Tenant) -> Principal:
    """Another admin: the one of the other tenant, in both."""
    with services.store.write() as tx:
        tx.users.join(Membership(cast.outsider.user.id, acme.id, Role.ADMIN))
    return Principal(cast.outsider.user.id, roles={acme.id: Role.ADMIN})


def owned(services: Services, who: Principal, tenant: Tenant, **where: object) -> list[str]:
    return [s.name for s in services.schedules.find(who, tenant.id, where, "", Page())[0]]


def test_another_admin_takes_it_over(
    services: Services, admin: Principal, second: Principal, schedule: Schedule, acme: Tenant
) -> None:
    changed = services.ownership.transfer(admin, schedule.id, second.user_id, schedule.version)
    assert stored(services, schedule) == changed
    assert (changed.owner_id, changed.version) == (second.user_id, schedule.version + 1)
    assert owned(services, admin, acme, owner_id=second.user_id) == [schedule.name]
    assert owned(services, admin, acme, owner_id=admin.user_id) == []
    entries, _ = services.audit.find(admin, acme.id, AuditFilter(), Page(1, 50))
    (entry,) = (e for e in entries if e.action is Action.SCHEDULE_UPDATED)
    people = services.schedule_summaries.people(admin, [admin.user_id, second.user_id])
    names = [people[admin.user_id], people[second.user_id]]
    assert entry.detail["changed"] == {"owner": names}
    run = services.schedules.trigger(admin, schedule.id)
    assert run.spec.owner_id == second.user_id


def test_the_owner_stays_where_nothing_changes(
    services: Services, admin: Principal, schedule: Schedule
) -> None:
    assert services.ownership.transfer(admin, schedule.id, admin.user_id) == schedule
    assert stored(services, schedule) == schedule


def test_only_who_may_export_there_becomes_an_owner(
    services: Services,
    admin: Principal,
    viewer: Principal,
    outsider: Principal,
    super_admin: Principal,
    schedule: Schedule,
) -> None:
    for nobody in (viewer.user_id, outsider.user_id, uuid_of(404), super_admin.user_id, "x"):
        with pytest.raises(Invalid) as refused:
            services.ownership.transfer(admin, schedule.id, nobody)
        assert pointers(refused) == ["/ownerId"]
    with services.store.write() as tx:
        tx.users.update(viewer.user_id, {"is_active": False})
        tx.users.join(Membership(viewer.user_id, schedule.tenant_id, Role.ADMIN))
    with pytest.raises(Invalid):
        services.ownership.transfer(admin, schedule.id, viewer.user_id)
    mine = services.ownership.transfer(super_admin, schedule.id, super_admin.user_id)
    assert mine.owner_id == super_admin.user_id


def test_who_may_not_change_it_cannot_give_it_away(
    services: Services, admin: Principal, viewer: Principal, outsider: Principal, schedule: Schedule
) -> None:
    for who, error in ((viewer, Forbidden), (outsider, NotFound)):
        with pytest.raises(error):
            services.ownership.transfer(who, schedule.id, admin.user_id)
        with pytest.raises(error):
            services.ownership.candidates(who, schedule.tenant_id)
    with pytest.raises(NotFound):
        services.ownership.owners(outsider, schedule.tenant_id)
    with pytest.raises(Conflict):
        services.ownership.transfer(admin, schedule.id, admin.user_id, schedule.version + 1)
    assert stored(services, schedule) == schedule


def test_the_owners_of_a_tenant_are_named_to_whoever_reads(
    services: Services,
    admin: Principal,
    second: Principal,
    viewer: Principal,
    super_admin: Principal,
    acme: Tenant,
    cast: Cast,
) -> None:
    assert services.ownership.owners(viewer, acme.id) == {}
    paused = make_schedule(services, second, acme.id, is_active=False)
    make_schedule(services, super_admin, acme.id)
    found = services.ownership.owners(viewer, acme.id)
    assert found == {
        second.user_id: cast.outsider.user.name,
        super_admin.user_id: cast.super_admin.user.name,
    }
    services.schedules.delete(admin, paused.id)
    assert list(services.ownership.owners(viewer, acme.id)) == [super_admin.user_id]


def test_a_list_is_of_those_whose_owner_lost_the_right(
    services: Services, admin: Principal, second: Principal, acme: Tenant
) -> None:
    make_schedule(services, admin, name="Kept")
    lost = make_schedule(services, second, acme.id, name="Lost")
    make_schedule(services, second, acme.id, name="Paused", is_active=False)
    assert owned(services, admin, acme, ownerless=True) == []
    set_role(services, second.user_id, acme.id, Role.VIEWER)
    assert owned(services, admin, acme, ownerless=True) == [lost.name]
    assert set(owned(services, admin, acme, ownerless=False)) == {"Kept", "Paused"}


def test_where_many_belong_to_one_the_list_is_looked_at_in_its_order(
    services: Services,
    admin: Principal,
    second: Principal,
    acme: Tenant,
    globex: Tenant,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("exports_app.db.repositories.owners.FEW", 1)
    make_schedule(services, admin, name="Kept")
    for name in ("One", "Two"):
        make_schedule(services, second, acme.id, name=name)
    elsewhere = Principal(second.user_id, roles={globex.id: Role.ADMIN})
    make_schedule(services, elsewhere, globex.id, name="Elsewhere")
    assert set(owned(services, admin, acme, owner_id=second.user_id)) == {"One", "Two"}
    set_role(services, second.user_id, acme.id, Role.VIEWER)
    assert set(owned(services, admin, acme, ownerless=True)) == {"One", "Two"}
    assert owned(services, admin, acme, ownerless=False) == ["Kept"]


def test_many_get_a_new_owner_together(
    services: Services, admin: Principal, second: Principal, schedule: Schedule
) -> None:
    result = services.bulk.transfer(admin, [schedule.id, uuid_of(404)], second.user_id)
    assert result.done == [schedule.id]
    assert result.failed == [(uuid_of(404), NotFound().message)]
    assert stored(services, schedule).owner_id == second.user_id
