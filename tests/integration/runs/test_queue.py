"""The queue of pending runs: whose turn is next, however many wait."""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from exports_app.db.repositories.runs import queue_queries as queries
from exports_app.domain.runs.states import BY_CLOCK, RunStatus, Trigger
from exports_app.services.core.records import Run, Schedule, Waiting, new_id
from exports_app.services.schedules.new_run import new_run
from exports_app.wiring import Services
from tests.doubles import FakeClock
from tests.world import Cast, make_schedule


def ready_since(run: Run) -> datetime:
    return run.next_attempt_at or run.created_at


def that_may_begin(runs: Sequence[Run], now: datetime) -> list[Run]:
    busy = {run.scheduled_export_id for run in runs if run.status is RunStatus.PROCESSING}
    free = [run for run in runs if run.overlaps or run.scheduled_export_id not in busy]
    return [
        one
        for one in free
        if one.status is RunStatus.PENDING and (one.next_attempt_at or now) <= now
    ]


def next_ones(runs: Sequence[Run], now: datetime) -> list[Waiting]:
    """What the queue says, reckoned the long way."""
    first: dict[str, Run] = {}
    for run in sorted(
        that_may_begin(runs, now),
        key=lambda one: (one.trigger in BY_CLOCK, ready_since(one), one.id),
    ):
        first.setdefault(run.tenant_id, run)
    found = sorted(first.values(), key=lambda one: (ready_since(one), one.id))
    return [Waiting(one.id, one.tenant_id, one.trigger not in BY_CLOCK) for one in found]


def some_run(schedule: Schedule, chance: random.Random, now: datetime) -> Run:
    made = new_run(
        schedule,
        chance.choice(list(Trigger)),
        now,
        created_at=now - timedelta(seconds=chance.randint(0, 50)),
    )
    status = chance.choices(
        [RunStatus.PENDING, RunStatus.PROCESSING, RunStatus.COMPLETED], [8, 1, 4]
    )[0]
    later = chance.choice([None, None, now + timedelta(seconds=chance.randint(-50, 50))])
    return replace(
        made, id=new_id(), status=status, next_attempt_at=later, overlaps=chance.random() < 0.3
    )


@pytest.mark.parametrize("seed", range(20))
def test_the_queue_reads_in_steps_what_it_would_find_by_looking_at_every_run(
    services: Services, cast: Cast, clock: FakeClock, seed: int
) -> None:
    chance = random.Random(seed)
    acme, globex = (cast.admin.who, cast.acme.id), (cast.outsider.who, cast.globex.id)
    schedules = [
        make_schedule(services, *chance.choice([acme, globex]), name=f"No. {i}") for i in range(12)
    ]
    runs = [
        some_run(chance.choice(schedules), chance, clock())
        for _ in range(chance.choice([0, 1, 5, 60]))
    ]
    with services.store.write() as tx:
        for run in runs:
            tx.runs.add(run)
    expected = next_ones(runs, clock())
    with services.store.read() as tx:
        assert tx.run_queue.waiting(clock()) == expected
        assert tx.run_queue.waiting_since(clock()) == min(
            map(ready_since, that_may_begin(runs, clock())), default=None
        )


def test_a_run_that_was_taken_up_before_or_has_its_file_does_not_make_the_queue_old(
    services: Services, cast: Cast, clock: FakeClock
) -> None:
    schedule = make_schedule(services, cast.admin.who)
    old = new_run(schedule, Trigger.MANUAL, clock(), created_at=clock() - timedelta(hours=2))
    young = replace(old, id=new_id(), created_at=clock() - timedelta(minutes=1))
    with services.store.write() as tx:
        for run in (
            replace(old, started_at=clock()),
            replace(old, id=new_id(), file_key="a/file"),
            young,
        ):
            tx.runs.add(run)
    with services.store.read() as tx:
        assert tx.run_queue.waiting_since(clock()) == young.created_at


def plan_of(services: Services, query: Any, now: datetime) -> list[str]:
    with services.database.read() as connection:
        sql = query.params(now=now).compile(
            dialect=connection.dialect, compile_kwargs={"literal_binds": True}
        )
        return [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}")]


@pytest.mark.about_sqlite
@pytest.mark.parametrize(
    ("query", "steps"),
    [(queries.next_runs(), 10), (queries.next_isolated(), 2)],
    ids=["next runs", "next isolated"],
)
def test_no_look_at_the_queue_reads_all_that_waits(
    services: Services, clock: FakeClock, query: Any, steps: int
) -> None:
    """By its plan: each step goes through one of the queue's own indexes, never through all runs
    that are pending."""
    plan = plan_of(services, query, clock())
    read = [step for step in plan if "INDEX" in step]
    assert len(read) >= steps
    own = ("ready", "later", "live", "died")
    allowed = ("sqlite_autoindex_export_history_1", *(f"ix_export_history_{name}" for name in own))
    assert [step for step in read if not any(name in step for name in allowed)] == []
    assert [
        step
        for step in plan
        if step.startswith("SCAN") and not step.startswith(("SCAN anon", "SCAN CONSTANT"))
    ] == []
