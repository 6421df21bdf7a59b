"""The engine in the server's process: it fires, works side by side, stops gracefully and survives
what goes wrong."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from exports_app.domain.access import Principal
from exports_app.domain.errors import Unavailable
from exports_app.domain.runs.states import DeliveryStatus, RunStatus
from exports_app.engine import local
from exports_app.engine.file_producer import FileProducer
from exports_app.engine.file_writer import WrittenFile
from exports_app.engine.local import LocalEngine
from exports_app.services.core.extension_points import CHANNELS, FORMATS
from exports_app.services.core.records import Campaign, Run, Schedule
from exports_app.services.runs.lease import LeaseLost
from exports_app.wiring import Services
from tests.e2e.client import wait_until
from tests.integration.engine import child_formats
from tests.mailserver import MailServer
from tests.world import (
    DEADLINE,
    FakeClock,
    Watch,
    WatchedEmail,
    claim,
    deliveries_of,
    execute,
    make_schedule,
    registered,
    runs_of,
    sql,
    the_run,
)

ANN, BOB = "ann@example.com", "bob@example.com"


@pytest.fixture
def schedule(services: Services, admin: Principal, campaigns: dict[str, Campaign]) -> Schedule:
    return make_schedule(services, admin, recipients=(ANN, BOB))


def outcomes(services: Services, run: Run) -> dict[str, DeliveryStatus]:
    return {d.target: d.status for d in deliveries_of(services, run)}


@asynccontextmanager
async def running(services: Services) -> AsyncIterator[LocalEngine]:
    engine = LocalEngine(services)
    async with engine.run():
        yield engine


def has_status(services: Services, schedule: Schedule, *statuses: RunStatus) -> Callable[[], bool]:
    """Whether the schedule's runs, newest first, have these states."""
    return lambda: [r.status for r in runs_of(services, schedule)] == list(statuses)


def run_threads() -> list[threading.Thread]:
    return [t for t in threading.enumerate() if t.name.startswith("run-")]


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
        local.AsyncIOScheduler, "add_job", lambda *_args, **_options: None
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


@pytest.mark.one_database
def test_a_stop_lets_a_run_end_that_needs_only_a_moment(
    services: Services, admin: Principal, schedule: Schedule, mail: MailServer
) -> None:
    sending, engines = threading.Event(), list[LocalEngine]()

    def hold(_: str) -> None:
        sending.set()
        assert engines[0]._closing.wait(DEADLINE)

    async def scenario() -> None:
        async with running(services) as engine:
            engines.append(engine)
            await asyncio.to_thread(services.schedules.trigger, admin, schedule.id)
            assert await asyncio.to_thread(sending.wait, DEADLINE)

    with registered(CHANNELS, WatchedEmail(mail, before=hold)):
        asyncio.run(scenario())
    assert has_status(services, schedule, RunStatus.COMPLETED)()


