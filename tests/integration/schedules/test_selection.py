"""Which schedules match a search and filters, and which of some still do; on both databases."""

import pytest

from exports_app.domain import bounds
from exports_app.domain.access import Principal
from exports_app.domain.errors import Invalid, NotFound
from exports_app.services.core.records import Schedule, Tenant
from exports_app.wiring import Services
from tests.world import make_schedule, uuid_of


@pytest.fixture
def four(services: Services, admin: Principal, outsider: Principal) -> list[Schedule]:
    make_schedule(services, outsider, name="Weekly Zürich", format="csv")
    named = ("Zürich weekly", "Weekly totals", "weekly ZURICH, paused", "Monthly")
    return [
        make_schedule(services, admin, name=name, is_active="paused" not in name) for name in named
    ]


def test_all_that_match_in_the_lists_order(
    services: Services, admin: Principal, acme: Tenant, four: list[Schedule]
) -> None:
    matching = services.schedule_selection.matching
    found = matching(admin, acme.id, {}, "zurich weekly", "-name")
    assert list(found.values()) == ["weekly ZURICH, paused", "Zürich weekly"]
    assert matching(admin, acme.id, {"is_active": False}, "", "") == {four[2].id: four[2].name}
    backwards = matching(admin, acme.id, {"is_active": True}, "", "-owner")
    assert list(backwards.values()) == ["Zürich weekly", "Weekly totals", "Monthly"]
    assert set(matching(admin, acme.id, {}, "", "")) == {one.id for one in four}


def test_no_more_than_the_first(
    services: Services,
    admin: Principal,
    acme: Tenant,
    four: list[Schedule],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bounds, "BULK", 2)
    found = services.schedule_selection.matching(admin, acme.id, {}, "", "name")
    assert list(found.values()) == ["Monthly", "Weekly totals"]


def test_which_of_some_still_match(
    services: Services, admin: Principal, acme: Tenant, four: list[Schedule]
) -> None:
    among, ids = services.schedule_selection.among, [one.id for one in four]
    services.schedules.delete(admin, four[0].id)
    asked = [*ids, uuid_of(9), "nonsense"]
    assert among(admin, acme.id, {}, "", asked) == set(ids[1:])
    assert among(admin, acme.id, {"is_active": True}, "weekly", asked) == {four[1].id}
    assert among(admin, acme.id, {}, "", []) == set()


def test_only_within_a_tenant_of_the_caller(
    services: Services, admin: Principal, outsider: Principal, acme: Tenant, four: list[Schedule]
) -> None:
    selection = services.schedule_selection
    with pytest.raises(NotFound):
        selection.matching(outsider, acme.id, {}, "", "")
    with pytest.raises(NotFound):
        selection.among(outsider, acme.id, {}, "", [four[0].id])
    with pytest.raises(Invalid):
        selection.matching(admin, acme.id, {}, "\0", "")
    with pytest.raises(Invalid):
        selection.matching(admin, acme.id, {}, "", "password")
