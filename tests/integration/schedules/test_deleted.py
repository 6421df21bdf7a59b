"""Deleted scheduled exports: found and restored within 30 days, then removed for good."""

from dataclasses import replace
from datetime import timedelta

import pytest

from exports_app.domain.access import Principal, Role
from exports_app.domain.errors import Conflict, Forbidden, NotFound, QuotaExceeded
from exports_app.domain.runs.states import RunStatus
from exports_app.services.audit.audit_log import AuditFilter
from exports_app.services.core.records import Page, Schedule, Tenant
from exports_app.services.schedules.deleted import KEPT
from exports_app.wiring import Services
from tests.doubles import FakeClock, Watch
from tests.world import (
    Cast,
    claim,
    execute,
    make_schedule,
    runs_of,
    set_role,
    sql,
    stored,
    trigger_and_execute,
    uuid_of,
)

OF_RUNS = ("export_history", "deliveries", "run_attempts", "notices", "removed_runs")


def names(services: Services, who: Principal, tenant: Tenant) -> list[str]:
    found, total = services.deleted_schedules.find(who, tenant.id, Page())
    assert total == len(found)
    return [schedule.name for schedule in found]


def actions(services: Services, super_admin: Principal, schedule: Schedule) -> set[str]:
    entries, _ = services.audit.find(super_admin, schedule.tenant_id, AuditFilter(), Page())
    return {str(entry.action) for entry in entries if entry.subject_id == schedule.id}


def test_a_deleted_one_comes_back_as_it_was_with_its_history(
    services: Services,
    admin: Principal,
    super_admin: Principal,
    acme: Tenant,
    clock: FakeClock,
    watch: Watch,
) -> None:
    schedule = make_schedule(services, admin, name="Weekly")
    asleep = make_schedule(services, admin, name="Asleep", is_active=False)
    run = trigger_and_execute(services, admin, schedule)
    before = stored(services, schedule)
    for one in (schedule, asleep):
        services.schedules.delete(super_admin, one.id)
    (first, second), _ = services.deleted_schedules.find(admin, acme.id, Page())
    assert {first.name, second.name} == {"Weekly", "Asleep"}
    assert (first.deleted_by, first.deleted_at) == (super_admin.user_id, clock())
    seen = len(watch.seen)
    restored = services.deleted_schedules.restore(admin, schedule.id)
    assert restored == replace(before, version=before.version + 2, updated_at=clock())
    assert stored(services, schedule) == restored
    assert services.history.get(admin, schedule.id, run.id)[0].id == run.id
    assert services.history.file(admin, schedule.id, run.id).path.exists()
    assert len(watch.seen) == seen + 1
    assert not services.deleted_schedules.restore(admin, asleep.id).is_active
    assert names(services, admin, acme) == []
    told = actions(services, super_admin, schedule)
    assert {"schedule.restored", "schedule.deleted"} < told


def test_what_was_due_meanwhile_does_not_run(
    services: Services, admin: Principal, clock: FakeClock
) -> None:
    schedule = make_schedule(services, admin)
    due = stored(services, schedule).next_run_at
    assert due is not None
    services.schedules.delete(admin, schedule.id)
    clock.set(due + timedelta(days=1))
    restored = services.deleted_schedules.restore(admin, schedule.id)
    assert restored.next_run_at == due + timedelta(days=7)
    assert services.ticks.tick() == 0


def test_runs_that_its_deletion_cancelled_stay_cancelled(
    services: Services, admin: Principal
) -> None:
    schedule = make_schedule(services, admin)
    services.schedules.trigger(admin, schedule.id)
    services.schedules.delete(admin, schedule.id)
    services.deleted_schedules.restore(admin, schedule.id)
    assert [run.status for run in runs_of(services, schedule)] == [RunStatus.CANCELLED]
    assert services.run_queue.claim() is None


def test_only_who_may_write_there_finds_and_restores(
    services: Services, cast: Cast, schedule: Schedule
) -> None:
    admin, tenant_id = cast.admin.who, cast.acme.id
    find, restore = services.deleted_schedules.find, services.deleted_schedules.restore
    with pytest.raises(Conflict):
        restore(admin, schedule.id)
    services.schedules.delete(admin, schedule.id)
    for who, error in ((cast.viewer.who, Forbidden), (cast.outsider.who, NotFound)):
        with pytest.raises(error):
            restore(who, schedule.id)
        with pytest.raises(error):
            find(who, tenant_id, Page())
    for schedule_id in (uuid_of(404), "nonsense"):
        with pytest.raises(NotFound):
            restore(admin, schedule_id)
    assert restore(cast.super_admin.who, schedule.id).owner_id == admin.user_id


def test_an_owner_who_may_no_longer_export_is_followed_by_who_restores(
    services: Services, cast: Cast, schedule: Schedule
) -> None:
    services.schedules.delete(cast.admin.who, schedule.id)
    set_role(services, cast.admin.user.id, cast.acme.id, Role.VIEWER)
    restored = services.deleted_schedules.restore(cast.super_admin.who, schedule.id)
    assert restored.owner_id == cast.super_admin.user.id


