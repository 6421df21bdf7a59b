"""Leases that are extended, end, or are given back."""

from datetime import timedelta

import pytest

from exports_app.domain.access import Principal
from exports_app.domain.runs.states import (
    MAX_DEATHS,
    AttemptOutcome,
    RunStatus,
)
from exports_app.services.core.records import Run, Schedule
from exports_app.services.runs.lease import LeaseLost
from exports_app.wiring import Services
from tests.doubles import FakeClock
from tests.integration.runs.lease.expiry import lose
from tests.world import claim, make_schedule, stored, the_run


def test_a_lease_that_is_extended_does_not_end(
    services: Services, clock: FakeClock, run: Run
) -> None:
    for _ in range(5):
        clock.advance(seconds=40)
        assert services.leases.extend([run]) == []
        assert services.run_endings.recover(everything=False) == 0
    assert the_run(services, run).lease_expires_at == clock() + timedelta(seconds=60)


def test_a_lease_is_kept_until_its_very_end(services: Services, clock: FakeClock, run: Run) -> None:
    clock.advance(seconds=60)
    assert services.run_endings.recover(everything=False) == 0
    clock.advance(microseconds=1)
    assert services.run_endings.recover(everything=False) == 1


def test_extending_says_which_leases_are_lost(
    services: Services, admin: Principal, clock: FakeClock, run: Run
) -> None:
    lose(services, clock)
    services.schedules.trigger(admin, make_schedule(services, admin, name="Other").id)
    again, other = claim(services), claim(services)
    assert services.leases.extend([run, again, other]) == [run]


def test_a_run_whose_worker_died_waits_again_and_the_attempt_counts(
    services: Services, clock: FakeClock, run: Run
) -> None:
    lose(services, clock)
    back = the_run(services, run)
    assert (back.status, back.attempt, back.lease_token, back.lease_expires_at) == (
        RunStatus.PENDING,
        1,
        None,
        None,
    )
    again = claim(services)
    assert (again.id, again.attempt) == (run.id, 2)
    assert again.started_at == run.started_at
    assert again.lease_token != run.lease_token


def test_at_the_start_of_the_only_server_every_processing_run_comes_back_at_once(
    services: Services, run: Run
) -> None:
    assert services.run_endings.recover(everything=False) == 0
    assert services.run_endings.recover(everything=True) == 1
    assert the_run(services, run).status is RunStatus.PENDING


def test_a_graceful_stop_costs_no_attempt(services: Services, run: Run) -> None:
    for _ in range(5):
        services.run_endings.release(run)
        back = the_run(services, run)
        assert (back.status, back.attempt, back.lease_token) == (RunStatus.PENDING, 0, None)
        run = claim(services)
        assert run.attempt == 1


def test_a_run_that_killed_three_workers_fails_and_says_so(
    services: Services, clock: FakeClock, schedule: Schedule, run: Run
) -> None:
    for death in range(1, MAX_DEATHS + 1):
        assert the_run(services, run).attempt == death
        lose(services, clock)
        if death < MAX_DEATHS:
            claim(services)
    failed = the_run(services, run)
    assert (failed.status, failed.error, failed.error_code) == (
        RunStatus.FAILED,
        "its worker died 3 times",
        "worker_died",
    )
    assert failed.completed_at == clock()
    assert (stored(services, schedule).last_status, stored(services, schedule).last_run_at) == (
        RunStatus.FAILED,
        clock(),
    )
    assert services.run_queue.claim() is None


def test_a_dead_workers_run_that_ended_in_this_moment_is_left_alone(
    services: Services, clock: FakeClock, run: Run
) -> None:
    """Recovery reads first and writes then: what was closed in between keeps its end."""
    clock.advance(seconds=61)
    with services.store.read() as tx:
        (seen,) = tx.run_queue.abandoned(clock())
    services.run_endings.close(run, RunStatus.COMPLETED)
    with pytest.raises(LeaseLost):
        services.leases.hand_back(seen, AttemptOutcome.DIED)
    assert the_run(services, run).status is RunStatus.COMPLETED