@pytest.mark.one_database
def test_a_stop_gives_back_a_run_that_needs_longer_after_the_message_it_is_at(
    services: Services,
    admin: Principal,
    schedule: Schedule,
    mail: MailServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(local, "GRACE_SECONDS", 1.0)
    sending = threading.Event()
    engines = list[LocalEngine]()

    def hold(_: str) -> None:
        sending.set()
        (job,) = engines[0]._all_jobs()
        assert job.stopped.wait(DEADLINE)

    async def scenario() -> None:
        async with running(services) as engine:
            engines.append(engine)
            await asyncio.to_thread(services.schedules.trigger, admin, schedule.id)
            assert await asyncio.to_thread(sending.wait, DEADLINE)

    with registered(CHANNELS, WatchedEmail(mail, before=hold)):
        asyncio.run(scenario())
        for thread in run_threads():
            thread.join(DEADLINE)
    (run,) = runs_of(services, schedule)
    assert (run.status, run.attempt, run.lease_token) == (RunStatus.PENDING, 0, None)
    assert outcomes(services, run) == {ANN: DeliveryStatus.ACCEPTED, BOB: DeliveryStatus.PENDING}
    assert execute(services, claim(services)).status is RunStatus.COMPLETED
    assert [m.rcpt_tos for m in mail.wait_for(2)] == [[ANN], [BOB]]


@pytest.mark.one_database
def test_a_stop_takes_the_run_back_from_a_worker_that_is_stuck(
    services: Services,
    admin: Principal,
    schedule: Schedule,
    mail: MailServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(local, "GRACE_SECONDS", 0.05)
    sending, released = threading.Event(), threading.Event()

    def stuck(_: str) -> None:
        sending.set()
        assert released.wait(DEADLINE)

    async def scenario() -> None:
        async with running(services):
            await asyncio.to_thread(services.schedules.trigger, admin, schedule.id)
            assert await asyncio.to_thread(sending.wait, DEADLINE)

    with registered(CHANNELS, WatchedEmail(mail, before=stuck)):
        asyncio.run(scenario())
        (run,) = runs_of(services, schedule)
        assert (run.status, run.attempt, run.lease_token) == (RunStatus.PENDING, 0, None)
        assert outcomes(services, run) == {ANN: DeliveryStatus.UNKNOWN, BOB: DeliveryStatus.PENDING}
        # It comes to itself, too late: its message goes out, but it may write nothing and begins no
        # other
        (thread,) = run_threads()
        released.set()
        thread.join(DEADLINE)
    assert outcomes(services, run) == {ANN: DeliveryStatus.UNKNOWN, BOB: DeliveryStatus.PENDING}
    assert [m.rcpt_tos for m in mail.wait_for(1)] == [[ANN]]
    assert execute(services, claim(services)).status is RunStatus.COMPLETED
    again = [m.message["Message-ID"] for m in mail.wait_for(3) if m.rcpt_tos == [ANN]]
    assert again[0] == again[1]


def test_the_heartbeat_keeps_the_leases_of_what_works_here_and_notices_a_lost_one(
    services: Services, admin: Principal, clock: FakeClock, schedule: Schedule
) -> None:
    engine = LocalEngine(services)
    services.schedules.trigger(admin, schedule.id)
    job = local._Job(claim(services))
    engine._jobs.add(job)
    clock.advance(seconds=59)
    engine._beat()
    assert the_run(services, job.run).lease_expires_at == clock() + timedelta(seconds=60)
    job.check()
    services.run_endings.release(job.run)
    engine._beat()
    with pytest.raises(LeaseLost):
        job.check()


def test_the_heartbeat_brings_back_the_run_of_a_worker_elsewhere_that_died(
    services: Services, admin: Principal, clock: FakeClock, schedule: Schedule
) -> None:
    services.schedules.trigger(admin, schedule.id)
    run = claim(services)
    clock.advance(seconds=61)
    LocalEngine(services)._beat()
    assert the_run(services, run).status is RunStatus.PENDING


def test_after_an_absence_of_the_database_the_leases_of_others_have_their_time_too(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(**_: bool) -> int:
        raise Unavailable

    looked, now = list[None](), [1000.0]
    monkeypatch.setattr(local.time, "monotonic", lambda: now[0])
    engine = LocalEngine(services)
    with monkeypatch.context() as outage:
        outage.setattr(services.run_endings, "recover", away)
        engine._beat()
    monkeypatch.setattr(services.run_endings, "recover", lambda **_: looked.append(None))
    for later in (0.0, services.leases.duration.total_seconds() - 1):
        now[0] += later
        engine._beat()
        assert looked == []
    now[0] += 1
    engine._beat()
    assert len(looked) == 1


def test_one_death_holds_up_nobody_and_who_has_two_is_taken_up_alone(
    services: Services, admin: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = [
        services.schedules.trigger(admin, make_schedule(services, admin, name=f"No. {i}").id)
        for i in range(3)
    ]
    engine, begun = LocalEngine(services), list[Run]()

    def begin(run: Run) -> None:
        begun.append(run)
        engine._jobs.add(local._Job(run))

    monkeypatch.setattr(engine, "_begin", begin)
    sql(services, "UPDATE export_history SET deaths = 1 WHERE id = ?", runs[0].id)
    sql(services, "UPDATE export_history SET deaths = 2 WHERE id = ?", runs[1].id)
    engine._take_up()
    assert [run.id for run in begun] == [runs[1].id]
    engine._jobs.clear()
    engine._take_up()
    assert {run.id for run in begun[1:]} == {runs[0].id, runs[2].id}


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
    engine._beat()
    assert engine.alive
    file.rmdir()
    away.rename(file)
    assert services.ticks.tick() == 1


@pytest.mark.one_database
def test_small_runs_do_not_wait_behind_large_ones_and_a_stop_ends_those(
    services: Services,
    admin: Principal,
    schedule: Schedule,
    watch: Watch,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """More large ones than threads, each of which would take for ever; one process at a time."""
    here = threading.local()
    make = FileProducer.make

    def noting(
        self: FileProducer, query: Any, columns: Any, file_format: Any, *rest: Any
    ) -> WrittenFile:
        here.is_large = file_format.key == child_formats.Endless.key
        return make(self, query, columns, file_format, *rest)

    monkeypatch.setattr(FileProducer, "make", noting)
    monkeypatch.setattr(FileProducer, "_is_small", lambda *_: not here.is_large)
    monkeypatch.setattr(
        services.settings, "__dict__", services.settings.__dict__ | {"export_processes": 1}
    )

    async def scenario() -> list[Schedule]:
        large = [
            make_schedule(services, admin, format=child_formats.Endless.key)
            for _ in range(local.POOL + 2)
        ]
        async with running(services) as engine:
            for one in large:
                await asyncio.to_thread(services.schedules.trigger, admin, one.id)
            await asyncio.to_thread(
                wait_until,
                "all large ones wait but one",
                lambda: engine._worker.waiting == len(large) - 1,
                20,
            )
            await asyncio.to_thread(services.schedules.trigger, admin, schedule.id)
            await asyncio.to_thread(
                watch.until,
                "the small one ends",
                has_status(services, schedule, RunStatus.COMPLETED),
            )
        return large

    with registered(FORMATS, child_formats.Endless()):
        for one in asyncio.run(scenario()):
            assert has_status(services, one, RunStatus.PENDING)()  # given back
    assert run_threads() == []


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
