"""The snapshots of runs: where they are, and that they are read from there."""

from datetime import timedelta
from typing import Any

import pytest

from exports_app.domain.access import Principal
from exports_app.domain.runs.states import RunStatus
from exports_app.services.core.records import Campaign, Run, Schedule
from exports_app.services.runs import snapshot_storage
from exports_app.wiring import Services
from tests.doubles import FakeClock
from tests.query_plans import plans
from tests.world import claim, execute, make_schedule, runs_of, sql, the_run, trigger_and_execute


@pytest.fixture
def schedule(services: Services, admin: Principal, campaigns: dict[str, Campaign]) -> Schedule:
    assert campaigns
    return make_schedule(services, admin, recipients=("ann@example.com", "bob@example.com"))


def move(services: Services) -> int:
    return services.snapshot_storage.move(pause=lambda _: None)


def stored(services: Services) -> int:
    return int(sql(services, "SELECT count(*) FROM run_specs")[0][0])


def own(services: Services) -> list[str]:
    """The snapshots in the rows of the runs, as text."""
    return [row[0] for row in sql(services, "SELECT CAST(spec AS TEXT) FROM export_history")]


def hold_own(services: Services) -> None:
    """All runs hold their snapshots themselves, as those of earlier versions."""
    shared = "(SELECT s.spec FROM run_specs s WHERE s.hash = spec_hash)"
    sql(
        services,
        f"UPDATE export_history SET spec = {shared}, spec_hash = NULL WHERE spec_hash IS NOT NULL",
    )
    sql(services, "DELETE FROM run_specs")


def test_each_is_stored_once_and_read_as_it_was(
    services: Services, admin: Principal, schedule: Schedule, clock: FakeClock
) -> None:
    runs = [trigger_and_execute(services, admin, schedule) for _ in range(3)]
    clock.advance(seconds=1)
    services.schedules.update(admin, schedule.id, {"name": "Another"}, schedule.version)
    runs.append(trigger_and_execute(services, admin, schedule))
    clock.advance(days=2)
    move(services)
    assert stored(services) == 2
    assert own(services) == ["{}"] * 4
    assert [the_run(services, run) for run in runs] == runs
    assert {run.spec.name for run in runs_of(services, schedule)} == {"Weekly numbers", "Another"}
    with services.store.read() as tx:
        (latest,) = tx.runs.latest([schedule.id])
    assert latest.run.spec.name == "Another"