def test_it_is_found_nowhere_else_and_its_runs_still_count_in_the_figures(
    services: Services, admin: Principal, acme: Tenant
) -> None:
    schedule = make_schedule(services, admin, name="Weekly", schedule="0 12 * * *")
    trigger_and_execute(services, admin, schedule)

    def due() -> int:
        return sum(hour.runs for hour in services.export_analytics.read(admin, acme.id).hours)

    assert due() == 1
    services.schedules.delete(admin, schedule.id)
    assert due() == 0
    assert services.schedule_selection.matching(admin, acme.id, {}, "Weekly", "") == {}
    assert services.schedule_summaries.summary(admin, acme.id).total == 0
    used = {quota.name: quota.used for quota in services.quotas.find(admin, acme.id)}
    assert used["schedules"] == 0
    figures = services.export_analytics.read(admin, acme.id)
    assert (figures.failing.total, figures.paused.total, figures.ownerless.total) == (0, 0, 0)
    assert figures.days[-1].counts == {RunStatus.COMPLETED: 1}


def test_there_must_be_room_for_it(
    services: Services, admin: Principal, super_admin: Principal, schedule: Schedule
) -> None:
    services.quotas.change(super_admin, schedule.tenant_id, {"schedules": 1})
    services.schedules.delete(admin, schedule.id)
    make_schedule(services, admin, name="In its place")
    with pytest.raises(QuotaExceeded):
        services.deleted_schedules.restore(admin, schedule.id)


def test_a_schedule_whose_times_cannot_be_read_any_more_comes_back_paused(
    services: Services, admin: Principal, schedule: Schedule
) -> None:
    services.schedules.delete(admin, schedule.id)
    sql(services, "UPDATE scheduled_exports SET timezone = 'Mars/Olympus'")
    restored = services.deleted_schedules.restore(admin, schedule.id)
    assert (restored.is_active, restored.next_run_at) == (False, None)


def test_after_thirty_days_it_is_gone_with_its_runs_and_files_and_the_audit_stays(
    services: Services,
    admin: Principal,
    super_admin: Principal,
    acme: Tenant,
    clock: FakeClock,
) -> None:
    old = make_schedule(services, admin, name="Old", tags=("weekly",))
    young = make_schedule(services, admin, name="Young")
    live = make_schedule(services, admin, name="Live")
    file = services.history.file(admin, old.id, trigger_and_execute(services, admin, old).id)
    kept = trigger_and_execute(services, admin, live)
    trigger_and_execute(services, admin, young)
    services.schedules.delete(admin, old.id)
    clock.advance(days=1)
    services.schedules.delete(admin, young.id)
    clock.advance(days=KEPT.days - 1)
    assert sweep(services) == 0  # to the second: it can still be asked for
    with pytest.raises(NotFound):
        services.deleted_schedules.restore(admin, old.id)
    assert names(services, admin, acme) == ["Young"]
    clock.advance(seconds=1)
    assert sweep(services) == 1
    assert not file.path.exists()
    left = {row[0] for row in sql(services, "SELECT scheduled_export_id FROM export_history")}
    assert left == {young.id, live.id}
    assert sql(services, "SELECT count(*) FROM deliveries")[0][0] == 2
    assert services.history.file(admin, live.id, kept.id).path.exists()
    assert sql(services, "SELECT count(*) FROM schedule_tags")[0][0] == 0
    with services.store.read() as tx:
        assert tx.status_counts.runs() == {"completed": 2}
    assert {"schedule.removed", "schedule.deleted"} < actions(services, super_admin, old)
    assert sweep(services) == 0


def test_one_whose_run_has_not_ended_waits_for_it(
    services: Services, admin: Principal, schedule: Schedule, clock: FakeClock
) -> None:
    services.schedules.trigger(admin, schedule.id)
    running = claim(services)
    services.schedules.delete(admin, schedule.id)
    clock.advance(days=KEPT.days + 1)
    assert sweep(services) == 0
    execute(services, running)
    assert sweep(services) == 1
    assert [sql(services, f"SELECT count(*) FROM {table}")[0][0] for table in OF_RUNS] == [0] * 5


def test_a_former_member_is_dropped_from_deleted_ones_too(
    services: Services, cast: Cast, schedule: Schedule
) -> None:
    viewer, admin = cast.viewer.user, cast.admin.who
    both = ("ann@example.com", viewer.email)
    shared = make_schedule(services, admin, recipients=both)
    alone = make_schedule(services, admin, recipients=(viewer.email,))
    for one in (shared, alone):
        services.schedules.delete(admin, one.id)
    services.members.remove(admin, cast.acme.id, viewer.id, None, drop_recipient=True)
    restore = services.deleted_schedules.restore
    back, paused = restore(admin, shared.id), restore(admin, alone.id)
    assert (back.recipients, back.is_active) == (["ann@example.com"], True)
    assert (paused.recipients, paused.is_active) == ([], False)


def sweep(services: Services) -> int:
    return services.deleted_schedule_retention.sweep(pause=lambda _: None)
