"""Scheduled exports as code: plans, applying them, and what is refused."""

from dataclasses import replace
from typing import Any

import pytest

from exports_app.domain.access import KeyLimits, Permission, Principal
from exports_app.domain.errors import (
    Forbidden,
    Invalid,
    KeyIsLimited,
    NoSlugYet,
    NotFound,
    PlanOutdated,
    QuotaExceeded,
)
from exports_app.services.core.interfaces import AuditFilter
from exports_app.services.core.optimistic import ROUNDS
from exports_app.services.core.records import Campaign, Page, Tenant
from exports_app.services.schedules.definitions.fields import ORDER
from exports_app.services.schedules.definitions.plan import Plan
from exports_app.services.schedules.definitions.service import Definition, Definitions
from exports_app.services.schedules.filters import Filters
from exports_app.services.schedules.validation import FIELDS
from exports_app.wiring import Services
from tests.integration.schedules.fields import pointers
from tests.world import draft, make_schedule, pause, runs_of, sql, stored


def wanted(*schedules: dict[str, Any]) -> Definition:
    return Definition([draft(**one) for one in schedules])


def apply(services: Services, who: Principal, tenant: Tenant, *those: dict[str, Any]) -> Plan:
    return services.definitions.apply(who, tenant.id, wanted(*those), prune=False)


def said(plan: Plan) -> list[tuple[str, str, list[str]]]:
    return [(e.kind, e.slug, [each.field for each in e.fields]) for e in plan.changes]


def test_every_field_that_people_choose_is_in_a_definition() -> None:
    by_name = {"destination_ids": "destinations"}
    assert sorted(ORDER) == sorted(by_name.get(name, name) for name in FIELDS)


def test_applying_creates_and_updates_and_then_nothing(
    services: Services, admin: Principal, acme: Tenant
) -> None:
    other = make_schedule(services, admin, slug="other")
    old = make_schedule(services, admin, slug="old", name="Old", tags=("one",))
    those = (
        {"slug": "old", "name": "New name", "recipients": ("Ben@Example.com",)},
        {"slug": "new", "name": "New", "description": "Text", "reply_to": "Ann@EXAMPLE.com"},
    )
    plan = services.definitions.plan(admin, acme.id, wanted(*those), prune=False)
    assert [(kind, slug) for kind, slug, _ in said(plan)] == [("update", "old"), ("create", "new")]
    assert said(plan)[0][2] == ["name", "recipients", "tags"]
    assert (plan.unchanged, plan.others) == (0, 1)
    assert stored(services, old).version == 1
    assert apply(services, admin, acme, *those).digest == plan.digest
    changed = stored(services, old)
    assert (changed.name, changed.version, changed.tags) == ("New name", 2, [])
    (new,) = services.schedules.find(admin, acme.id, {"slug": "new"}, "", Page())[0]
    assert (new.owner_id, new.created_by) == (admin.user_id, admin.user_id)
    assert new.next_run_at is not None
    assert new.next_run_at > services.clock()
    assert runs_of(services, new) == []
    again = apply(services, admin, acme, *those)
    assert (again.changes, again.unchanged, again.others) == ((), 2, 1)
    assert stored(services, old).version == 2
    assert stored(services, other) == other


def test_an_export_applied_again_changes_nothing(
    services: Services, admin: Principal, acme: Tenant
) -> None:
    make_schedule(services, admin, name="B", tags=("x", "Y"), is_active=False, delivery="zip")
    make_schedule(services, admin, name="A", reply_to="ann@example.com", retry_attempts=3)
    exported = services.definitions.export(admin, acme.id)
    assert exported["tenant"] == acme.slug
    assert [one["slug"] for one in exported["schedules"]] == ["a", "b"]
    first, second = exported["schedules"]
    assert list(first)[:3] == ["slug", "name", "exportType"]
    assert (first["replyTo"], first["retryAttempts"]) == ("ann@example.com", 3)
    assert (second["isActive"], second["delivery"], second["tags"]) == (False, "zip", ["x", "Y"])
    assert "isActive" not in first


def test_what_is_written_in_another_way_is_no_change(
    services: Services, admin: Principal, acme: Tenant
) -> None:
    made = make_schedule(services, admin, slug="a", description="", filters=Filters(period="all"))
    assert "description" not in services.definitions.export(admin, acme.id)["schedules"][0]
    plan = apply(services, admin, acme, {"slug": "a"})
    assert (plan.changes, plan.unchanged) == ((), 1)
    assert stored(services, made) == made
    plan = apply(services, admin, acme, {"slug": "a", "filters": Filters(period="yesterday")})
    assert said(plan) == [("update", "a", ["filters"])]


