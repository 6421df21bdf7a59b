"""What a list of scheduled exports shows beside each: counts, latest runs, names."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import event

from exports_app.domain.access import Principal
from exports_app.domain.errors import Forbidden, NotFound
from exports_app.domain.runs.states import FAILING, RunStatus
from exports_app.services.core.extension_points import CHANNELS
from exports_app.services.core.records import LatestRun, Page, Schedule, Summary, Tenant
from exports_app.wiring import Services
from tests.doubles import FakeClock, WatchedEmail
from tests.mailserver import mail_server
from tests.world import make_schedule, pause, registered, runs_of, trigger_and_execute, uuid_of

MONDAY = datetime(2026, 3, 9, 8, 0, tzinfo=UTC)
NOBODY = Principal(uuid_of(1))


@pytest.fixture
def six(
    services: Services, admin: Principal, outsider: Principal, globex: Tenant
) -> list[Schedule]:
    """Of Acme one that is well, two that fail, a paused one that failed, and a deleted one; of
    Globex one."""
    made = [
        make_schedule(services, admin, name=f"Plan {i}", schedule=f"0 {9 + i} * * 1")
        for i in range(5)
    ]
    made.append(make_schedule(services, outsider, globex.id, schedule="0 0 * * *"))
    results = (
        RunStatus.COMPLETED,
        RunStatus.FAILED,
        RunStatus.PARTIAL,
        RunStatus.FAILED,
        RunStatus.FAILED,
    )
    with services.store.write() as tx:
        for schedule, status in zip(made, results, strict=False):
            since = MONDAY if status in FAILING else None
            tx.schedules.update(schedule.id, 1, {"last_status": status, "failing_since": since})
    services.schedules.update(admin, made[3].id, {"is_active": False})
    services.schedules.delete(admin, made[4].id)
    return made


# Counts


def test_a_tenants_schedules_are_counted(
    services: Services, admin: Principal, viewer: Principal, acme: Tenant, six: list[Schedule]
) -> None:
    for who in (admin, viewer):
        for tenant_id in (acme.id, None):
            assert services.schedule_summaries.summary(who, tenant_id) == Summary(4, 3, 2, MONDAY)


def test_those_that_were_paused_by_themselves_are_counted_until_somebody_resumes_them(
    services: Services, admin: Principal, acme: Tenant, six: list[Schedule]
) -> None:
    before = services.schedule_summaries.summary(admin, acme.id)
    pause(services, six[0], "5 runs failed in a row")
    paused = services.schedule_summaries.summary(admin, acme.id)
    assert (paused.active, paused.stopped) == (before.active - 1, 1)
    found, total = services.schedules.find(admin, acme.id, {"stopped": True}, "", Page(sort=""))
    assert ([one.id for one in found], total) == ([six[0].id], 1)
    assert (
        services.schedules.find(admin, acme.id, {"stopped": False}, "", Page(sort=""))[1]
        == before.total - 1
    )
    services.schedules.update(admin, six[0].id, {"is_active": True})
    resumed = services.schedule_summaries.summary(admin, acme.id)
    assert (resumed.active, resumed.stopped) == (before.active, 0)
    assert resumed.failing == before.failing + 1  # until it runs well


def test_a_super_admin_counts_one_tenant_or_all(
    services: Services, super_admin: Principal, globex: Tenant, six: list[Schedule]
) -> None:
    midnight = datetime(2026, 3, 4, 23, 0, tzinfo=UTC)
    assert services.schedule_summaries.summary(super_admin, globex.id) == Summary(1, 1, 0, midnight)
    assert services.schedule_summaries.summary(super_admin, None) == Summary(5, 4, 2, midnight)
    with pytest.raises(NotFound):
        services.schedule_summaries.summary(super_admin, uuid_of(404))


@pytest.mark.usefixtures("six")
def test_nobody_elses_are_counted(services: Services, outsider: Principal, acme: Tenant) -> None:
    with pytest.raises(NotFound):
        services.schedule_summaries.summary(outsider, acme.id)
    with pytest.raises(Forbidden):
        services.schedule_summaries.summary(NOBODY, None)
    assert services.schedule_summaries.summary(outsider, None).total == 1


def test_without_schedules_there_is_nothing_to_count(
    services: Services, admin: Principal, acme: Tenant
) -> None:
    assert services.schedule_summaries.summary(admin, acme.id) == Summary(0, 0, 0, None)


# The latest runs


@pytest.mark.usefixtures("campaigns")
def test_the_newest_run_of_each_is_shown_with_what_became_of_its_messages(
    services: Services, admin: Principal, viewer: Principal, clock: FakeClock
) -> None:
    sent, waiting, never = (
        make_schedule(services, admin, name=name, recipients=("ann@example.com", "bob@example.com"))
        for name in ("Sent", "Waiting", "Never")
    )
    with (
        mail_server(refuse={"bob@example.com": "550 no"}) as server,
        registered(CHANNELS, WatchedEmail(server)),
    ):
        for _ in range(2):
            clock.advance(minutes=1)
            trigger_and_execute(services, admin, sent)
            newest = trigger_and_execute(services, admin, waiting)
    clock.advance(minutes=1)
    pending = services.schedules.trigger(admin, waiting.id)
    latest = services.schedule_summaries.latest(viewer, [sent, waiting, never])
    assert latest == {
        sent.id: LatestRun(runs_of(services, sent)[0], 1, 2),
        waiting.id: LatestRun(pending, 0, 0),
    }
    assert latest[sent.id].run.status is RunStatus.PARTIAL
    assert newest.id != pending.id


@pytest.mark.about_sqlite  # its plan of the queries
@pytest.mark.usefixtures("campaigns")
def test_a_page_of_a_hundred_takes_two_queries(
    services: Services, admin: Principal, acme: Tenant
) -> None:
    first = make_schedule(services, admin)
    run = trigger_and_execute(services, admin, first)
    with services.store.write() as tx:
        for i in range(1, 100):
            tx.schedules.add(replace(first, id=uuid_of(0x1000 + i), slug=None))
            tx.runs.add(
                replace(run, id=uuid_of(0x2000 + i), scheduled_export_id=uuid_of(0x1000 + i))
            )
    page, _ = services.schedules.find(admin, acme.id, {}, "", Page(1, 100))
    seen, plans = list[str](), list[str]()

    def look(
        connection: object, cursor: object, statement: str, parameters: object, *_: object
    ) -> None:
        if statement.startswith("SELECT"):
            seen.append(statement)
            plan = cursor.connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)  # type: ignore[attr-defined]
            plans.extend(row[3] for row in plan)

    event.listen(services.database.engine, "before_cursor_execute", look)
    latest = services.schedule_summaries.latest(admin, page)
    event.remove(services.database.engine, "before_cursor_execute", look)
    assert len(latest) == 100
    assert len(seen) == 2
    assert any("ix_export_history_scheduled_export_id_created_at" in step for step in plans)
    assert not [step for step in plans if step.startswith("SCAN")]


def test_another_tenants_runs_are_not_shown(
    services: Services, admin: Principal, outsider: Principal, six: list[Schedule]
) -> None:
    with pytest.raises(NotFound):
        services.schedule_summaries.latest(outsider, [six[5], six[0]])
    with pytest.raises(NotFound):
        services.schedule_summaries.latest(NOBODY, [six[0]])
    assert services.schedule_summaries.latest(admin, []) == {}


# Names


def test_people_are_named_for_who_may_read_somewhere(
    services: Services, admin: Principal, viewer: Principal, outsider: Principal
) -> None:
    names = services.schedule_summaries.people(
        viewer, {admin.user_id, outsider.user_id, uuid_of(404), "", "nonsense"}
    )
    assert names == {admin.user_id: "Admin", outsider.user_id: "Outsider"}
    assert services.schedule_summaries.people(viewer, []) == {}
    with pytest.raises(Forbidden):
        services.schedule_summaries.people(NOBODY, [admin.user_id])


# Search


def test_a_schedule_is_found_by_its_recipients(services: Services, admin: Principal) -> None:
    make_schedule(
        services, admin, name="One", recipients=("ann.lee@example.com", "bob@other.example")
    )
    make_schedule(
        services, admin, name="Two", recipients=("jörg@bücher.example",), description="for ann"
    )

    def names(q: str) -> list[str]:
        return sorted(s.name for s in services.schedules.find(admin, None, {}, q, Page())[0])

    assert names("ANN.LEE@") == names("other.exam") == ["One"]
    assert names("ann") == ["One", "Two"]
    assert names("JÖRG@bücher") == ["Two"]
    assert names("example") == ["One", "Two"]
    for mark in ("[", '"', '", "', ",", "]", "\\u00fc", "%", "_"):
        assert names(mark) == []


def test_those_whose_runs_do_not_go_well_are_found(
    services: Services, admin: Principal, acme: Tenant, six: list[Schedule]
) -> None:
    found, total = services.schedules.find(admin, acme.id, {"failing": True}, "", Page(sort=""))
    # Another one that failed is paused
    assert ({one.id for one in found}, total) == ({six[1].id, six[2].id}, 2)
    assert total == services.schedule_summaries.summary(admin, acme.id).failing
    assert total == services.export_analytics.read(admin, acme.id).failing.total
    assert services.schedules.find(admin, acme.id, {"failing": False}, "", Page(sort=""))[1] == 2
