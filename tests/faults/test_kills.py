"""Processes that die, stand still, or are told to stop: each tick has one run, each run an end,
each message arrives."""

import signal
import threading
from random import Random

import pytest

from exports_app.domain.runs.states import ISOLATION_DEATHS, MAX_DEATHS, RunStatus
from tests.e2e.client import wait_until
from tests.faults.house import TICKS, House

POINTS = (
    "before the claim",
    "after the claim",
    "in the middle of the file",
    "before the rename",
    "before the message",
    "between acceptance and note",
    "before the close",
)
MOST_TELLING = {"after the claim", "between acceptance and note"}


@pytest.mark.parametrize(
    "point",
    [
        pytest.param(point, marks=[] if point in MOST_TELLING else pytest.mark.long)
        for point in POINTS
    ],
)
def test_a_death_at_any_point_loses_and_repeats_nothing(house: House, point: str) -> None:
    for i in range(3):
        house.schedule(f"No. {i}", f"ok+{i}@example.com", f"ok+more{i}@example.com")
    house.make_due()
    app = house.serve(**house.faulty(point))
    house.all_end(3, app)
    house.calm()
    house.all_end(3, app)
    assert house.deaths == 1
    house.check()


def kill_often(house: House, dice: Random, kills: int, ticks: int, schedules: int) -> None:
    for i in range(schedules):
        house.schedule(f"No. {i}", f"slow+{i}@example.com")
    house.post.slowness = 0.05
    house.make_due(ticks)
    app, moment = house.serve(), threading.Event()
    busy = 0
    for _ in range(kills):
        app.ready()
        house.wait_for_work()
        moment.wait(dice.random() * 0.4)  # nobody sets it: the kill is to come at any moment
        busy += house.busy()
        app.kill()
        app.tend()
    house.all_end(ticks * schedules, app)
    house.calm()
    house.all_end(ticks * schedules, app)
    print(f"\n{kills} kills, {busy} of them while there was work")
    assert busy > kills / 2
    house.check(may_die=True)


@pytest.mark.long
def test_kills_at_random_moments_under_load(house: House, dice: Random) -> None:
    kill_often(house, dice, kills=2, ticks=10, schedules=5)


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_a_hundred_kills_at_random_moments_under_load(house: House, dice: Random) -> None:
    kill_often(house, dice, kills=100, ticks=TICKS, schedules=10)


@pytest.mark.long
def test_a_run_that_kills_its_process_is_failed_after_three_deaths_and_harms_no_other(
    house: House,
) -> None:
    poison = house.once("Poison")
    for i in range(6):
        house.once(f"No. {i}", f"ok+{i}@example.com")
    house.make_due()
    app = house.serve(**house.faulty("at this run's file", times=99, run="Poison"))
    runs = house.all_end(7, app)
    (poisoned,) = [run for run in runs if run.scheduled_export_id == poison.id]
    assert (poisoned.status, poisoned.error_code, poisoned.deaths) == (
        RunStatus.FAILED,
        "worker_died",
        MAX_DEATHS,
    )
    assert house.deaths == MAX_DEATHS
    others = [run for run in runs if run.id != poisoned.id]
    assert {run.status for run in others} == {RunStatus.COMPLETED}
    assert (
        max(run.deaths for run in others) <= ISOLATION_DEATHS
    )  # beside it; from then on it is alone
    for i in range(6):
        copies = house.post.to(f"ok+{i}@example.com")
        assert (
            1 <= len(copies) <= 1 + ISOLATION_DEATHS
        )  # a death beside it may have come between acceptance and note
        assert len({one.message_id for one in copies}) == 1


def test_a_stop_drains_and_the_next_start_goes_on_without_a_second_copy(house: House) -> None:
    house.post.slowness = 1.0
    recipients = [f"slow+{i}@example.com" for i in range(6)]
    house.once("Long", *recipients)
    house.make_due()
    app = house.serve(DRAIN_SECONDS="1")
    wait_until("the first message was sent", lambda: house.post.ledger, 60)
    assert app.stop() == 0, app.output
    (stopped,) = house.runs()
    assert (stopped.status, stopped.attempt) == (RunStatus.PENDING, 0)
    assert 1 <= len(house.post.ledger) < len(recipients)
    app.tend()
    house.all_end(1, app)
    assert not house.at_risk  # a stop leaves nothing on the wire
    house.check()


def test_a_server_that_stood_still_past_its_lease_does_not_send_twice(house: House) -> None:
    house.once("Held", "hang@example.com", *[f"ok+{i}@example.com" for i in range(3)])
    house.make_due()
    app = house.serve(LEASE_SECONDS="1")
    wait_until("a message is on the wire", lambda: house.post.ledger, 60)
    app.send(signal.SIGSTOP)
    house.note_at_risk()
    (held,) = house.runs()
    wait_until("its lease has ended", lambda: house.services.clock() > held.lease_expires_at, 30)
    app.send(signal.SIGCONT)
    house.post.let_go.set()
    house.all_end(1, app)
    house.check()
