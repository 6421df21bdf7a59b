"""Who may do what, lists, and the change signal."""

from typing import Any

import pytest

from exports_app.domain.access import Permission, Principal, Role
from exports_app.domain.errors import Forbidden, Invalid, NotFound
from exports_app.services.core.change_events import Topic
from exports_app.services.core.records import Page, Run, Schedule, Tenant
from exports_app.wiring import Services
from tests.doubles import FakeClock, Watch
from tests.integration.schedules.fields import pointers
from tests.world import draft, make_schedule, stored, uuid_of

FIRST_PAGE = Page()


def test_another_tenants_schedule_does_not_exist(
    services: Services, outsider: Principal, schedule: Schedule
) -> None:
    for attempt in (
        lambda: services.schedules.get(outsider, schedule.id),
        lambda: services.schedules.update(outsider, schedule.id, {"name": "Mine"}, version=99),
        lambda: services.schedules.delete(outsider, schedule.id),
        lambda: services.schedules.trigger(outsider, schedule.id),
        lambda: services.history.of_schedule(outsider, schedule.id, 50),
        lambda: services.schedules.create(outsider, schedule.tenant_id, draft()),
        lambda: services.schedules.find(outsider, schedule.tenant_id, {}, "", Page()),
    ):
        with pytest.raises(NotFound):
            attempt()
    assert services.schedules.find(outsider, None, {}, "", Page()) == ([], 0)
    assert stored(services, schedule) == schedule


def test_a_viewer_looks_and_changes_nothing(
    services: Services, viewer: Principal, schedule: Schedule
) -> None:
    assert services.schedules.get(viewer, schedule.id) == schedule
    assert services.schedules.find(viewer, None, {}, "", Page()) == ([schedule], 1)
    assert services.history.of_schedule(viewer, schedule.id, 50) == ([], 0)
    for attempt in (
        lambda: services.schedules.get(viewer, schedule.id, Permission.WRITE),
        lambda: services.schedules.update(viewer, schedule.id, {"name": "Mine"}, version=99),
        lambda: services.schedules.delete(viewer, schedule.id),
        lambda: services.schedules.trigger(viewer, schedule.id),
        lambda: services.schedules.create(viewer, schedule.tenant_id, draft()),
    ):
        with pytest.raises(Forbidden):
            attempt()
    assert stored(services, schedule) == schedule


def test_who_belongs_nowhere_sees_no_list(services: Services, schedule: Schedule) -> None:
    with pytest.raises(Forbidden):
        services.schedules.find(Principal(uuid_of(1)), None, {}, "", Page())


def test_who_writes_in_several_tenants_must_say_which(
    services: Services, super_admin: Principal, acme: Tenant, globex: Tenant
) -> None:
    both = Principal(super_admin.user_id, roles={acme.id: Role.ADMIN, globex.id: Role.ADMIN})
    for who in (super_admin, both):
        with pytest.raises(Invalid) as e:
            make_schedule(services, who)
        assert pointers(e) == ["/tenantId"]
        assert make_schedule(services, who, globex.id).tenant_id == globex.id
    one = Principal(super_admin.user_id, roles={acme.id: Role.VIEWER, globex.id: Role.ADMIN})
    assert make_schedule(services, one).tenant_id == globex.id


def test_a_tenant_that_does_not_exist_cannot_be_written_to(
    services: Services, super_admin: Principal
) -> None:
    with pytest.raises(NotFound):
        make_schedule(services, super_admin, uuid_of(404))


def test_a_list_is_filtered_searched_sorted_and_cut(
    services: Services, admin: Principal, clock: FakeClock
) -> None:
    for i, name in enumerate(("beta", "Alpha", "gamma", "100% Ärger")):
        clock.advance(seconds=1)
        make_schedule(
            services,
            admin,
            name=name,
            is_active=i != 2,
            format="xml" if i else "csv",
            description="ZÜRICH" if i == 1 else None,
        )

    def names(
        where: dict[str, Any] | None = None, q: str = "", page: Page = FIRST_PAGE
    ) -> list[str]:
        return [s.name for s in services.schedules.find(admin, None, where or {}, q, page)[0]]

    assert names() == ["100% Ärger", "gamma", "Alpha", "beta"]
    assert names(page=Page(sort="name")) == ["100% Ärger", "Alpha", "beta", "gamma"]
    assert names(page=Page(sort="-name")) == ["gamma", "beta", "Alpha", "100% Ärger"]
    assert (
        names(page=Page(sort="nextRunAt"))[-1] == names(page=Page(sort="-nextRunAt"))[-1] == "gamma"
    )
    assert names({"is_active": False}) == ["gamma"]
    assert names({"format": "xml", "is_active": True}) == ["100% Ärger", "Alpha"]
    assert names(q="ÄRGER") == ["100% Ärger"]
    assert names(q="0%") == ["100% Ärger"]
    assert names(q="zürich") == ["Alpha"]
    assert names(page=Page(2, 3, "name")) == ["gamma"]
    assert services.schedules.find(admin, None, {}, "", Page(9, 3))[1] == 4
    with pytest.raises(Invalid) as e:
        names(page=Page(sort="password_hash"))
    assert pointers(e) == ["/sort"]


def test_the_search_finds_recipients_with_quotes_and_brackets_but_not_the_marks_between_them(
    services: Services, admin: Principal
) -> None:
    make_schedule(services, admin, name="odd", recipients=('"a b"@x.example', "c@[192.0.2.1]"))

    def found(q: str) -> list[str]:
        return [s.name for s in services.schedules.find(admin, None, {}, q, FIRST_PAGE)[0]]

    assert found("@[192.0.2.1]") == found('"a b"@') == ["odd"]
    assert found("[") == ["odd"]  # of the address, not of the list
    assert found(", ") == found('", "') == found('["') == []


def test_a_history_is_the_newest_first_and_never_another_schedules(
    services: Services, admin: Principal, clock: FakeClock, schedule: Schedule
) -> None:
    other = make_schedule(services, admin, name="Other")
    made = list[Run]()
    for _ in range(3):
        clock.advance(seconds=1)
        made.append(services.schedules.trigger(admin, schedule.id))
    found, total = services.history.of_schedule(admin, schedule.id, 2)
    assert [r.id for r, _ in found] == [made[2].id, made[1].id]
    assert total == 3
    assert services.history.of_schedule(admin, other.id, 50) == ([], 0)
    with pytest.raises(NotFound):
        services.history.get(admin, other.id, made[0].id)
    with pytest.raises(NotFound, match="no file"):
        services.history.file(admin, schedule.id, made[0].id)


def test_every_change_is_announced_to_its_tenant(
    services: Services, admin: Principal, watch: Watch, schedule: Schedule
) -> None:
    services.schedules.update(admin, schedule.id, {"name": "Other"})
    services.schedules.trigger(admin, schedule.id)
    services.schedules.delete(admin, schedule.id)
    topics = [c.topic for c in watch.seen if c.tenant_id == schedule.tenant_id]
    assert topics == [Topic.SCHEDULES, Topic.SCHEDULES, Topic.RUNS, Topic.SCHEDULES]


def test_what_was_refused_or_changed_nothing_is_not_announced(
    services: Services, admin: Principal, viewer: Principal, watch: Watch, schedule: Schedule
) -> None:
    watch.seen.clear()
    services.schedules.update(admin, schedule.id, {"name": schedule.name})
    with pytest.raises(Forbidden):
        services.schedules.delete(viewer, schedule.id)
    with pytest.raises(Invalid):
        services.schedules.update(admin, schedule.id, {"name": ""})
    assert watch.seen == []