def test_each_change_is_in_the_audit_as_one_by_the_api(
    services: Services, admin: Principal, acme: Tenant
) -> None:
    make_schedule(services, admin, slug="a", name="A")
    gone = make_schedule(services, admin, slug="gone", name="Gone")
    definition = wanted({"slug": "a", "name": "B"}, {"slug": "c", "name": "C"})
    services.definitions.apply(admin, acme.id, definition, prune=True)
    found, _ = services.audit.find(admin, acme.id, AuditFilter(area="schedule"), Page())
    entries = {(entry.action, entry.subject_name): entry for entry in found}
    assert entries["schedule.updated", "A"].detail == {"changed": {"name": ["A", "B"]}}
    assert entries["schedule.created", "C"].actor_id == admin.user_id
    assert entries["schedule.deleted", "Gone"].subject_id == gone.id


def test_pruning_deletes_what_is_not_named_and_only_when_asked(
    services: Services, admin: Principal, outsider: Principal, acme: Tenant
) -> None:
    foreign = make_schedule(services, outsider, slug="foreign")
    gone = make_schedule(services, admin, slug="gone")
    definition = wanted({"slug": "kept"})
    services.definitions.apply(admin, acme.id, definition, prune=False)
    assert stored(services, gone).deleted_at is None
    plan = services.definitions.apply(admin, acme.id, definition, prune=True)
    assert said(plan) == [("delete", "gone", [])]
    with pytest.raises(NotFound):
        services.schedules.get(admin, gone.id)
    assert services.deleted_schedules.restore(admin, gone.id).slug == "gone"
    assert stored(services, foreign) == foreign


def test_all_or_none(
    services: Services, admin: Principal, super_admin: Principal, acme: Tenant
) -> None:
    make_schedule(services, admin, slug="a", name="A")
    with pytest.raises(Invalid) as refused:
        apply(
            *(services, admin, acme),
            {"slug": "a", "name": "B"},
            {"slug": "b", "schedule": "never"},
            {"slug": "b"},
            {"slug": "No slug"},
            {"slug": "c", "recipients": ("ann@example.com", "nobody")},
        )
    assert pointers(refused) == [
        "/schedules/1/schedule",
        "/schedules/2/slug",
        "/schedules/3/slug",
        "/schedules/4/recipients/1",
    ]
    services.quotas.change(super_admin, acme.id, {"schedules": 2})  # one is there
    with pytest.raises(QuotaExceeded):
        apply(services, admin, acme, {"slug": "b"}, {"slug": "c"})
    found, total = services.schedules.find(admin, acme.id, {}, "", Page())
    assert (total, found[0].name) == (1, "A")
    pruned = wanted({"slug": "b"}, {"slug": "c"})
    services.definitions.apply(admin, acme.id, pruned, prune=True)  # a is gone, which makes room


def test_what_the_tenant_lacks_is_refused(
    services: Services, admin: Principal, acme: Tenant, campaigns: dict[str, Campaign]
) -> None:
    services.tenants.update(admin, acme.id, {"recipient_domains": ["example.com"]})
    with pytest.raises(Invalid) as refused:
        apply(services, admin, acme, {"slug": "b", "recipients": ("ann@elsewhere.org",)})
    assert pointers(refused) == ["/schedules/0/recipients/0"]
    ids = (campaigns["Spring"].id, campaigns["Rival"].id)  # the second one is another tenant's
    with pytest.raises(Invalid) as refused:
        apply(services, admin, acme, {"slug": "b", "filters": Filters(campaign_ids=ids)})
    assert pointers(refused) == ["/schedules/0/filters/campaignIds/1"]
    every = [{"slug": f"s{i}", "tags": tuple(f"t{i}-{n}" for n in range(10))} for i in range(21)]
    with pytest.raises(Invalid) as refused:
        apply(services, admin, acme, *every)
    assert pointers(refused) == ["/schedules/20/tags"]


