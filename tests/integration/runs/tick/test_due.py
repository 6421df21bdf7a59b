"""Each due schedule becomes exactly one run."""

from datetime import UTC, date, datetime, timedelta

import pytest

from exports_app.db.engine import Database
from exports_app.db.store import SqlStore
from exports_app.domain.access import Principal
from exports_app.domain.runs.states import RunStatus, Trigger
from exports_app.services.core.change_events import Changes, Topic
from exports_app.services.core.records import Tenant
from exports_app.services.runs.ticks import Ticks
from exports_app.services.schedules.cron_expressions import CronExpressions
from exports_app.services.schedules.filters import Filters
from exports_app.services.schedules.service import Schedules
from exports_app.wiring import Services
from tests.doubles import FakeClock, Watch
from tests.integration.runs.tick.hours import ELEVEN, HOUR, hourly, write_directly
from tests.world import draft, make_schedule, runs_of, side_by_side, stored


def test_a_due_schedule_becomes_a_pending_run_with_its_snapshot(
    services: Services, admin: Principal, clock: FakeClock, acme: Tenant
) -> None:
    made = hourly(
        services, admin, filters=Filters(period="yesterday"), when_empty="skip", format="xml"
    )
    assert services.ticks.tick() == 0
    clock.set(ELEVEN)
    assert services.ticks.tick() == 1
    (run,) = runs_of(services, made)
    assert (run.status, run.trigger, run.triggered_by, run.attempt) == (
        RunStatus.PENDING,
        Trigger.SCHEDULE,
        None,
        0,
    )
    assert (run.scheduled_for, run.created_at, run.missed_ticks) == (ELEVEN, ELEVEN, 0)
    assert (run.tenant_id, run.format, run.recipients) == (acme.id, "xml", ["ann@example.com"])
    snapshot = {
        "version": 1,
        "name": "Weekly numbers",
        "export_type": "campaigns",
        "format": "xml",
        "filters": {"period": "yesterday"},
        "timezone": "UTC",
        "recipients": ["ann@example.com"],
        "when_empty": "skip",
        "owner_id": admin.user_id,
        "delivery": "auto",
        "link_days": 7,
        "time_limit": 3600,
        "on_unknown": "resend",
        "retry_attempts": None,
        "retry_base_seconds": None,
    }
    assert run.spec.to_json().items() >= snapshot.items()
    assert stored(services, made).next_run_at == ELEVEN + HOUR


def test_a_second_tick_in_the_same_moment_makes_no_second_run(
    services: Services, admin: Principal, clock: FakeClock
) -> None:
    made = hourly(services, admin)
    clock.set(ELEVEN)
    assert [services.ticks.tick() for _ in range(3)] == [1, 0, 0]
    assert len(runs_of(services, made)) == 1


def test_a_schedule_is_not_due_a_moment_too_early(
    services: Services, admin: Principal, clock: FakeClock
) -> None:
    hourly(services, admin)
    clock.set(ELEVEN - timedelta(microseconds=1))
    assert services.ticks.tick() == 0


def test_racing_engines_make_exactly_one_run_per_tick(
    services: Services, admin: Principal, clock: FakeClock
) -> None:
    made = [hourly(services, admin, name=f"No. {i}") for i in range(10)]
    databases = [
        services.database,
        Database(services.database.url),
    ]  # two processes, four threads each

    def engine(i: int) -> int:
        return Ticks(SqlStore(databases[i % 2]), Changes(), clock, services.quotas).tick()

    for hour in range(3):
        clock.set(ELEVEN + hour * HOUR)
        assert sum(side_by_side(8, engine)) == len(made)
    databases[1].dispose()
    for one in made:
        assert [r.scheduled_for for r in reversed(runs_of(services, one))] == [
            ELEVEN,
            ELEVEN + HOUR,
            ELEVEN + 2 * HOUR,
        ]


def test_after_downtime_the_latest_tick_runs_once_and_says_what_was_missed(
    services: Services, admin: Principal, clock: FakeClock
) -> None:
    made = hourly(services, admin)
    clock.set(ELEVEN + timedelta(hours=5, minutes=20))
    assert services.ticks.tick() == 1
    (run,) = runs_of(services, made)
    assert (run.scheduled_for, run.missed_ticks) == (ELEVEN + 5 * HOUR, 5)
    assert stored(services, made).next_run_at == ELEVEN + 6 * HOUR
    clock.set(ELEVEN + 6 * HOUR)
    services.ticks.tick()
    newest, _ = runs_of(services, made)
    assert (newest.scheduled_for, newest.missed_ticks) == (ELEVEN + 6 * HOUR, 0)


