"""Runs that have been in the history for long enough."""

from datetime import date, timedelta

import pytest

from exports_app.domain.access import Principal
from exports_app.domain.errors import NotFound
from exports_app.domain.runs.states import RunStatus, Trigger
from exports_app.services.core.interfaces.old_runs import Expiry
from exports_app.services.core.records import (
    Attempt,
    Delivery,
    DownloadWay,
    FileDownload,
    Notification,
    NotificationKind,
    Run,
    Schedule,
    Tenant,
    new_id,
)
from exports_app.services.runs import history_retention
from exports_app.services.runs.history_retention import RemovedHistory
from exports_app.services.schedules.new_run import new_run
from exports_app.wiring import Services
from tests.doubles import FakeClock, Watch
from tests.query_plans import plans
from tests.world import make_schedule, runs_of, sql

DAY = timedelta(days=1)
CHILDREN = ("deliveries", "run_attempts", "file_downloads")


@pytest.fixture(autouse=True)
def few_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    """The newest three of each schedule, in place of twenty."""
    monkeypatch.setattr(history_retention, "KEPT_RUNS", 3)


@pytest.fixture
def schedule(services: Services, admin: Principal) -> Schedule:
    return make_schedule(services, admin)


def add_runs(
    services: Services, schedule: Schedule, count: int, *, age: int = 1000, **values: object
) -> list[Run]:
    """Runs of so many days in a row, the first `age` days ago, each with all that belongs to it.
    The oldest first."""
    runs = []
    with services.store.write() as tx:
        for number in range(count):
            at = services.clock() - timedelta(days=age - number)
            made = new_run(schedule, Trigger.SCHEDULE, at, scheduled_for=at, created_at=at)
            ended = {"status": RunStatus.COMPLETED, "completed_at": at} | values
            run = Run(**(vars(made) | ended))
            tx.runs.add(run)
            delivery = Delivery(
                new_id(), run.id, "email", "ann@example.com", "accepted", f"<{run.id}@test>"
            )
            tx.deliveries.add([delivery])
            tx.attempts.add(Attempt(new_id(), run.id, 1, at))
            way = DownloadWay.PAGE
            tx.downloads.add(FileDownload(new_id(), run.id, way, at, None, None, "::1", "curl"))
            runs.append(run)
    return runs


def sweep(services: Services) -> int:
    return services.history_retention.sweep(pause=lambda _: None)


def ids(runs: list[Run]) -> set[str]:
    return {run.id for run in runs}


def count(services: Services, table: str) -> int:
    return int(sql(services, f"SELECT count(*) FROM {table}")[0][0])


def test_old_runs_go_with_what_belongs_to_them_and_the_newest_stay(
    services: Services, schedule: Schedule, watch: Watch
) -> None:
    runs = add_runs(services, schedule, 10)
    seen = len(watch.seen)
    assert sweep(services) == 7
    assert ids(runs_of(services, schedule)) == ids(runs[-3:])
    assert [count(services, table) for table in CHILDREN] == [3, 3, 3]
    assert len(watch.seen) == seen + 1
    assert sweep(services) == 0


def test_runs_that_are_young_enough_stay_however_many(
    services: Services, schedule: Schedule
) -> None:
    add_runs(services, schedule, 10, age=729)
    assert sweep(services) == 0
    add_runs(services, schedule, 2, age=733)
    assert sweep(services) == 2


def test_each_tenant_has_its_own_days(
    services: Services, admin: Principal, outsider: Principal, acme: Tenant, globex: Tenant
) -> None:
    mine, theirs = make_schedule(services, admin), make_schedule(services, outsider)
    add_runs(services, mine, 10, age=100)
    others = add_runs(services, theirs, 10, age=100)
    services.tenants.update(admin, acme.id, {"keep_runs_days": 90})
    assert sweep(services) == 7
    assert ids(runs_of(services, theirs)) == ids(others)
    assert globex.keep_runs_days is None


