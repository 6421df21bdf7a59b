"""The engine of one process, from what is due to the end of its run."""

import asyncio
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from exports_app.domain.access import Principal
from exports_app.domain.runs.states import RunStatus
from exports_app.engine import local, pulse
from exports_app.engine.local import LocalEngine
from exports_app.services.core.extension_points import CHANNELS
from exports_app.services.core.records import Run, Schedule
from exports_app.wiring import Services
from tests.doubles import FakeClock, Watch, WatchedEmail
from tests.integration.engine.local_engine.running import ANN, BOB, has_status, running
from tests.mailserver import MailServer
from tests.world import DEADLINE, claim, make_schedule, registered, runs_of


def test_the_engine_fires_what_is_due_and_carries_it_to_its_end(
    services: Services, clock: FakeClock, schedule: Schedule, mail: MailServer, watch: Watch
) -> None:
    clock.set(schedule.next_run_at or clock())

    async def scenario() -> None:
        async with running(services) as engine:
            assert engine.alive
            done = has_status(services, schedule, RunStatus.COMPLETED)
            await asyncio.to_thread(watch.until, "the run ends", done)

    asyncio.run(scenario())
    (run,) = runs_of(services, schedule)
    assert run.scheduled_for == schedule.next_run_at
    assert [m.rcpt_tos for m in mail.wait_for(2)] == [[ANN], [BOB]]


def test_a_trigger_is_picked_up_through_the_change_signal_without_waiting_for_the_clock(
    services: Services,
    admin: Principal,
    schedule: Schedule,
    watch: Watch,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        pulse.AsyncIOScheduler, "add_job", lambda *_args, **_options: None
    )  # a clock that never ticks

    async def scenario() -> None:
        async with running(services):
            for n in range(1, 4):
                await asyncio.to_thread(services.schedules.trigger, admin, schedule.id)
                done = has_status(services, schedule, *[RunStatus.COMPLETED] * n)
                await asyncio.to_thread(watch.until, f"run {n} ends", done)

    asyncio.run(scenario())


@pytest.mark.about_sqlite  # elsewhere it may be another process's
def test_the_engine_takes_up_at_its_start_what_a_killed_one_left(
    services: Services, admin: Principal, schedule: Schedule, mail: MailServer, watch: Watch
) -> None:
    services.schedules.trigger(admin, schedule.id)
    claim(services)  # and nobody works at it

    async def scenario() -> None:
        async with running(services):
            await asyncio.to_thread(
                watch.until, "the run ends", has_status(services, schedule, RunStatus.COMPLETED)
            )

    asyncio.run(scenario())
    assert runs_of(services, schedule)[0].attempt == 2


def test_runs_of_different_schedules_work_side_by_side(
    services: Services, admin: Principal, mail: MailServer, watch: Watch
) -> None:
    made = [make_schedule(services, admin, name=f"No. {i}", recipients=(ANN,)) for i in range(3)]
    together = threading.Barrier(3)

    async def scenario() -> None:
        async with running(services):
            for one in made:
                await asyncio.to_thread(services.schedules.trigger, admin, one.id)
            for one in made:
                await asyncio.to_thread(
                    watch.until, "the run ends", has_status(services, one, RunStatus.COMPLETED)
                )

    with registered(
        CHANNELS, WatchedEmail(mail, before=lambda _: together.wait(DEADLINE) and None)
    ):
        asyncio.run(scenario())


def test_an_engine_that_does_not_turn_is_not_alive(services: Services) -> None:
    assert not LocalEngine(services).alive


@pytest.mark.about_sqlite  # its file
def test_the_engine_outlives_a_database_that_is_away(
    services: Services, clock: FakeClock, schedule: Schedule, tmp_path: Path
) -> None:
    engine = LocalEngine(services)
    clock.set(schedule.next_run_at or datetime(2026, 3, 9, 8, 0, tzinfo=UTC))
    file, away = services.settings.data_dir / "exports.db", tmp_path / "away.db"
    services.database.dispose()
    file.rename(away)
    file.mkdir()
    engine._cycle()
    engine._heartbeat()
    assert engine.alive
    file.rmdir()
    away.rename(file)
    assert services.ticks.tick() == 1


def test_a_long_queue_of_quick_runs_holds_up_no_tick(
    services: Services, admin: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, ended = LocalEngine(services), list[str]()

    def at_once(run: Run) -> None:
        services.run_endings.close(run, RunStatus.COMPLETED)
        ended.append(run.id)

    monkeypatch.setattr(engine, "_begin", at_once)
    for number in range(3 * local.POOL):
        services.schedules.trigger(admin, make_schedule(services, admin, name=f"No. {number}").id)
    for cycle in (1, 2, 3):
        engine._cycle()
        assert len(ended) == cycle * local.POOL
