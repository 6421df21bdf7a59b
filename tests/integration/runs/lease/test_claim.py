"""One worker at a time holds a run; whose turn is next."""

from datetime import timedelta

import pytest

from exports_app.db.engine import Database
from exports_app.db.store import SqlStore
from exports_app.domain.access import Principal
from exports_app.domain.runs.send_to import SendTo
from exports_app.domain.runs.states import (
    RunStatus,
    Trigger,
)
from exports_app.services.core.change_events import Changes
from exports_app.services.core.records import Run, Schedule
from exports_app.services.runs.queue import RunQueue
from exports_app.wiring import Services
from tests.doubles import FakeClock
from tests.world import Cast, claim, execute, make_schedule, side_by_side, the_run


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
    asked.append(services.schedules.trigger(cast.outsider.who, other.id, SendTo.CALLER).id)
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
