"""The lease: one worker at a time holds a run, and whoever has lost it writes nothing more."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from exports_app.db.engine import Database
from exports_app.db.store import SqlStore
from exports_app.domain.access import Principal
from exports_app.domain.errors import IllegalTransition
from exports_app.domain.runs.states import (
    MAX_DEATHS,
    AttemptOutcome,
    DeliveryStatus,
    RunStatus,
    Trigger,
)
from exports_app.services.core.change_events import Changes
from exports_app.services.core.extension_points import CHANNELS
from exports_app.services.core.records import Run, Schedule
from exports_app.services.runs.lease import LeaseLost
from exports_app.services.runs.queue import RunQueue
from exports_app.wiring import Services
from tests.mailserver import MailServer
from tests.world import (
    Cast,
    FakeClock,
    WatchedEmail,
    claim,
    deliveries_of,
    execute,
    make_schedule,
    registered,
    side_by_side,
    stored,
    the_run,
)


class WorkerDied(BaseException):
    """Stands for kill -9: nothing in the worker handles it."""


@pytest.fixture
def schedule(services: Services, admin: Principal) -> Schedule:
    return make_schedule(services, admin, recipients=("ann@example.com", "bob@example.com"))


@pytest.fixture
def run(services: Services, admin: Principal, schedule: Schedule) -> Run:
    services.schedules.trigger(admin, schedule.id)
    return claim(services)


def lose(services: Services, clock: FakeClock) -> None:
    """The leases end, and what was held waits again."""
    clock.advance(seconds=61)
    services.run_endings.recover(everything=False)


def test_a_claimed_run_is_processing_under_a_lease(
    services: Services, clock: FakeClock, run: Run
) -> None:
    assert run == the_run(services, run)
    assert (run.status, run.attempt, run.started_at) == (RunStatus.PROCESSING, 1, clock())
    assert run.lease_expires_at == clock() + timedelta(seconds=60)
    assert run.lease_token
    assert run.lease_token not in repr(run)


def test_nothing_waits_in_an_empty_queue(services: Services) -> None:
    assert services.run_queue.claim() is None


def test_the_oldest_run_is_claimed_first(
    services: Services, admin: Principal, clock: FakeClock
) -> None:
    made = []
    for i in range(3):
        one = make_schedule(services, admin, name=f"No. {i}")
        made.append(services.schedules.trigger(admin, one.id).id)
        clock.advance(seconds=1)
    assert [claim(services).id for _ in range(3)] == made
    assert services.run_queue.claim() is None


def test_tenants_take_turns(services: Services, cast: Cast, clock: FakeClock) -> None:
    for number in range(4):
        one = make_schedule(services, cast.admin.who, name=f"No. {number}", schedule="* * * * *")
        clock.advance(seconds=0.01)
        assert one.tenant_id == cast.acme.id
    clock.advance(minutes=1)
    assert services.ticks.tick() == 4
    make_schedule(
        services, cast.outsider.who, cast.globex.id, name="The only one", schedule="* * * * *"
    )
    clock.advance(minutes=1)
    assert services.ticks.tick() == 5
    acme, globex = cast.acme.id, cast.globex.id
    assert [claim(services).tenant_id for _ in range(5)] == [acme, globex, acme, acme, acme]


def test_what_was_asked_for_goes_ahead(services: Services, cast: Cast, clock: FakeClock) -> None:
    for number in range(3):
        make_schedule(services, cast.admin.who, name=f"No. {number}", schedule="* * * * *")
    own, other = (
        make_schedule(services, who, tenant, name="Now", schedule="0 9 1 1 *")
        for who, tenant in ((cast.admin.who, cast.acme.id), (cast.outsider.who, cast.globex.id))
    )
    clock.advance(minutes=1)
    services.ticks.tick()
    clock.advance(seconds=1)
    asked = [services.schedules.trigger(cast.admin.who, own.id).id]
    clock.advance(seconds=1)
    asked.append(services.run_actions.send_test(cast.outsider.who, other.id).id)
    assert [claim(services).id for _ in range(2)] == asked
    assert claim(services).trigger is Trigger.SCHEDULE


def test_who_keeps_asking_holds_no_other_tenant_up(
    services: Services, cast: Cast, clock: FakeClock
) -> None:
    for number in range(4):
        one = make_schedule(services, cast.admin.who, name=f"No. {number}", schedule="0 9 1 1 *")
        services.schedules.trigger(cast.admin.who, one.id)
    make_schedule(
        services, cast.outsider.who, cast.globex.id, name="Scheduled", schedule="* * * * *"
    )
    clock.advance(minutes=1)
    services.ticks.tick()
    acme, globex = cast.acme.id, cast.globex.id
    assert [claim(services).tenant_id for _ in range(3)] == [acme, globex, acme]


def test_racing_workers_claim_each_run_once(
    services: Services, admin: Principal, clock: FakeClock
) -> None:
    made = set()
    for i in range(12):
        one = make_schedule(services, admin, name=f"No. {i}")
        made.add(services.schedules.trigger(admin, one.id).id)
    other = Database(services.database.url)

    def worker(i: int) -> list[Run]:
        queue = RunQueue(SqlStore((services.database, other)[i % 2]), Changes(), clock, 60)
        mine = []
        while one := queue.claim():
            mine.append(one)
        return mine

    claimed = [one for mine in side_by_side(8, worker) for one in mine]
    other.dispose()
    assert sorted(one.id for one in claimed) == sorted(made)
    assert len({one.lease_token for one in claimed}) == len(made)


def test_a_run_that_may_not_begin_any_more_once_the_turn_comes_is_passed_over(
    services: Services,
    admin: Principal,
    clock: FakeClock,
    schedule: Schedule,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Between the look and the turn: another worker takes the chosen run, one of its schedule, or
    puts it off."""
    first = services.schedules.trigger(admin, schedule.id)
    clock.advance(seconds=1)
    second = services.schedules.trigger(admin, schedule.id)
    other = services.schedules.trigger(admin, make_schedule(services, admin, name="Put off").id)
    put_off, choose = clock() + timedelta(minutes=1), services.run_queue._choose
    last = services.schedules.trigger(admin, make_schedule(services, admin, name="Last").id)
    with services.store.write() as tx:
        assert tx.run_queue.claim(first.id, "theirs", clock(), clock() + services.leases.duration)
        assert tx.runs.update_unclaimed(other, {"next_attempt_at": put_off})
    seen = iter([first.id, second.id, other.id])
    monkeypatch.setattr(
        services.run_queue,
        "_choose",
        lambda *, isolated: next(seen, None) or choose(isolated=isolated),
    )
    assert claim(services).id == last.id
    assert services.run_queue.claim() is None