def test_a_plan_that_others_made_out_of_date_is_not_applied(
    services: Services, admin: Principal, acme: Tenant
) -> None:
    one = make_schedule(services, admin, slug="a", name="A")
    definition = wanted({"slug": "a", "name": "B"})
    plan = services.definitions.plan(admin, acme.id, definition, prune=False)
    services.schedules.update(admin, one.id, {"name": "C"})
    with pytest.raises(PlanOutdated):
        services.definitions.apply(admin, acme.id, definition, prune=False, digest=plan.digest)
    assert stored(services, one).name == "C"
    newer = services.definitions.plan(admin, acme.id, definition, prune=False)
    services.definitions.apply(admin, acme.id, definition, prune=False, digest=newer.digest)
    assert stored(services, one).name == "B"


def test_who_is_outrun_by_others_again_and_again_is_told(
    services: Services, admin: Principal, acme: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = make_schedule(services, admin, slug="a", name="A")
    planned, rounds = Definitions._planned, list[int]()

    def outrun(self: Definitions, *given: Any) -> Plan:
        plan = planned(self, *given)
        rounds.append(len(rounds))
        assert len(rounds) <= 10 * ROUNDS, "it never gives up"
        services.schedules.update(admin, one.id, {"description": f"Round {len(rounds)}"})
        return plan

    monkeypatch.setattr(Definitions, "_planned", outrun)
    with pytest.raises(PlanOutdated):
        apply(services, admin, acme, {"slug": "a", "name": "B"})
    assert (stored(services, one).name, len(rounds)) == ("A", ROUNDS)


def test_one_that_failed_too_often_is_activated_by_a_file_that_says_so(
    services: Services, admin: Principal, acme: Tenant
) -> None:
    one = make_schedule(services, admin, slug="a", name="A")
    pause(services, one, "failed five times")
    plan = apply(services, admin, acme, {"slug": "a", "name": "A"})
    assert said(plan) == [("update", "a", ["isActive"])]
    now = stored(services, one)
    assert (now.is_active, now.paused_at, now.failures) == (True, None, 0)
    assert now.next_run_at is not None
    assert now.next_run_at > services.clock()


def test_who_may(
    services: Services, admin: Principal, viewer: Principal, outsider: Principal, acme: Tenant
) -> None:
    one = make_schedule(services, admin, slug="a")
    empty = wanted()
    assert services.definitions.plan(viewer, acme.id, empty, prune=True).changes
    assert services.definitions.export(viewer, acme.id)["schedules"]
    assert services.definitions.export_one(viewer, one.id)["schedules"]
    with pytest.raises(Forbidden):
        services.definitions.apply(viewer, acme.id, empty, prune=False)
    with pytest.raises(NotFound):
        services.definitions.export(outsider, acme.id)
    with pytest.raises(NotFound):
        services.definitions.plan(outsider, acme.id, empty, prune=False)
    with pytest.raises(NotFound):
        services.definitions.export_one(outsider, one.id)
    chosen = KeyLimits("key", "CI", frozenset(Permission), schedules=frozenset({one.id}))
    with pytest.raises(KeyIsLimited):
        services.definitions.apply(replace(admin, key=chosen), acme.id, empty, prune=True)


def test_a_definition_for_another_tenant_is_refused(
    services: Services, admin: Principal, acme: Tenant
) -> None:
    with pytest.raises(Invalid) as refused:
        services.definitions.plan(admin, acme.id, Definition([], "globex"), prune=True)
    assert pointers(refused) == ["/tenant"]


def test_one_without_a_slug_is_not_left_out(
    services: Services, admin: Principal, acme: Tenant
) -> None:
    one = make_schedule(services, admin)
    sql(services, "UPDATE scheduled_exports SET slug = NULL")
    with pytest.raises(NoSlugYet):
        services.definitions.export(admin, acme.id)
    with pytest.raises(NoSlugYet):
        services.definitions.plan(admin, acme.id, wanted(), prune=True)
    with pytest.raises(NoSlugYet):
        services.definitions.export_one(admin, one.id)


@pytest.mark.parametrize("slug", ["\x00", "a\x00b", "x" * 100_000, "A", ""])
def test_what_can_be_no_slug_is_refused_on_every_database(
    services: Services, admin: Principal, acme: Tenant, slug: str
) -> None:
    make_schedule(services, admin, slug="a")
    with pytest.raises(Invalid) as refused:
        apply(services, admin, acme, {"slug": slug, "name": "A"})
    assert "/schedules/0/slug" in {error.pointer for error in refused.value.errors}
