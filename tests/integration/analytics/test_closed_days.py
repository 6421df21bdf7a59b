"""Past days are counted once, and their figures kept: they are what a count of the runs finds."""

import random
import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from exports_app.db.repositories.closed_days import RunDayRepository
from exports_app.domain.access import Principal
from exports_app.domain.runs.states import FINISHED, RunStatus, Trigger
from exports_app.domain.schedules.run_spec import RunSpec
from exports_app.services.analytics.closed_days import KEPT, last_days
from exports_app.services.analytics.exports import Day
from exports_app.services.core.change_events import Change, Topic
from exports_app.services.core.interfaces import Span
from exports_app.services.core.records import Run, Schedule, Tenant, new_id
from exports_app.wiring import Services
from tests.doubles import FakeClock
from tests.query_plans import plans
from tests.world import DEADLINE, make_schedule, sql

NOW = datetime(2026, 3, 30, 10, tzinfo=UTC)
"""The clocks of Berlin changed the day before."""
COMPLETED, FAILED, PENDING = RunStatus.COMPLETED, RunStatus.FAILED, RunStatus.PENDING


@pytest.fixture
def schedule(services: Services, admin: Principal, clock: FakeClock) -> Schedule:
    clock.set(NOW)
    return make_schedule(services, admin)


def a_run(
    schedule: Schedule, days_ago: float, status: RunStatus = COMPLETED, seconds: float = 2
) -> Run:
    at = NOW - timedelta(days=days_ago)
    spec = RunSpec(name=schedule.name)
    run = Run(
        new_id(), schedule.id, schedule.tenant_id, Trigger.MANUAL, spec, "csv", status, [], at
    )
    if status not in FINISHED:
        return run
    return replace(run, started_at=at, completed_at=at + timedelta(seconds=seconds))


def add(services: Services, *runs: Run) -> None:
    with services.store.write() as tx:
        assert len(tx.runs.add_all(runs)) == len(runs)


def days(services: Services, who: Principal, tenant: Tenant) -> tuple[Day, ...]:
    """As a page sees them that reads anew."""
    services.changes.publish(Change(Topic.RUNS, tenant.id))
    return services.export_analytics.read(who, tenant.id).days


def counts(services: Services, who: Principal, tenant: Tenant) -> dict[int, dict[RunStatus, int]]:
    """By how many days ago."""
    found = reversed(days(services, who, tenant))
    return {ago: dict(day.counts) for ago, day in enumerate(found) if day.counts}


def closed(services: Services, tenant: Tenant) -> int:
    (row,) = sql(services, "SELECT count(*) FROM closed_days WHERE tenant_id = ?", tenant.id)
    return int(row[0])


def test_past_days_are_closed_and_today_is_not(
    services: Services, schedule: Schedule, admin: Principal, acme: Tenant, clock: FakeClock
) -> None:
    add(services, a_run(schedule, 5), a_run(schedule, 5, FAILED), a_run(schedule, 0))
    assert counts(services, admin, acme) == {5: {COMPLETED: 1, FAILED: 1}, 0: {COMPLETED: 1}}
    assert closed(services, acme) == 29
    clock.advance(hours=12.5)  # half past midnight in Berlin: transactions may be open
    assert counts(services, admin, acme) == {6: {COMPLETED: 1, FAILED: 1}, 1: {COMPLETED: 1}}
    assert closed(services, acme) == 29
    clock.advance(hours=1)
    days(services, admin, acme)
    assert closed(services, acme) == 30  # one of them is older than the chart


def test_only_days_that_are_not_closed_are_counted(
    services: Services,
    schedule: Schedule,
    admin: Principal,
    acme: Tenant,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    add(services, a_run(schedule, 3), a_run(schedule, 1, PENDING))
    before = days(services, admin, acme)
    counted: list[Span] = []
    count_days = RunDayRepository._count_days

    def noted(self: RunDayRepository, tenant_id: str, spans: Sequence[Span]) -> list[object]:
        counted.extend(spans)
        return count_days(self, tenant_id, spans)  # type: ignore[return-value]

    monkeypatch.setattr(RunDayRepository, "_count_days", noted)
    assert days(services, admin, acme) == before
    zone = services.closed_days.zone(acme)
    assert counted == last_days(zone, NOW)[-2:]  # yesterday has a run that has not ended


@pytest.mark.about_sqlite
def test_no_scan_is_needed(
    services: Services, schedule: Schedule, admin: Principal, acme: Tenant
) -> None:
    add(services, *(a_run(schedule, ago) for ago in range(40)))
    days(services, admin, acme)
    with plans(services) as steps:
        services.changes.publish(Change(Topic.SCHEDULES, acme.id))
        days(services, admin, acme)
    growing = ("export_history", "scheduled_exports", "users", "memberships", "closed_days")
    assert [s for s in steps if s.startswith("SCAN") and s.split()[1] in growing] == []


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE export_history SET status = 'pending', started_at = NULL, completed_at = NULL",
        "UPDATE export_history SET status = 'partial'",
        "UPDATE export_history SET completed_at = created_at",
    ],
)
def test_a_changed_run_opens_its_day_again(
    services: Services, schedule: Schedule, admin: Principal, acme: Tenant, change: str
) -> None:
    run, other = a_run(schedule, 4), a_run(schedule, 9)
    add(services, run, other)
    before = days(services, admin, acme)
    sql(services, f"{change} WHERE id = ?", run.id)
    assert closed(services, acme) == 28
    after = days(services, admin, acme)
    assert [i for i, (old, new) in enumerate(zip(before, after, strict=True)) if old != new] == [25]
    assert closed(services, acme) == (28 if "pending" in change else 29)


