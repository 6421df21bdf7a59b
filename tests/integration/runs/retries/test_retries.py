"""What may heal is tried again: the file and each message apart, and every attempt is noted."""

from datetime import timedelta
from inspect import signature
from typing import Any

import pytest

from exports_app.domain.access import Principal
from exports_app.domain.errors import RunError
from exports_app.domain.runs.states import AttemptOutcome, DeliveryStatus, RunStatus
from exports_app.engine.file_producer import FileProducer
from exports_app.services.core.extension_points import CHANNELS
from exports_app.wiring import Services
from tests.doubles import FakeClock, WatchedEmail
from tests.integration.runs.retries.attempts import (
    ANN,
    AWAY,
    BOB,
    BUSY,
    again,
    attempts_of,
    calm,
    outcomes,
    statuses,
    ticked,
)
from tests.mailserver import MailServer, mail_server
from tests.world import (
    claim,
    deliveries_of,
    execute,
    make_schedule,
    registered,
    runs_of,
    the_run,
    trigger_and_execute,
)

TENANT_ID = list(signature(FileProducer.make).parameters).index("tenant_id") - 1
"""Its place among the arguments of `FileProducer.make`, without self."""


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tenants for whom a file was made, one for each file."""
    seen = list[str]()
    original = FileProducer.make

    def make(self: FileProducer, *args: Any) -> Any:
        seen.append(args[TENANT_ID])
        return original(self, *args)

    monkeypatch.setattr(FileProducer, "make", make)
    return seen


def test_a_recipient_who_was_put_off_is_tried_again_and_the_other_gets_no_second_copy(
    services: Services, admin: Principal, clock: FakeClock, moody: MailServer, made: list[str]
) -> None:
    run = trigger_and_execute(
        services, admin, make_schedule(services, admin, recipients=(ANN, BOB))
    )
    assert (run.status, run.attempt, run.error_code) == (RunStatus.PENDING, 1, "delivery_failed")
    assert BUSY in (run.error or "")
    assert run.next_attempt_at is not None
    assert clock() <= run.next_attempt_at <= clock() + timedelta(seconds=30)
    assert statuses(services, run) == [DeliveryStatus.ACCEPTED, DeliveryStatus.PENDING]

    calm(moody)
    done = again(services, clock, run)
    assert (done.status, done.attempt, done.error, done.error_code) == (
        RunStatus.COMPLETED,
        2,
        None,
        None,
    )
    assert (done.file_key, done.sha256) == (run.file_key, run.sha256)
    assert [m.rcpt_tos for m in moody.messages] == [[ANN], [BOB]]
    assert [(d.status, d.attempts, d.error) for d in deliveries_of(services, run)] == [
        (DeliveryStatus.ACCEPTED, 1, None),
        (DeliveryStatus.ACCEPTED, 2, None),
    ]
    assert made == [run.tenant_id]
    first, second = attempts_of(services, run)
    assert (first.number, first.outcome, first.error_code) == (
        1,
        AttemptOutcome.RETRY,
        "delivery_failed",
    )
    assert BUSY in (first.error or "")
    assert first.ended_at is not None
    assert (second.number, second.outcome, second.error) == (2, AttemptOutcome.COMPLETED, None)
    assert second.started_at == clock()


def test_a_recipient_who_is_refused_for_good_is_not_tried_again(
    services: Services, admin: Principal, clock: FakeClock
) -> None:
    with (
        mail_server(refuse={BOB: "550 5.1.1 no such user"}) as server,
        registered(CHANNELS, WatchedEmail(server)),
    ):
        run = trigger_and_execute(
            services, admin, make_schedule(services, admin, recipients=(ANN, BOB))
        )
    assert (run.status, run.attempt, run.next_attempt_at) == (RunStatus.PARTIAL, 1, None)
    assert statuses(services, run) == [DeliveryStatus.ACCEPTED, DeliveryStatus.FAILED]
    assert outcomes(services, run) == [(1, AttemptOutcome.PARTIAL)]


def test_one_refused_for_good_stays_so_while_another_is_tried_again(
    services: Services, admin: Principal, clock: FakeClock
) -> None:
    rules = {ANN: "550 5.1.1 no such user", BOB: BUSY}
    with mail_server(refuse=rules) as server, registered(CHANNELS, WatchedEmail(server)):
        run = trigger_and_execute(
            services, admin, make_schedule(services, admin, recipients=(ANN, BOB))
        )
        assert statuses(services, run) == [DeliveryStatus.FAILED, DeliveryStatus.PENDING]
        rules.clear()
        done = again(services, clock, run)
        assert [m.rcpt_tos for m in server.messages] == [[BOB]]
    assert done.status is RunStatus.PARTIAL
    assert [(d.status, d.attempts) for d in deliveries_of(services, run)] == [
        (DeliveryStatus.FAILED, 1),
        (DeliveryStatus.ACCEPTED, 2),
    ]


@pytest.mark.parametrize(
    ("recipients", "status"), [((BOB,), RunStatus.FAILED), ((ANN, BOB), RunStatus.PARTIAL)]
)
def test_a_run_is_given_up_after_its_attempts(
    services: Services,
    admin: Principal,
    clock: FakeClock,
    moody: MailServer,
    recipients: tuple[str, ...],
    status: RunStatus,
) -> None:
    schedule = make_schedule(
        services, admin, recipients=recipients, retry_attempts=3, retry_base_seconds=1
    )
    run = trigger_and_execute(services, admin, schedule)
    for _ in range(2):
        assert run.status is RunStatus.PENDING
        run = again(services, clock, run)
    assert (run.status, run.attempt, run.next_attempt_at) == (status, 3, None)
    assert "(after 3 attempts)" in (run.error or "")
    assert statuses(services, run)[-1] is DeliveryStatus.FAILED
    assert BUSY in (deliveries_of(services, run)[-1].error or "")
    last = AttemptOutcome(status)
    assert outcomes(services, run) == [
        (1, AttemptOutcome.RETRY),
        (2, AttemptOutcome.RETRY),
        (3, last),
    ]
    assert services.run_queue.claim() is None
    assert len(moody.messages) == len(recipients) - 1


def test_the_production_is_tried_again_and_then_nothing_is_made_twice(
    services: Services,
    admin: Principal,
    clock: FakeClock,
    mail: MailServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    services.schedules.trigger(admin, make_schedule(services, admin).id)
    with monkeypatch.context() as broken:

        def away(*_: Any) -> Any:
            raise AWAY

        broken.setattr(FileProducer, "make", away)
        run = execute(services, claim(services))
    assert (run.status, run.file_key, run.error) == (
        RunStatus.PENDING,
        None,
        "the database was away",
    )
    assert deliveries_of(services, run) == []
    done = again(services, clock, run)
    assert (done.status, done.attempt) == (RunStatus.COMPLETED, 2)
    assert len(mail.wait_for(1)) == 1


def test_nothing_is_tried_a_day_after_the_first_attempt(
    services: Services, admin: Principal, clock: FakeClock
) -> None:
    services.schedules.trigger(admin, make_schedule(services, admin).id)
    run = claim(services)
    clock.advance(hours=24, seconds=1)
    assert services.leases.extend([run]) == []
    assert services.run_endings.fail(run, AWAY) is RunStatus.FAILED


def test_deaths_are_counted_apart_from_attempts(
    services: Services, admin: Principal, clock: FakeClock, moody: MailServer
) -> None:
    """Two deaths leave the run all its attempts."""
    schedule = make_schedule(
        services, admin, recipients=(BOB,), retry_attempts=2, retry_base_seconds=1
    )
    services.schedules.trigger(admin, schedule.id)
    for _ in range(2):
        claim(services)
        services.run_endings.recover(everything=True)
    run = execute(services, claim(services))
    assert (run.status, run.attempt, run.deaths) == (RunStatus.PENDING, 3, 2)
    run = again(services, clock, run)
    assert (run.status, run.attempt, run.deaths) == (RunStatus.FAILED, 4, 2)
    assert outcomes(services, run) == [
        (1, AttemptOutcome.DIED),
        (2, AttemptOutcome.DIED),
        (3, AttemptOutcome.RETRY),
        (4, AttemptOutcome.FAILED),
    ]


def test_a_run_whose_file_kills_its_process_ends_after_three_deaths_and_harms_no_other(
    services: Services,
    admin: Principal,
    clock: FakeClock,
    mail: MailServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    poison = make_schedule(services, admin, name="Poison")
    services.schedules.trigger(admin, poison.id)
    killed = RunError(
        "the process that made its file was killed", code="process_killed", permanent=False
    )
    with monkeypatch.context() as broken:

        def dies(*_: Any) -> Any:
            raise killed

        broken.setattr(FileProducer, "make", dies)
        run = execute(services, claim(services))
        for _ in range(2):
            assert run.status is RunStatus.PENDING
            run = again(services, clock, run)
    assert (run.status, run.deaths, run.error_code) == (RunStatus.FAILED, 3, "process_killed")
    assert (run.error or "").endswith("3 times")
    other = trigger_and_execute(services, admin, make_schedule(services, admin, name="Other"))
    assert other.status is RunStatus.COMPLETED


def test_a_run_that_waits_for_another_attempt_does_not_block_the_next_tick(
    services: Services, admin: Principal, clock: FakeClock, moody: MailServer
) -> None:
    schedule = make_schedule(
        services, admin, schedule="0 * * * *", recipients=(BOB,), retry_base_seconds=14_400
    )
    first = execute(services, ticked(services, clock))
    with services.store.write() as tx:
        assert tx.runs.update_unclaimed(first, {"next_attempt_at": clock() + timedelta(hours=3)})
    calm(moody)
    second = execute(services, ticked(services, clock))
    assert second.status is RunStatus.COMPLETED
    assert second.id != first.id
    assert the_run(services, first).status is RunStatus.PENDING
    done = again(services, clock, first)
    assert done.status is RunStatus.COMPLETED
    assert len(runs_of(services, schedule)) == 2
