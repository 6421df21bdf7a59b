"""A mail server that takes minutes to answer."""

import asyncio
import threading
from collections.abc import Iterator

import pytest

from exports_app.domain.access import Principal
from exports_app.domain.runs.states import ISOLATION_DEATHS, DeliveryStatus, RunStatus
from exports_app.engine import local, slow_waits
from exports_app.services.core.extension_points import CHANNELS
from exports_app.services.core.records import Schedule
from exports_app.wiring import Services
from tests.doubles import Watch, WatchedEmail
from tests.e2e.client import wait_until
from tests.integration.engine.local_engine.running import (
    ANN,
    BOB,
    has_status,
    outcomes,
    run_threads,
    running,
)
from tests.mailserver import MailServer
from tests.scripted_mailserver import SILENCE, ScriptedMailServer, scripted
from tests.world import DEADLINE, make_schedule, registered, runs_of, sql, the_run

SLOW = "slow@example.com"


@pytest.fixture
def answered(mail: MailServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Until it is set, the server does not answer messages to SLOW."""
    monkeypatch.setattr(slow_waits, "SLOW_SECONDS", 0.1)
    event = threading.Event()

    def wait(target: str) -> None:
        if target == SLOW:
            assert event.wait(2 * DEADLINE)

    with registered(CHANNELS, WatchedEmail(mail, before=wait)):
        try:
            yield event
        finally:
            event.set()


@pytest.mark.one_database
def test_runs_do_not_wait_behind_those_that_wait_for_the_server(
    services: Services,
    admin: Principal,
    schedule: Schedule,
    watch: Watch,
    answered: threading.Event,
) -> None:
    """More of those than threads."""

    async def scenario() -> None:
        slow = [make_schedule(services, admin, recipients=(SLOW,)) for _ in range(local.POOL + 2)]
        async with running(services):
            for made in slow:
                await asyncio.to_thread(services.schedules.trigger, admin, made.id)
            for made in slow:
                begun = has_status(services, made, RunStatus.PROCESSING)
                await asyncio.to_thread(watch.until, "it waits for the server", begun)
            await asyncio.to_thread(services.schedules.trigger, admin, schedule.id)
            done = has_status(services, schedule, RunStatus.COMPLETED)
            await asyncio.to_thread(watch.until, "another run ends", done)
            answered.set()
            for made in slow:
                done = has_status(services, made, RunStatus.COMPLETED)
                await asyncio.to_thread(watch.until, "the slow ones end too", done)

    asyncio.run(scenario())


@pytest.mark.one_database
def test_a_run_that_waits_for_the_server_is_cancelled(
    services: Services, admin: Principal, schedule: Schedule, watch: Watch
) -> None:
    async def scenario(server: ScriptedMailServer) -> None:
        async with running(services):
            await asyncio.to_thread(services.schedules.trigger, admin, schedule.id)
            await asyncio.to_thread(
                wait_until, "the message has arrived", lambda: server.messages, DEADLINE
            )
            (run,) = runs_of(services, schedule)
            await asyncio.to_thread(services.run_actions.cancel, admin, schedule.id, run.id)
            await asyncio.to_thread(
                wait_until, "its thread has ended", lambda: not run_threads(), DEADLINE
            )
            assert the_run(services, run).status is RunStatus.CANCELLED
            assert outcomes(services, run) == {
                ANN: DeliveryStatus.UNKNOWN,
                BOB: DeliveryStatus.SKIPPED,
            }
            assert len(server.messages) == 1

    with scripted(end=SILENCE) as server, registered(CHANNELS, server.channel()):
        asyncio.run(scenario(server))


@pytest.mark.one_database
def test_a_run_that_may_end_its_process_holds_up_no_other_while_it_waits_for_the_server(
    services: Services,
    admin: Principal,
    schedule: Schedule,
    watch: Watch,
    answered: threading.Event,
) -> None:
    async def scenario() -> None:
        slow = make_schedule(services, admin, recipients=(SLOW,))
        services.schedules.trigger(admin, slow.id)
        sql(services, "UPDATE export_history SET deaths = ?", ISOLATION_DEATHS)
        async with running(services):
            begun = has_status(services, slow, RunStatus.PROCESSING)
            await asyncio.to_thread(watch.until, "it waits for the server", begun)
            await asyncio.to_thread(services.schedules.trigger, admin, schedule.id)
            done = has_status(services, schedule, RunStatus.COMPLETED)
            await asyncio.to_thread(watch.until, "another run ends", done)
            answered.set()
            done = has_status(services, slow, RunStatus.COMPLETED)
            await asyncio.to_thread(watch.until, "the slow one ends too", done)

    asyncio.run(scenario())