@pytest.mark.one_database
def test_no_tenant_keeps_less_than_the_analytics_show(
    services: Services, schedule: Schedule, acme: Tenant
) -> None:
    add_runs(services, schedule, 10, age=31)
    sql(services, "UPDATE tenants SET keep_runs_days = 0")
    assert sweep(services) == 0


@pytest.mark.one_database
@pytest.mark.parametrize(
    "values",
    [
        {"status": RunStatus.PENDING, "completed_at": None},
        {"status": RunStatus.PROCESSING, "completed_at": None},
        {"file_key": "tenant/run/file.csv"},
    ],
    ids=["pending", "processing", "with a file"],
)
def test_a_run_stays_that_is_not_over_or_has_a_file(
    services: Services, schedule: Schedule, values: dict[str, object]
) -> None:
    stays = add_runs(services, schedule, 1, age=1100, **values)
    add_runs(services, schedule, 10)
    assert sweep(services) == 7
    assert ids(stays) < ids(runs_of(services, schedule))


def test_a_run_stays_until_its_links_end_or_are_revoked(
    services: Services, schedule: Schedule, clock: FakeClock
) -> None:
    ends = clock() + DAY
    add_runs(services, schedule, 1, age=1100, link_expires_at=ends)
    add_runs(services, schedule, 1, age=1099, link_expires_at=ends, links_revoked_at=clock())
    add_runs(services, schedule, 3)
    assert sweep(services) == 1
    clock.advance(days=1, seconds=1)
    assert sweep(services) == 1


@pytest.mark.one_database
def test_a_run_that_ended_lately_stays(
    services: Services, schedule: Schedule, clock: FakeClock
) -> None:
    add_runs(services, schedule, 1, age=1100, completed_at=clock() - DAY)
    add_runs(services, schedule, 3)
    assert sweep(services) == 0


def test_a_run_of_a_tick_stays_that_its_schedule_has_still_to_pass(
    services: Services, schedule: Schedule, clock: FakeClock
) -> None:
    """A person ran it after a long stop of the engine, which comes to the same tick later."""
    runs = add_runs(services, schedule, 10)
    due = runs[2].scheduled_for
    with services.store.write() as tx:
        tx.schedules.advance({schedule.id: due})
    assert sweep(services) == 2
    assert ids(runs_of(services, schedule)) == ids(runs[2:])


def test_of_a_deleted_schedule_nothing_stays(
    services: Services, admin: Principal, schedule: Schedule, clock: FakeClock
) -> None:
    add_runs(services, schedule, 10)
    services.schedules.delete(admin, schedule.id)
    assert sweep(services) == 7
    clock.advance(days=731)
    assert sweep(services) == 3
    assert runs_of(services, schedule) == []


