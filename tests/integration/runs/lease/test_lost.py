"""Who has lost the lease writes nothing more."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from exports_app.domain.access import Principal
from exports_app.domain.errors import IllegalTransition
from exports_app.domain.runs.delivery_mode import DeliveryMode, MessageForm
from exports_app.domain.runs.states import (
    MAX_DEATHS,
    DeliveryStatus,
    RunStatus,
)
from exports_app.services.core.extension_points import CHANNELS
from exports_app.services.core.records import Run, Schedule
from exports_app.services.runs.lease import LeaseLost
from exports_app.wiring import Services
from tests.doubles import FakeClock, WatchedEmail
from tests.integration.runs.lease.expiry import lose
from tests.mailserver import MailServer
from tests.world import claim, deliveries_of, execute, registered, stored, the_run

ATTACHED = MessageForm(DeliveryMode.ATTACH, 1_000)


class WorkerDied(BaseException):
    """Stands for kill -9: nothing in the worker handles it."""


@pytest.mark.parametrize(
    "late",
    [
        lambda services, run: services.run_execution.note(run, record_count=7),
        lambda services, run: services.run_deliveries.plan(run, "email"),
        lambda services, run: services.run_endings.close(run, RunStatus.COMPLETED),
        lambda services, run: services.run_endings.close(run, RunStatus.FAILED, "late", "late"),
        lambda services, run: services.run_endings.release(run),
    ],
    ids=["note", "plan", "complete", "fail", "release"],
)
@pytest.mark.parametrize("taken", [False, True], ids=["waiting", "taken"])
def test_who_has_lost_the_lease_can_write_nothing(
    services: Services,
    clock: FakeClock,
    schedule: Schedule,
    run: Run,
    late: Callable[[Services, Run], None],
    taken: bool,
) -> None:
    lose(services, clock)
    if taken:
        claim(services)
    before = the_run(services, run)
    with pytest.raises(LeaseLost):
        late(services, run)
    assert the_run(services, run) == before
    assert deliveries_of(services, run) == []
    assert stored(services, schedule) == schedule


def test_who_has_lost_the_lease_can_move_no_delivery(
    services: Services, clock: FakeClock, run: Run
) -> None:
    first, _ = services.run_deliveries.plan(run, "email")
    lose(services, clock)
    with pytest.raises(LeaseLost):
        services.run_deliveries.begin(run, first, ATTACHED)
    claim(services)
    with pytest.raises(LeaseLost):
        services.run_deliveries.begin(run, first, ATTACHED)
    assert [d.status for d in deliveries_of(services, run)] == [DeliveryStatus.PENDING] * 2


def test_a_finished_run_can_be_written_by_nobody(services: Services, run: Run) -> None:
    services.run_endings.close(run, RunStatus.COMPLETED)
    with pytest.raises(LeaseLost):
        services.run_endings.close(run, RunStatus.FAILED, "too late", "late")
    with pytest.raises(LeaseLost):
        services.run_execution.note(run, record_count=1)
    assert services.run_endings.recover(everything=True) == 0
    assert the_run(services, run).status is RunStatus.COMPLETED


def test_a_run_without_a_token_can_be_written_by_nobody(services: Services, run: Run) -> None:
    with pytest.raises(LeaseLost):
        services.run_execution.note(replace(run, lease_token=None), record_count=1)


def test_illegal_moves_are_refused_before_anything_is_written(services: Services, run: Run) -> None:
    first, _ = services.run_deliveries.plan(run, "email")
    with pytest.raises(IllegalTransition):
        services.run_deliveries.move(run, first, DeliveryStatus.ACCEPTED)
    with pytest.raises(IllegalTransition):
        services.run_endings.close(run, RunStatus.PROCESSING)
    assert the_run(services, run) == run


def test_deliveries_are_planned_once_however_often_a_run_is_taken_up(
    services: Services, clock: FakeClock, run: Run
) -> None:
    planned = services.run_deliveries.plan(run, "email")
    assert [d.target for d in planned] == ["ann@example.com", "bob@example.com"]
    assert len({d.message_id for d in planned}) == 2
    lose(services, clock)
    assert services.run_deliveries.plan(claim(services), "email") == planned


def test_a_message_that_was_on_the_wire_when_its_worker_died_is_sent_again_under_the_same_id(
    services: Services, clock: FakeClock, run: Run, mail: MailServer
) -> None:
    def die(_: str) -> None:
        raise WorkerDied

    with registered(CHANNELS, WatchedEmail(mail, after=die)), pytest.raises(WorkerDied):
        execute(services, run)
    assert [d.status for d in deliveries_of(services, run)] == [
        DeliveryStatus.SENDING,
        DeliveryStatus.PENDING,
    ]
    file_of_first = the_run(services, run).file_key

    lose(services, clock)
    assert [d.status for d in deliveries_of(services, run)] == [
        DeliveryStatus.UNKNOWN,
        DeliveryStatus.PENDING,
    ]

    done = execute(services, claim(services))
    assert (done.status, done.attempt, done.file_key) == (RunStatus.COMPLETED, 2, file_of_first)
    assert [(d.status, d.attempts) for d in deliveries_of(services, run)] == [
        (DeliveryStatus.ACCEPTED, 2),
        (DeliveryStatus.ACCEPTED, 1),
    ]
    first, second, third = mail.wait_for(3)
    assert [m.rcpt_tos for m in (first, second, third)] == [
        ["ann@example.com"],
        ["ann@example.com"],
        ["bob@example.com"],
    ]
    assert (
        first.message["Message-ID"] == second.message["Message-ID"] != third.message["Message-ID"]
    )
    for header in ("Subject", "From", "To"):  # the Date is that of the attempt
        assert first.message[header] == second.message[header]


def test_a_third_death_with_a_message_on_the_wire_says_that_its_fate_is_unknown(
    services: Services, clock: FakeClock, run: Run
) -> None:
    for _ in range(MAX_DEATHS - 1):
        lose(services, clock)
        run = claim(services)
    first, _ = services.run_deliveries.plan(run, "email")
    services.run_deliveries.begin(run, first, ATTACHED)
    lose(services, clock)
    assert the_run(services, run).status is RunStatus.PARTIAL
    assert [d.status for d in deliveries_of(services, run)] == [
        DeliveryStatus.UNKNOWN,
        DeliveryStatus.SKIPPED,
    ]


def test_last_status_is_that_of_the_latest_run_and_never_moves_back(
    services: Services, admin: Principal, clock: FakeClock, schedule: Schedule, run: Run
) -> None:
    """One that overlaps overtakes the first, and then the first one ends."""
    clock.advance(seconds=1)
    later = services.schedules.trigger(admin, schedule.id)
    endings = services.run_endings
    with services.store.write() as tx:
        assert tx.runs.update_unclaimed(later, {"overlaps": True})
    second = claim(services)
    assert second.id == later.id
    endings.close(second, RunStatus.FAILED, "the newer one", "x")
    ended = clock()
    clock.advance(seconds=5)
    endings.close(run, RunStatus.COMPLETED)
    now = stored(services, schedule)
    assert (now.last_status, now.last_run_at) == (RunStatus.FAILED, ended)