def test_runs_of_one_schedule_never_overlap_and_those_of_others_do(
    services: Services, admin: Principal, clock: FakeClock, schedule: Schedule, run: Run
) -> None:
    waiting = services.schedules.trigger(admin, schedule.id)
    assert services.run_queue.claim() is None
    clock.advance(seconds=1)
    other = services.schedules.trigger(admin, make_schedule(services, admin, name="Other").id)
    assert claim(services).id == other.id
    assert services.run_queue.claim() is None
    execute(services, run)
    assert claim(services).id == waiting.id


def test_a_run_waits_for_its_next_attempt(
    services: Services, admin: Principal, clock: FakeClock, schedule: Schedule
) -> None:
    made = services.schedules.trigger(admin, schedule.id)
    held = claim(services)
    services.run_execution.note(held, next_attempt_at=clock() + timedelta(seconds=30))
    services.run_endings.release(held)
    assert services.run_queue.claim() is None
    clock.advance(seconds=30)
    assert claim(services).id == made.id


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
        services.run_deliveries.begin(run, first)
    claim(services)
    with pytest.raises(LeaseLost):
        services.run_deliveries.begin(run, first)
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
    for header in ("Date", "Subject", "From", "To"):
        assert first.message[header] == second.message[header]


def test_a_third_death_with_a_message_on_the_wire_says_that_its_fate_is_unknown(
    services: Services, clock: FakeClock, run: Run
) -> None:
    for _ in range(MAX_DEATHS - 1):
        lose(services, clock)
        run = claim(services)
    first, _ = services.run_deliveries.plan(run, "email")
    services.run_deliveries.begin(run, first)
    lose(services, clock)
    assert the_run(services, run).status is RunStatus.FAILED
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