def test_runs_created_at_one_instant_are_told_apart(
    services: Services, schedule: Schedule, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As those of one tick are; the parts of the history end between them."""
    monkeypatch.setattr(history_retention, "LOOK", 2)
    add_runs(services, schedule, 9, created_at=clock() - timedelta(days=1000))
    newest = ids(runs_of(services, schedule)[:3])
    assert sweep(services) == 6
    assert ids(runs_of(services, schedule)) == newest


def test_the_schedule_knows_what_was_removed(services: Services, schedule: Schedule) -> None:
    runs = add_runs(services, schedule, 5)
    with services.store.read() as tx:
        assert tx.old_runs.removed_from(schedule.id) is None
    sweep(services)
    later = add_runs(services, schedule, 5, age=900)
    sweep(services)
    with services.store.read() as tx:
        removed = tx.old_runs.removed_from(schedule.id)
    assert removed is not None
    assert removed.runs == 7
    assert removed.last_created_at == later[1].created_at
    assert (removed.first_tick, removed.last_tick) == (
        runs[0].scheduled_for,
        later[1].scheduled_for,
    )


def test_a_notification_about_a_removed_run_stays(
    services: Services, schedule: Schedule, clock: FakeClock
) -> None:
    run, *_ = add_runs(services, schedule, 4)
    notice = Notification(
        *(new_id(), schedule.tenant_id, schedule.id, run.id, NotificationKind.FAILING),
        *("ann@example.com", {}, "accepted", clock()),
    )
    with services.store.write() as tx:
        tx.notifications.add([notice])
    assert sweep(services) == 1
    with services.store.read() as tx:
        (left,) = tx.notifications.of_schedule(schedule.id, 10)
    assert left.history_id is None


class Crash(Exception):
    pass


def test_after_a_crash_in_the_middle_of_a_batch_all_of_it_is_there(
    services: Services, schedule: Schedule, clock: FakeClock
) -> None:
    runs = add_runs(services, schedule, 10)
    expiry = Expiry(clock() - 730 * DAY, clock(), 3)

    def crash() -> None:
        with services.store.write() as tx:
            assert tx.old_runs.remove([run.id for run in runs], expiry) == 7
            raise Crash

    with pytest.raises(Crash):
        crash()
    assert len(runs_of(services, schedule)) == 10
    assert [count(services, table) for table in (*CHILDREN, "removed_runs")] == [10, 10, 10, 0]
    assert sweep(services) == 7


def test_a_run_that_is_sent_again_meanwhile_stays(
    services: Services, schedule: Schedule, clock: FakeClock
) -> None:
    """Between the look at the history and the removal."""
    runs = add_runs(services, schedule, 4, status=RunStatus.FAILED)
    expiry = Expiry(clock() - 730 * DAY, clock(), 3)
    with services.store.read() as tx:
        part = tx.old_runs.look(schedule.tenant_id, expiry, None, 10)
    assert part.removable == [runs[0].id]
    with services.store.write() as tx:
        assert tx.runs.reopen(runs[0])
    with services.store.write() as tx:
        assert tx.old_runs.remove(part.removable, expiry) == 0


@pytest.mark.one_database
@pytest.mark.parametrize("batches", [0, 1, 2])
def test_a_stop_ends_it_between_two_batches(
    services: Services, schedule: Schedule, monkeypatch: pytest.MonkeyPatch, batches: int
) -> None:
    monkeypatch.setattr(history_retention, "BATCH", 2)
    add_runs(services, schedule, 10)
    done = list[float]()

    def stopped() -> bool:
        return len(done) >= batches

    removed = services.history_retention.sweep(stopped, done.append)
    assert removed == 2 * batches
    assert sweep(services) == 7 - removed


@pytest.mark.one_database
def test_others_write_between_two_batches(
    services: Services, schedule: Schedule, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history_retention, "BATCH", 2)
    add_runs(services, schedule, 10)
    made = list[Run]()

    def write(_: float) -> None:
        made.extend(add_runs(services, schedule, 1, age=10 - len(made)))

    assert services.history_retention.sweep(pause=write) == 7
    assert len(made) == 4


@pytest.mark.about_sqlite  # its plan of the queries
def test_it_reads_by_index(services: Services, schedule: Schedule) -> None:
    add_runs(services, schedule, 10)
    with plans(services) as steps:
        sweep(services)
    walk = "export_history USING INDEX ix_export_history_tenant_id_created_at"
    assert any(walk in step for step in steps), steps
    newer = "newer USING COVERING INDEX ix_export_history_scheduled_export_id_created_at"
    assert any(newer.replace("COVERING ", "") in step.replace("COVERING ", "") for step in steps)
    big = ("export_history", "newer", "scheduled_exports", *CHILDREN)
    scans = [step for step in steps if step.startswith(tuple(f"SCAN {name}" for name in big))]
    assert scans == []


@pytest.mark.about_postgresql
def test_two_servers_remove_each_run_once(services: Services, schedule: Schedule) -> None:
    add_runs(services, schedule, 10)
    expiry = Expiry(services.clock() - 730 * DAY, services.clock(), 3)
    all_ids = [run.id for run in runs_of(services, schedule)]
    with services.store.write() as first:
        assert first.old_runs.remove(all_ids, expiry) == 7
        with services.store.write() as second:
            assert second.old_runs.remove(all_ids, expiry) == 0
    with services.store.read() as tx:
        removed = tx.old_runs.removed_from(schedule.id)
    assert removed is not None
    assert removed.runs == 7


class TestTicksWhoseRunWasRemoved:
    @pytest.fixture
    def daily(self, services: Services, admin: Principal) -> Schedule:
        """At nine each day, with runs of ten days in a row of which the newest three are left."""
        made = make_schedule(services, admin, schedule="0 9 * * *", timezone="UTC")
        with services.store.write() as tx:
            for number in range(10):
                at = services.clock().replace(hour=9, minute=0) - timedelta(days=1000 - number)
                run = new_run(made, Trigger.SCHEDULE, at, scheduled_for=at, created_at=at)
                ended = {"status": RunStatus.COMPLETED, "completed_at": at}
                tx.runs.add(Run(**(vars(run) | ended)))
        assert sweep(services) == 7
        return made

    @pytest.fixture
    def days(self, clock: FakeClock) -> tuple[date, date]:
        """Two before the first run, up to the last one's."""
        first = (clock() - timedelta(days=1000)).date()
        return first - timedelta(days=2), first + timedelta(days=9)

    def test_are_not_run_by_a_backfill_that_does_not_say_so(
        self, services: Services, admin: Principal, daily: Schedule, days: tuple[date, date]
    ) -> None:
        counted = services.backfill.count(admin, daily.id, *days)
        assert (counted.new, counted.existing, counted.removed) == (2, 3, 7)
        done = services.backfill.run(admin, daily.id, *days)
        assert (len(done.runs), done.existing, done.removed) == (2, 3, 7)
        assert services.backfill.run(admin, daily.id, *days).runs == []

    def test_are_run_once_when_a_person_says_so(
        self, services: Services, admin: Principal, daily: Schedule, days: tuple[date, date]
    ) -> None:
        done = services.backfill.run(admin, daily.id, *days, include_removed=True)
        assert (len(done.runs), done.existing, done.removed) == (9, 3, 0)
        ticks = [run.scheduled_for for run in done.runs]
        assert ticks == sorted(ticks, key=str)
        again = services.backfill.run(admin, daily.id, *days, include_removed=True)
        assert (len(again.runs), again.existing) == (0, 12)

    def test_are_not_caught_up_with(
        self, services: Services, admin: Principal, clock: FakeClock
    ) -> None:
        """Ticks that a person ran while no engine did, old enough to be removed; then an engine
        starts, which makes up all that was missed."""
        values = {"catch_up": "all", "catch_up_hours": 8760}
        made = make_schedule(services, admin, schedule="0 9 1 * *", timezone="UTC", **values)
        clock.advance(days=200)
        begun = services.backfill.run(admin, made.id, made.created_at.date(), clock().date())
        assert len(begun.runs) > 5
        sql(
            services,
            "UPDATE export_history SET status = 'completed', completed_at = scheduled_for, "
            "created_at = scheduled_for",
        )
        sql(services, "UPDATE tenants SET keep_runs_days = 31")
        assert sweep(services) == 0
        services.ticks.tick()
        assert len(runs_of(services, made)) == len(begun.runs)


def test_the_history_says_what_it_lacks(
    services: Services, admin: Principal, outsider: Principal, schedule: Schedule
) -> None:
    assert services.history_retention.removed(admin, schedule.id) is None
    runs = add_runs(services, schedule, 10)
    sweep(services)
    removed = services.history_retention.removed(admin, schedule.id)
    assert removed == RemovedHistory(7, runs[6].created_at, 730)
    with pytest.raises(NotFound):
        services.history_retention.removed(outsider, schedule.id)