def test_every_tick_is_either_run_or_counted_as_missed(
    services: Services, admin: Principal, clock: FakeClock
) -> None:
    made = make_schedule(services, admin, schedule="*/7 * * * *", timezone="Europe/Berlin")
    begin = clock()
    for minutes in (1, 7, 100, 3, 7, 7, 1500, 14, 6):
        clock.advance(minutes=minutes, seconds=11)
        services.ticks.tick()
    due = services.cron_expressions.validate(
        admin, made.schedule, made.timezone, begin, 1000
    ).next_runs
    runs = runs_of(services, made)
    assert len(runs) + sum(r.missed_ticks for r in runs) == len([d for d in due if d <= clock()])
    assert {r.scheduled_for for r in runs} <= set(due)


def test_a_year_of_missed_minutes_is_counted(
    services: Services, admin: Principal, clock: FakeClock
) -> None:
    made = make_schedule(services, admin, schedule="* * * * *", timezone="UTC")
    clock.set(datetime(2027, 3, 4, 10, 30, tzinfo=UTC))
    assert services.ticks.tick() == 1
    (run,) = runs_of(services, made)
    assert (run.scheduled_for, run.missed_ticks) == (clock(), 365 * 24 * 60 - 1)


def test_the_window_is_that_of_the_tick_however_late_it_runs(
    services: Services, admin: Principal, clock: FakeClock
) -> None:
    made = make_schedule(
        services,
        admin,
        schedule="30 23 * * *",
        timezone="America/New_York",
        filters=Filters(period="yesterday"),
    )
    clock.set(datetime(2026, 3, 6, 15, 0, tzinfo=UTC))
    services.ticks.tick()
    (run,) = runs_of(services, made)
    # Due at half past eleven at night on the 5th in New York, which is the 6th in UTC
    assert run.scheduled_for == datetime(2026, 3, 6, 4, 30, tzinfo=UTC)
    assert (run.window_start, run.window_end) == (date(2026, 3, 4), date(2026, 3, 4))


def test_inactive_and_deleted_schedules_are_not_due(
    services: Services, admin: Principal, clock: FakeClock
) -> None:
    paused, deleted = hourly(services, admin), hourly(services, admin)
    services.schedules.update(admin, paused.id, {"is_active": False})
    services.schedules.delete(admin, deleted.id)
    clock.set(ELEVEN)
    assert services.ticks.tick() == 0
    # Not even where a moment to be due has been left behind
    write_directly(services, paused, next_run_at=ELEVEN)
    write_directly(services, deleted, next_run_at=ELEVEN, is_active=True)
    assert services.ticks.tick() == 0


def test_more_due_schedules_than_one_batch_are_all_run(
    services: Services, admin: Principal, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("exports_app.services.runs.ticks.TICK_BATCH", 3)
    for i in range(7):
        hourly(services, admin, name=f"No. {i}")
    clock.set(ELEVEN)
    assert [services.ticks.tick() for _ in range(4)] == [3, 3, 1, 0]


def test_runs_are_announced_once_to_each_tenant(
    services: Services,
    admin: Principal,
    outsider: Principal,
    clock: FakeClock,
    watch: Watch,
    acme: Tenant,
    globex: Tenant,
) -> None:
    for who in (admin, admin, outsider):
        hourly(services, who)
    clock.set(ELEVEN)
    watch.seen.clear()
    services.ticks.tick()
    assert sorted((c.topic, c.tenant_id) for c in watch.seen) == [
        (Topic.RUNS, acme.id),
        (Topic.RUNS, globex.id),
    ]


def test_a_minimum_interval_guards_against_floods(
    services: Services, admin: Principal, clock: FakeClock
) -> None:
    strict = Schedules(services.store, services.changes, clock, services.quotas, 3600, "UTC")
    expressions = CronExpressions(clock, 3600, "UTC")
    answer = expressions.validate(admin, "*/30 * * * *", None, None, 5)
    assert not answer.valid
    assert "3600" in answer.message
    assert strict.create(admin, None, draft(schedule="@hourly"))
