"""Slugs of scheduled exports: made, chosen, kept, restored, and given to old ones."""

import pytest

from exports_app.domain.access import Principal
from exports_app.domain.errors import Conflict, Invalid
from exports_app.services.core.records import Tenant
from exports_app.wiring import Services
from tests.integration.schedules.fields import pointers
from tests.world import make_schedule, sql, stored


def test_it_is_made_of_the_name_once_and_unique_in_the_tenant(
    services: Services, admin: Principal, outsider: Principal
) -> None:
    made = [make_schedule(services, admin, name="Weekly report") for _ in range(3)]
    assert [one.slug for one in made] == ["weekly-report", "weekly-report-2", "weekly-report-3"]
    assert make_schedule(services, outsider, name="Weekly report").slug == "weekly-report"
    renamed = services.schedules.update(admin, made[0].id, {"name": "Monthly"})
    assert renamed.slug == stored(services, renamed).slug == "weekly-report"


def test_it_is_chosen_and_changed_on_request_only(services: Services, admin: Principal) -> None:
    one = make_schedule(services, admin, slug="mine")
    other = make_schedule(services, admin)
    with pytest.raises(Invalid) as taken:
        make_schedule(services, admin, slug="mine")
    assert pointers(taken) == ["/slug"]
    with pytest.raises(Invalid) as taken:
        services.schedules.update(admin, other.id, {"slug": "mine"})
    assert pointers(taken) == ["/slug"]
    with pytest.raises(Invalid) as wrong:
        services.schedules.update(admin, one.id, {"slug": "Not a slug"})
    assert pointers(wrong) == ["/slug"]
    changed = services.schedules.update(admin, one.id, {"slug": "ours"})
    assert (changed.slug, changed.version) == ("ours", one.version + 1)
    assert services.schedules.update(admin, one.id, {"slug": "ours"}).version == changed.version
    assert services.schedules.update(admin, other.id, {"slug": "mine"}).slug == "mine"


def test_a_deleted_one_keeps_its_slug_and_is_restored_with_it(
    services: Services, admin: Principal, acme: Tenant
) -> None:
    old = make_schedule(services, admin, name="Weekly")
    services.schedules.delete(admin, old.id)
    assert make_schedule(services, admin, name="Weekly").slug == "weekly-2"
    assert services.deleted_schedules.restore(admin, old.id).slug == "weekly"
    services.schedules.delete(admin, old.id)
    new = make_schedule(services, admin, slug="weekly")
    assert new.tenant_id == acme.id
    with pytest.raises(Conflict, match="slug weekly: change that one's first"):
        services.deleted_schedules.restore(admin, old.id)
    services.schedules.update(admin, new.id, {"slug": "other"})
    assert services.deleted_schedules.restore(admin, old.id).slug == "weekly"


def test_of_two_deleted_ones_with_a_slug_one_is_restored(
    services: Services, admin: Principal
) -> None:
    ids = []
    for _ in range(2):
        one = make_schedule(services, admin, slug="mine")
        services.schedules.delete(admin, one.id)
        ids.append(one.id)
    outcome = services.deleted_schedules.restore_all(admin, ids)
    assert (list(outcome.done), list(outcome.failed)) == ([ids[0]], [ids[1]])


def test_those_of_an_earlier_version_get_theirs(services: Services, admin: Principal) -> None:
    ids = [make_schedule(services, admin, name="Weekly").id for _ in range(3)]
    sql(services, "UPDATE scheduled_exports SET slug = NULL")
    assert services.schedules.get(admin, ids[0]).slug is None
    assert services.slugs.fill(lambda: True) == 0
    assert services.slugs.fill() == 3
    assert services.slugs.fill() == 0
    found = [services.schedules.get(admin, one) for one in ids]
    assert sorted(str(one.slug) for one in found) == ["weekly", "weekly-2", "weekly-3"]
    assert {one.version for one in found} == {1}
