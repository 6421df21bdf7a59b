"""Runs that a worker gives back, loses, or whose schedule is deleted."""

from collections.abc import Callable

import pytest

from exports_app.domain.access import Principal
from exports_app.domain.runs.states import RunStatus
from exports_app.engine.worker import Stopped
from exports_app.services.core.extension_points import CHANNELS
from exports_app.services.core.records import Schedule
from exports_app.services.runs.lease import LeaseLost
from exports_app.wiring import Services
from tests.doubles import FakeClock, WatchedEmail
from tests.integration.engine.worker.outcomes import ACCEPTED, ANN, BOB, files_in, outcomes
from tests.mailserver import MailServer
from tests.world import claim, execute, registered


def check_that_raises(error: type[Exception], at: int) -> Callable[[], None]:
    """Raises the error at its n-th call, from 1."""
    calls = list[None]()

    def check() -> None:
        calls.append(None)
        if len(calls) == at:
            raise error

    return check


@pytest.mark.parametrize("at", [1, 2, 3, 4, 5])
def test_a_stop_gives_the_run_back_and_it_is_carried_on_where_it_was(
    services: Services, admin: Principal, schedule: Schedule, mail: MailServer, at: int
) -> None:
    services.schedules.trigger(admin, schedule.id)
    back = execute(services, claim(services), check_that_raises(Stopped, at))
    assert (back.status, back.attempt, back.lease_token) == (RunStatus.PENDING, 0, None)
    sent = len(mail.messages)
    assert sent == max(0, at - 4)
    done = execute(services, claim(services))
    assert (done.status, done.attempt) == (RunStatus.COMPLETED, 1)
    assert [m.rcpt_tos for m in mail.wait_for(2)] == [[ANN], [BOB]]
    assert len(files_in(services)) == 1
    if back.file_key:
        assert (done.file_key, done.sha256) == (back.file_key, back.sha256)


@pytest.mark.parametrize("at", [1, 2, 3, 4, 5])
def test_a_lost_lease_ends_the_work_and_touches_nothing(
    services: Services, admin: Principal, schedule: Schedule, mail: MailServer, at: int
) -> None:
    services.schedules.trigger(admin, schedule.id)
    left = execute(services, claim(services), check_that_raises(LeaseLost, at))
    assert (left.status, left.attempt) == (RunStatus.PROCESSING, 1)
    assert len(mail.messages) == max(0, at - 4)


def test_a_worker_whose_run_was_taken_over_begins_no_further_message(
    services: Services, admin: Principal, clock: FakeClock, schedule: Schedule, mail: MailServer
) -> None:
    """It stalls with one message on the wire; meanwhile another worker does everything."""

    def stall(target: str) -> None:
        with registered(CHANNELS, WatchedEmail(mail)):
            clock.advance(seconds=61)
            services.run_endings.recover(everything=False)
            execute(services, claim(services))

    services.schedules.trigger(admin, schedule.id)
    first = claim(services)
    with registered(CHANNELS, WatchedEmail(mail, before=stall)):
        done = execute(services, first)
    assert (done.status, done.attempt) == (RunStatus.COMPLETED, 2)
    assert outcomes(services, done) == {ANN: ACCEPTED, BOB: ACCEPTED}
    assert [m.rcpt_tos for m in mail.wait_for(3)] == [[ANN], [BOB], [ANN]]
    assert len({m.message["Message-ID"] for m in mail.messages if m.rcpt_tos == [ANN]}) == 1


def test_a_file_of_a_worker_that_lost_its_run_is_not_kept(
    services: Services, admin: Principal, clock: FakeClock, schedule: Schedule
) -> None:
    services.schedules.trigger(admin, schedule.id)
    run, calls = claim(services), list[None]()

    def taken_over_at_the_last_moment() -> None:
        calls.append(None)
        if len(calls) == 3:  # the rows are written, the file is not kept yet
            clock.advance(seconds=61)
            services.run_endings.recover(everything=False)

    left = execute(services, run, taken_over_at_the_last_moment)
    assert (left.status, left.file_key) == (RunStatus.PENDING, None)
    assert files_in(services) == []


def test_deleting_a_schedule_lets_its_running_run_finish(
    services: Services, admin: Principal, schedule: Schedule, mail: MailServer
) -> None:
    services.schedules.trigger(admin, schedule.id)
    run = claim(services)
    services.schedules.delete(admin, schedule.id)
    assert execute(services, run).status is RunStatus.COMPLETED
    assert len(mail.wait_for(2)) == 2
