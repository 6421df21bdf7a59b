"""The tick: each due schedule becomes exactly one run, whoever races, sleeps or turns the clock."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from exports_app.db import models
from exports_app.db.engine import Database
from exports_app.db.repositories import table
from exports_app.db.store import SqlStore
from exports_app.domain.access import Principal
from exports_app.domain.errors import Invalid
from exports_app.domain.runs.states import RunStatus, Trigger
from exports_app.services.core.change_events import Changes, Topic
from exports_app.services.core.interfaces import Store, Transaction
from exports_app.services.core.records import NotificationKind, Schedule, Tenant
from exports_app.services.runs.ticks import Ticks
from exports_app.services.schedules.filters import Filters
from exports_app.services.schedules.service import Schedules
from exports_app.wiring import Services
from tests.world import NOW, FakeClock, Watch, draft, make_schedule, runs_of, side_by_side, stored

HOUR = timedelta(hours=1)
ELEVEN = datetime(2026, 3, 4, 11, 0, tzinfo=UTC)


def hourly(services: Services, who: Principal, **changes: Any) -> Schedule:
    return make_schedule(services, who, **{"schedule": "@hourly", "timezone": "UTC"} | changes)


def write_directly(services: Services, schedule: Schedule, **values: Any) -> None:
    with services.database.write() as connection:
        rows = table(models.ScheduleRow)
        connection.execute(update(rows).where(rows.c.id == schedule.id).values(**values))


@dataclass
class MeanwhileStore:
    """The real store; before the next write somebody else does something."""

    store: Store
    meanwhile: Callable[[], None]

    def read(self) -> Any:
        return self.store.read()

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        self.meanwhile()
        with self.store.write() as tx:
            yield tx

    def rows(self, query: Any, chunk: int) -> Any:
        return self.store.rows(query, chunk)

    def ping(self) -> None:
        self.store.ping()


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
    due = services.schedules.validate_cron(
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


@pytest.mark.parametrize(
    "edit",
    [
        {"recipients": ("bob@example.com",)},
        {"name": "Other"},
        {"schedule": "0 12 * * *"},
        {"is_active": False},
    ],
)
def test_a_schedule_edited_under_the_ticks_hands_is_not_fired_as_it_was(
    services: Services, admin: Principal, clock: FakeClock, edit: dict[str, Any]
) -> None:
    made = hourly(services, admin)
    clock.set(ELEVEN)
    edited = list[Schedule]()
    store = MeanwhileStore(
        services.store, lambda: edited.append(services.schedules.update(admin, made.id, edit))
    )
    assert Ticks(store, Changes(), clock, services.quotas).tick() == 0
    assert runs_of(services, made) == []
    assert stored(services, made) == edited[0]
    # The next tick takes it as it is now
    still_due = edited[0].next_run_at == ELEVEN
    assert services.ticks.tick() == int(still_due)
    assert [r.recipients for r in runs_of(services, made)] == (
        [edited[0].recipients] if still_due else []
    )


def test_a_schedule_deleted_under_the_ticks_hands_is_not_fired(
    services: Services, admin: Principal, clock: FakeClock
) -> None:
    made = hourly(services, admin)
    clock.set(ELEVEN)
    store = MeanwhileStore(services.store, lambda: services.schedules.delete(admin, made.id))
    assert Ticks(store, Changes(), clock, services.quotas).tick() == 0
    assert runs_of(services, made) == []


def test_an_engine_that_stalls_in_its_tick_adds_nothing_to_what_another_did_since(
    services: Services, admin: Principal, clock: FakeClock
) -> None:
    made = hourly(services, admin)
    clock.set(ELEVEN)

    def another_engine_two_hours_later() -> None:
        clock.set(ELEVEN + 2 * HOUR)
        assert services.ticks.tick() == 1

    assert (
        Ticks(
            MeanwhileStore(services.store, another_engine_two_hours_later),
            Changes(),
            clock,
            services.quotas,
        ).tick()
        == 0
    )
    (run,) = runs_of(services, made)
    assert (run.scheduled_for, run.missed_ticks) == (ELEVEN + 2 * HOUR, 2)
    assert stored(services, made).next_run_at == ELEVEN + 3 * HOUR


def test_an_edit_during_a_tick_holds_up_no_other_schedule(
    services: Services, admin: Principal, clock: FakeClock
) -> None:
    made, other = hourly(services, admin), hourly(services, admin, name="Other")
    clock.set(ELEVEN)
    store = MeanwhileStore(services.store, lambda: services.schedules.delete(admin, made.id))
    assert Ticks(store, Changes(), clock, services.quotas).tick() == 1
    assert len(runs_of(services, other)) == 1


def test_a_clock_that_goes_back_makes_no_second_run(
    services: Services, admin: Principal, clock: FakeClock
) -> None:
    made = hourly(services, admin)
    clock.set(ELEVEN + timedelta(seconds=1))
    services.ticks.tick()
    clock.set(NOW)
    assert services.ticks.tick() == 0
    clock.set(ELEVEN + timedelta(seconds=1))
    assert services.ticks.tick() == 0
    assert len(runs_of(services, made)) == 1


def test_a_tick_that_comes_back_with_the_clock_and_an_edit_makes_no_second_run(
    services: Services, admin: Principal, clock: FakeClock
) -> None:
    made = hourly(services, admin)
    clock.set(ELEVEN)
    services.ticks.tick()
    clock.set(NOW)
    # Reckoned anew from the earlier clock: eleven lies ahead again
    assert (
        services.schedules.update(admin, made.id, {"schedule": "0 * * * *"}).next_run_at == ELEVEN
    )
    clock.set(ELEVEN)
    assert services.ticks.tick() == 0
    assert len(runs_of(services, made)) == 1
    assert stored(services, made).next_run_at == ELEVEN + HOUR


def test_a_schedule_whose_zone_is_gone_ends_visibly_and_holds_up_nobody(
    services: Services, admin: Principal, clock: FakeClock
) -> None:
    broken, fine = hourly(services, admin, name="Broken"), hourly(services, admin, name="Fine")
    write_directly(
        services, broken, timezone="Mars/Olympus", next_run_at=ELEVEN - timedelta(minutes=1)
    )
    clock.set(ELEVEN)
    assert services.ticks.tick() == 2
    (run,) = runs_of(services, broken)
    assert (run.status, run.error_code, run.completed_at) == (
        RunStatus.SKIPPED,
        "invalid_timezone",
        ELEVEN,
    )
    assert "time zone" in (run.error or "")
    now = stored(services, broken)
    assert (now.is_active, now.next_run_at, now.paused_at, now.paused_reason) == (
        False,
        None,
        ELEVEN,
        run.error,
    )
    (told,) = services.history.notifications(admin, broken.id, 9)
    assert (told.kind, told.target) == (NotificationKind.PAUSED, "admin@example.com")
    assert [r.status for r in runs_of(services, fine)] == [RunStatus.PENDING]
    assert services.ticks.tick() == 0


def test_a_schedule_whose_zone_is_gone_is_resumed_with_a_new_one(
    services: Services, admin: Principal, clock: FakeClock
) -> None:
    broken = hourly(services, admin)
    write_directly(services, broken, timezone="Mars/Olympus")
    clock.set(ELEVEN)
    services.ticks.tick()
    with pytest.raises(Invalid):
        services.schedules.update(admin, broken.id, {"is_active": True})
    assert services.schedules.update(admin, broken.id, {"timezone": "UTC"}).next_run_at is None
    assert (
        services.schedules.update(admin, broken.id, {"is_active": True}).next_run_at
        == ELEVEN + HOUR
    )


def test_a_schedule_that_cannot_be_read_any_more_holds_up_nobody(
    services: Services, admin: Principal, clock: FakeClock
) -> None:
    broken, fine = hourly(services, admin, name="Broken"), hourly(services, admin, name="Fine")
    write_directly(
        services,
        broken,
        filters={"period": "a period of an older version"},
        next_run_at=ELEVEN - timedelta(minutes=1),
    )
    clock.set(ELEVEN)
    assert services.ticks.tick() == 2
    (run,) = runs_of(services, broken)
    assert run.status is RunStatus.SKIPPED
    assert run.error
    assert [r.status for r in runs_of(services, fine)] == [RunStatus.PENDING]


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
    answer = strict.validate_cron(admin, "*/30 * * * *", None, None, 5)
    assert not answer.valid
    assert "3600" in answer.message
    assert strict.create(admin, None, draft(schedule="@hourly"))