def test_a_run_that_is_sent_again_is_counted_as_waiting_and_then_as_it_ends(
    services: Services, schedule: Schedule, admin: Principal, acme: Tenant
) -> None:
    run = a_run(schedule, 4, FAILED)
    add(services, run)
    assert counts(services, admin, acme) == {4: {FAILED: 1}}
    with services.store.write() as tx:
        assert tx.runs.reopen(run)
    assert counts(services, admin, acme) == {4: {PENDING: 1}}
    with services.store.write() as tx:
        assert tx.runs.cancel(replace(run, status=PENDING), {"completed_at": NOW})
    assert counts(services, admin, acme) == {4: {RunStatus.CANCELLED: 1}}
    assert closed(services, acme) == 29


def test_a_run_that_is_added_to_a_past_day_is_counted(
    services: Services, schedule: Schedule, admin: Principal, acme: Tenant
) -> None:
    """The clock may have been set back."""
    add(services, a_run(schedule, 6))
    days(services, admin, acme)
    add(services, a_run(schedule, 6), a_run(schedule, 8))
    assert counts(services, admin, acme) == {6: {COMPLETED: 2}, 8: {COMPLETED: 1}}


def test_a_backfill_moves_a_skipped_run_to_today(
    services: Services, schedule: Schedule, admin: Principal, acme: Tenant
) -> None:
    skipped = a_run(schedule, 7, RunStatus.SKIPPED)
    add(services, skipped)
    assert counts(services, admin, acme) == {7: {RunStatus.SKIPPED: 1}}
    with services.store.write() as tx:
        assert tx.runs.replace_skipped(skipped, a_run(schedule, 0, PENDING))
    assert counts(services, admin, acme) == {0: {PENDING: 1}}


def test_runs_that_leave_the_history_stay_in_the_figures(
    services: Services, schedule: Schedule, admin: Principal, acme: Tenant
) -> None:
    add(services, a_run(schedule, 20), a_run(schedule, 2))
    before = days(services, admin, acme)
    sql(services, "DELETE FROM export_history")
    assert days(services, admin, acme) == before


def test_another_zone_has_other_days(
    services: Services, schedule: Schedule, admin: Principal, acme: Tenant
) -> None:
    late = a_run(schedule, 83.8 / 24)  # 23:12 in Berlin, the next day in Kolkata
    add(services, late)
    assert counts(services, admin, acme) == {4: {COMPLETED: 1}}
    services.tenants.update(admin, acme.id, {"timezone": "Asia/Kolkata"})
    assert counts(services, admin, acme) == {3: {COMPLETED: 1}}


def test_housekeeping_closes_the_days_of_all_and_forgets_old_ones(
    services: Services, schedule: Schedule, acme: Tenant, globex: Tenant, clock: FakeClock
) -> None:
    services.closed_days.close_all()
    assert (closed(services, acme), closed(services, globex)) == (29, 29)
    clock.advance(days=KEPT.days)
    services.closed_days.close_all()
    assert (closed(services, acme), closed(services, globex)) == (29, 29)


def counted_anew(services: Services, who: Principal, tenant: Tenant) -> tuple[Day, ...]:
    sql(services, "DELETE FROM closed_days")
    return days(services, who, tenant)


def test_figures_are_right_after_each_of_many_random_changes(
    services: Services, schedule: Schedule, admin: Principal, acme: Tenant
) -> None:
    chance = random.Random(17)
    runs: list[Run] = []
    for _ in range(7):
        new = [
            a_run(schedule, chance.randrange(5, 35) + 0.2, chance.choice(list(RunStatus)), i)
            for i in range(chance.randrange(4))
        ]
        add(services, *new)
        runs += new
        for run in chance.sample(runs, min(2, len(runs))):
            status = chance.choice(list(RunStatus))
            query = "UPDATE export_history SET status = ? WHERE id = ?"
            sql(services, query, status.value, run.id)
        seen = days(services, admin, acme)
        assert seen == counted_anew(services, admin, acme)


@pytest.mark.about_postgresql
def test_who_closes_a_day_waits_for_a_change_that_is_not_committed(
    services: Services, schedule: Schedule, admin: Principal, acme: Tenant
) -> None:
    run = a_run(schedule, 4, FAILED)
    add(services, run)
    closing = threading.Thread(target=services.closed_days.close_all, name="closing")
    with services.store.write() as tx:
        assert tx.runs.reopen(run)
        closing.start()
        _until_one_waits(services)
    closing.join(DEADLINE)
    assert not closing.is_alive()
    assert counts(services, admin, acme) == {4: {PENDING: 1}}


def _until_one_waits(services: Services) -> None:
    query = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    with psycopg.connect(services.database.libpq_url, autocommit=True) as connection:
        while connection.execute(query).fetchone() == (0,):
            pass
