"""What a stop of the engine does to the runs under way."""

import asyncio
import threading
from typing import Any

import pytest

from exports_app.domain.access import Principal
from exports_app.domain.runs.states import DeliveryStatus, RunStatus
from exports_app.engine import local
from exports_app.engine.file_producer import FileProducer
from exports_app.engine.file_writer import WrittenFile
from exports_app.engine.local import LocalEngine
from exports_app.services.core.extension_points import CHANNELS, FORMATS
from exports_app.services.core.records import Schedule
from exports_app.wiring import Services
from tests.doubles import Watch, WatchedEmail
from tests.e2e.client import wait_until
from tests.integration.engine import child_formats
from tests.integration.engine.local_engine.running import (
    ANN,
    BOB,
    has_status,
    outcomes,
    run_threads,
    running,
)
from tests.mailserver import MailServer
from tests.world import DEADLINE, claim, execute, make_schedule, registered, runs_of


@pytest.fixture
def no_drain(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    """For runs that do not end by themselves, however long a stop waits."""
    changed = services.settings.__dict__ | {"drain_seconds": 0.0}
    monkeypatch.setattr(services.settings, "__dict__", changed)


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
def test_a_drain_begins_no_run_and_leaves_those_at_work(
    services: Services, admin: Principal, schedule: Schedule, mail: MailServer
) -> None:
    sending, drained = threading.Event(), threading.Event()

    def hold(_: str) -> None:
        sending.set()
        assert drained.wait(DEADLINE)

    async def scenario() -> None:
        async with running(services) as engine:
            await asyncio.to_thread(services.schedules.trigger, admin, schedule.id)
            assert await asyncio.to_thread(sending.wait, DEADLINE)
            engine.drain()
            other = make_schedule(services, admin, name="Asked for during the drain")
            await asyncio.to_thread(services.schedules.trigger, admin, other.id)
            drained.set()
            completed = has_status(services, schedule, RunStatus.COMPLETED)
            await asyncio.to_thread(wait_until, "the first run has ended", completed, DEADLINE)
            await asyncio.to_thread(engine._cycle)
            assert has_status(services, other, RunStatus.PENDING)()

    with registered(CHANNELS, WatchedEmail(mail, before=hold)):
        asyncio.run(scenario())


@pytest.mark.one_database
def test_a_run_that_may_have_an_hour_gives_up_in_a_hurry(
    services: Services,
    admin: Principal,
    schedule: Schedule,
    mail: MailServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hour = services.settings.__dict__ | {"drain_seconds": 3_600.0}
    monkeypatch.setattr(services.settings, "__dict__", hour)
    sending, gave_up, engines = threading.Event(), threading.Event(), list[LocalEngine]()

    def hold(_: str) -> None:
        sending.set()
        engine = engines[0]
        assert engine._closing.wait(DEADLINE)
        engine.hurry()
        assert engine._all_jobs()[0].stopped.wait(DEADLINE)
        gave_up.set()

    async def scenario() -> None:
        async with running(services) as engine:
            engines.append(engine)
            await asyncio.to_thread(services.schedules.trigger, admin, schedule.id)
            assert await asyncio.to_thread(sending.wait, DEADLINE)

    with registered(CHANNELS, WatchedEmail(mail, before=hold)):
        asyncio.run(scenario())
    assert gave_up.is_set()


@pytest.mark.one_database
@pytest.mark.usefixtures("no_drain")
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
@pytest.mark.usefixtures("no_drain")
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


@pytest.mark.one_database
@pytest.mark.usefixtures("no_drain")
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
        self: FileProducer, query: Any, columns: Any, leading: Any, file_format: Any, *rest: Any
    ) -> WrittenFile:
        here.is_large = file_format.key == child_formats.Endless.key
        return make(self, query, columns, leading, file_format, *rest)

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
