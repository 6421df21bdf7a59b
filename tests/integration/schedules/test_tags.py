"""Tags of scheduled exports."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import event

from exports_app.domain import bounds
from exports_app.domain.access import Principal
from exports_app.domain.errors import Forbidden, Invalid, NotFound
from exports_app.services.core.interfaces import AuditFilter
from exports_app.services.core.records import Action, Page, Schedule, Tenant, new_id
from exports_app.wiring import Services
from tests.integration.schedules.fields import pointers
from tests.world import make_schedule, sql, stored


def tagged(services: Services, who: Principal, name: str, *tags: str, **more: Any) -> Schedule:
    return make_schedule(services, who, name=name, tags=tags, **more)


def names(
    services: Services, who: Principal, tenant_id: str | None, *tags: str, q: str = ""
) -> list[str]:
    where = {"tags": tags} if tags else {}
    found, total = services.schedules.find(who, tenant_id, where, q, Page(sort="name"))
    assert total == len(found)
    return [schedule.name for schedule in found]


def test_are_kept_as_typed_and_each_once(services: Services, admin: Principal) -> None:
    schedule = tagged(services, admin, "One", " Finance ", "finance", "EU")
    assert stored(services, schedule).tags == schedule.tags == ["Finance", "EU"]
    changed = services.schedules.update(admin, schedule.id, {"tags": ("Weekly",)})
    assert stored(services, schedule) == changed
    assert changed.tags == ["Weekly"]
    entries, _ = services.audit.find(admin, schedule.tenant_id, AuditFilter(), Page(1, 50))
    (entry,) = (e for e in entries if e.action is Action.SCHEDULE_UPDATED)
    assert entry.detail["changed"] == {"tags": [["Finance", "EU"], ["Weekly"]]}


def test_a_change_of_something_else_keeps_them(services: Services, admin: Principal) -> None:
    schedule = tagged(services, admin, "One", "Finance")
    services.schedules.update(admin, schedule.id, {"name": "Two"})
    assert stored(services, schedule).tags == ["Finance"]
    assert names(services, admin, None, "finance") == ["Two"]


def test_a_list_is_of_those_with_all_of_them(
    services: Services, admin: Principal, outsider: Principal, super_admin: Principal, acme: Tenant
) -> None:
    tagged(services, admin, "One", "Finance", "EU")
    tagged(services, admin, "Two", "finance")
    tagged(services, admin, "Three")
    tagged(services, outsider, "Theirs", "FINANCE")
    assert names(services, admin, acme.id, "FINANCE") == ["One", "Two"]
    assert names(services, admin, acme.id, "finance", "eu") == ["One"]
    assert names(services, admin, acme.id, "EU", q="two") == []
    assert names(services, admin, acme.id, "unknown") == []
    assert names(services, super_admin, None, "finance") == ["One", "Theirs", "Two"]


def test_all_with_a_tag_can_be_selected(services: Services, admin: Principal, acme: Tenant) -> None:
    one, two = tagged(services, admin, "One", "EU"), tagged(services, admin, "Two")
    of, picked = {"tags": ("eu",)}, services.schedule_selection
    assert picked.matching(admin, acme.id, of, "", "") == {one.id: "One"}
    assert picked.among(admin, acme.id, of, "", [one.id, two.id]) == {one.id}


def test_where_many_have_a_tag_the_list_is_looked_at_in_its_order(
    services: Services, admin: Principal, acme: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("exports_app.db.repositories.tagging.FEW", 1)
    for name in ("c", "a", "b"):
        tagged(services, admin, name, "Many", *(["Few"] if name == "a" else []))
    tagged(services, admin, "none")
    assert names(services, admin, acme.id, "many") == ["a", "b", "c"]
    assert names(services, admin, acme.id, "many", "few") == ["a"]


def test_a_search_finds_them_with_words_of_the_name(
    services: Services, admin: Principal, acme: Tenant
) -> None:
    schedule = tagged(services, admin, "Weekly numbers", "Überblick")
    tagged(services, admin, "Weekly costs")
    assert names(services, admin, acme.id, q="uberblick week") == ["Weekly numbers"]
    services.schedules.update(admin, schedule.id, {"tags": ("Other",)})
    assert names(services, admin, acme.id, q="uberblick") == []
    assert names(services, admin, acme.id, q="other") == ["Weekly numbers"]


def test_a_tenants_tags_are_listed_once_and_without_those_of_deleted_exports(
    services: Services, admin: Principal, viewer: Principal, outsider: Principal, acme: Tenant
) -> None:
    tagged(services, admin, "One", "finance", "EU")
    tagged(services, admin, "Two", "Finance", "zebra")
    gone = tagged(services, admin, "Three", "Gone")
    tagged(services, outsider, "Theirs", "Secret")
    services.schedules.delete(admin, gone.id)
    assert [tag.lower() for tag in services.tags.find(viewer, acme.id)] == [
        "eu",
        "finance",
        "zebra",
    ]
    with pytest.raises(NotFound):
        services.tags.find(outsider, acme.id)


def test_a_restored_export_has_them_again(
    services: Services, admin: Principal, acme: Tenant
) -> None:
    schedule = tagged(services, admin, "One", "EU")
    services.schedules.delete(admin, schedule.id)
    assert names(services, admin, acme.id, "eu") == []
    assert services.deleted_schedules.restore(admin, schedule.id).tags == ["EU"]
    assert names(services, admin, acme.id, "eu", q="eu") == ["One"]
    assert services.tags.find(admin, acme.id) == ["EU"]


def test_an_export_that_is_removed_for_good_takes_them_along(
    services: Services, admin: Principal
) -> None:
    schedule = tagged(services, admin, "One", "EU")
    services.schedules.delete(admin, schedule.id)
    with services.store.write() as tx:
        assert tx.deleted_schedules.remove(schedule.id)
    assert sql(services, "SELECT count(*) FROM schedule_tags") == [(0,)]


@pytest.mark.parametrize(
    ("tags", "pointer"),
    [
        ([f"tag {i}" for i in range(bounds.TAGS + 1)], "/tags"),
        (["x"] * (bounds.SENT_TAGS + 1), "/tags"),
        (["fine", "x" * (bounds.TAG + 1)], "/tags/1"),
        (["fine", ""], "/tags/1"),
        (["a,b"], "/tags/0"),
        (["a\nb"], "/tags/0"),
        (["a\u202eb"], "/tags/0"),
        (["\u0958" * 30], "/tags/0"),  # longer in its normal form
    ],
)
def test_bad_ones_are_refused(
    services: Services, admin: Principal, tags: list[str], pointer: str
) -> None:
    with pytest.raises(Invalid) as refused:
        tagged(services, admin, "One", *tags)
    assert pointers(refused) == [pointer]


def test_a_tenant_has_so_many_different_ones(
    services: Services, admin: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "TENANT_TAGS", 2)
    schedule = tagged(services, admin, "One", "a", "b")
    for change in (
        lambda: tagged(services, admin, "Two", "c"),
        lambda: services.schedules.update(admin, schedule.id, {"tags": ("a", "b", "c")}),
    ):
        with pytest.raises(Invalid, match="use existing tags"):
            change()
    assert tagged(services, admin, "Two", "A").tags == ["A"]


def test_many_get_and_lose_them_together(
    services: Services, admin: Principal, viewer: Principal
) -> None:
    one, two = tagged(services, admin, "One", "EU"), tagged(services, admin, "Two")
    full = tagged(services, admin, "Full", *(f"t{i}" for i in range(bounds.TAGS)))
    result = services.bulk.tag(admin, [one.id, two.id, full.id], ["Weekly", "eu"], ["none"])
    assert result.done == [one.id, two.id]
    assert result.failed == [(full.id, f"use at most {bounds.TAGS} tags")]
    assert [stored(services, s).tags for s in (one, two)] == [["EU", "Weekly"], ["Weekly", "eu"]]
    assert services.bulk.tag(admin, [one.id], [], ["EU"]).done == [one.id]
    assert stored(services, one).tags == ["Weekly"]
    refused = services.bulk.tag(viewer, [one.id], ["x"])
    assert refused.failed == [(one.id, Forbidden().message)]


@pytest.mark.about_postgresql
def test_the_tags_of_many_are_read_without_reading_each_of_them(
    services: Services, admin: Principal
) -> None:
    one = tagged(services, admin, "One", "a", "b")
    with services.store.write() as tx:
        for number in range(300):
            tx.schedules.add(replace(one, id=new_id(), slug=f"plan-{number}"))
    ran = list[tuple[str, Any]]()

    def note(_c: Any, _cursor: Any, statement: str, values: Any, *_more: Any) -> None:
        ran.append((statement, values))

    event.listen(services.database.engine, "before_cursor_execute", note)
    assert services.tags.find(admin, one.tenant_id) == ["a", "b"]
    event.remove(services.database.engine, "before_cursor_execute", note)
    statement, values = next(each for each in ran if "schedule_tags" in each[0])
    with services.database.read() as connection:
        # With statistics, it would rather read a table as small as this one whole
        for way in ("seqscan", "bitmapscan", "sort", "hashagg"):
            connection.exec_driver_sql(f"SET LOCAL enable_{way} = off")
        explained = f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}"
        plan = connection.exec_driver_sql(explained, values).scalar_one()[0]["Plan"]
    assert 0 < _rows(plan) < 100


def _rows(plan: dict[str, Any]) -> float:
    """That were read of the tags, in all parts of the plan."""
    own = plan["Actual Rows"] * plan["Actual Loops"]
    of_tags = own if plan.get("Relation Name") == "schedule_tags" else 0
    return of_tags + sum(map(_rows, plan.get("Plans", ())))