def test_rows_of_earlier_versions_are_read_and_moved_in_batches(
    services: Services,
    admin: Principal,
    schedule: Schedule,
    clock: FakeClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(snapshot_storage, "BATCH", 2)
    runs = [trigger_and_execute(services, admin, schedule) for _ in range(5)]
    hold_own(services)
    assert [the_run(services, run) for run in runs] == runs
    clock.advance(days=1, seconds=1)
    pauses = list[float]()
    assert services.snapshot_storage.move(lambda: len(pauses) == 1, pauses.append) == 2
    assert sorted(own(services))[:2].count("{}") == 0
    assert own(services).count("{}") == 2
    assert [the_run(services, run) for run in runs] == runs
    assert move(services) == 3
    assert (own(services), stored(services)) == (["{}"] * 5, 1)
    assert [the_run(services, run) for run in runs] == runs
    assert move(services) == 0


class Crash(Exception):
    pass


def test_after_a_crash_in_the_middle_of_a_batch_nothing_is_moved(
    services: Services, admin: Principal, schedule: Schedule, clock: FakeClock
) -> None:
    run = trigger_and_execute(services, admin, schedule)
    hold_own(services)

    def crash() -> None:
        with services.store.write() as tx:
            assert tx.snapshots.move(clock() + timedelta(days=1), 10) == 1
            raise Crash

    with pytest.raises(Crash):
        crash()
    assert stored(services) == 0
    assert the_run(services, run) == run


def test_a_snapshot_goes_with_its_last_run(
    services: Services, admin: Principal, schedule: Schedule, clock: FakeClock
) -> None:
    trigger_and_execute(services, admin, schedule)
    clock.advance(seconds=1)
    services.schedules.update(admin, schedule.id, {"name": "Another"}, schedule.version)
    for _ in range(20):
        services.schedules.trigger(admin, schedule.id)
    sql(services, "UPDATE export_history SET status = 'completed', completed_at = created_at")
    sql(services, "UPDATE export_history SET file_key = NULL")
    clock.advance(days=731)
    move(services)
    assert stored(services) == 2
    services.history_retention.sweep(pause=lambda _: None)
    assert len(runs_of(services, schedule)) == 20
    assert stored(services) == 1


def test_a_run_that_waits_is_not_moved(
    services: Services, admin: Principal, schedule: Schedule, clock: FakeClock
) -> None:
    services.schedules.trigger(admin, schedule.id)
    hold_own(services)
    clock.advance(days=2)
    assert move(services) == 0
    assert execute(services, claim(services)).status is RunStatus.COMPLETED


def test_a_skipped_tick_that_is_run_gets_the_snapshot_of_now(
    services: Services, admin: Principal, clock: FakeClock
) -> None:
    made = make_schedule(services, admin, schedule="0 * * * *", catch_up="none")
    clock.advance(hours=3, minutes=30)
    services.ticks.tick()
    skipped = next(run for run in runs_of(services, made) if run.status is RunStatus.SKIPPED)
    clock.advance(days=2)
    move(services)
    services.schedules.update(admin, made.id, {"name": "Another"}, made.version)
    day = skipped.created_at.date()
    services.backfill.run(admin, made.id, day, day)
    again = the_run(services, skipped)
    assert (again.status, again.spec.name) == (RunStatus.PENDING, "Another")


class TestBesideTheVersionBefore:
    """Which knows only snapshots in the rows of runs."""

    def test_a_run_holds_its_own_until_a_day_after_its_end(
        self, services: Services, admin: Principal, schedule: Schedule, clock: FakeClock
    ) -> None:
        trigger_and_execute(services, admin, schedule)
        clock.advance(hours=23)
        assert move(services) == 0
        assert '"Weekly numbers"' in own(services)[0]
        clock.advance(hours=1, seconds=1)
        assert move(services) == 1

    def test_what_it_writes_into_a_row_counts(
        self, services: Services, admin: Principal, schedule: Schedule, clock: FakeClock
    ) -> None:
        run = trigger_and_execute(services, admin, schedule)
        clock.advance(days=2)
        move(services)
        sql(services, 'UPDATE export_history SET spec = \'{"name": "Theirs"}\'')
        assert the_run(services, run).spec.name == "Theirs"

    @pytest.mark.about_postgresql
    def test_a_snapshot_that_another_server_gives_to_a_run_stays(
        self, services: Services, admin: Principal, schedule: Schedule, clock: FakeClock
    ) -> None:
        """One server moves a run's snapshot while another removes the last old run that had it."""
        first = trigger_and_execute(services, admin, schedule)
        clock.advance(days=2)
        move(services)
        second = trigger_and_execute(services, admin, schedule)
        (key,) = sql(services, "SELECT hash FROM run_specs")[0]
        sql(services, "DELETE FROM deliveries")
        sql(services, "DELETE FROM run_attempts")
        sql(services, f"DELETE FROM export_history WHERE id = '{first.id}'")
        with services.store.write() as tx:
            assert tx.snapshots.move(clock() + timedelta(days=1), 10) == 1
            with services.store.write() as other:
                drop(other, key)
        assert stored(services) == 1
        assert the_run(services, second).spec == first.spec


def drop(tx: Any, key: str) -> None:
    """As when the last run with this snapshot was removed."""
    tx.snapshots.drop_unused([key])


@pytest.mark.about_sqlite  # its plan of the queries
def test_what_is_left_to_move_is_found_by_index(
    services: Services, admin: Principal, schedule: Schedule
) -> None:
    trigger_and_execute(services, admin, schedule)
    hold_own(services)
    with plans(services) as steps:
        move(services)
        move(services)
    assert any("ix_export_history_own_spec" in step for step in steps)
    assert [step for step in steps if step.startswith("SCAN")] == []


def test_a_missing_snapshot_hides_no_run(
    services: Services, admin: Principal, schedule: Schedule, clock: FakeClock
) -> None:
    run: Run = trigger_and_execute(services, admin, schedule)
    clock.advance(days=2)
    move(services)
    sql(services, "DELETE FROM run_specs")
    assert the_run(services, run).spec.name == ""
