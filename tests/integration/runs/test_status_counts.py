"""The kept counts of runs and deliveries are always what a count of the rows would find."""

import random
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from exports_app.db import migrate
from exports_app.domain.access import Principal
from exports_app.domain.runs.states import DELIVERY_MOVES, RUN_MOVES, DeliveryStatus, RunStatus
from exports_app.domain.runs.states import Trigger as RunTrigger
from exports_app.domain.schedules.run_spec import RunSpec
from exports_app.services import kept_counts
from exports_app.services.core.records import Delivery, Run, Schedule, new_id
from exports_app.wiring import Services
from tests.query_plans import plans
from tests.world import make_cast, make_schedule, side_by_side, sql, trigger_and_execute

STEPS = 60


class TakenBack(Exception):
    pass


@pytest.fixture
def schedule(services: Services, admin: Principal) -> Schedule:
    return make_schedule(services, admin)


def counted(services: Services, table: str) -> dict[str, int]:
    rows = sql(services, f"SELECT status, count(*) FROM {table} GROUP BY status")
    return dict(rows)


def assert_exact(services: Services) -> None:
    with services.store.read() as tx:
        kept = tx.status_counts.runs(), tx.status_counts.deliveries()
    assert kept == (counted(services, "export_history"), counted(services, "deliveries"))


def rows(services: Services) -> int:
    return int(sql(services, "SELECT count(*) FROM status_counts")[0][0])


@dataclass
class Moves:
    """Random changes of runs and deliveries, as many rows at once as it happens."""

    services: Services
    schedule: Schedule
    chance: random.Random
    runs: list[str] = field(default_factory=list)

    def make(self, i: int) -> Run:
        ticks = self.services.clock() + timedelta(minutes=self.chance.randrange(30))
        tick = ticks if self.chance.random() < 0.7 else None  # some of them have a run already
        status = self.chance.choice(list(RunStatus))
        spec = RunSpec(name=f"Run {i}")
        s = self.schedule
        return Run(
            *(new_id(), s.id, s.tenant_id, RunTrigger.SCHEDULE, spec, "csv", status, []),
            created_at=self.services.clock(),
            scheduled_for=tick,
        )

    def add(self) -> None:
        made = [self.make(i) for i in range(self.chance.randrange(1, 6))]
        with self.services.store.write() as tx:
            added = sorted(tx.runs.add_all(made))
            for run_id in added:
                tx.deliveries.add(
                    Delivery(new_id(), run_id, "email", f"{n}@example.com", status, new_id())
                    for n, status in enumerate(self.chance.choices(list(DeliveryStatus), k=3))
                )
        self.runs += added

    def move(self) -> None:
        old = self.chance.choice(list(RunStatus))
        new = self.chance.choice([old, *RUN_MOVES[old]])
        limit = self.chance.choice(self.runs) if self.runs else ""
        query = "UPDATE export_history SET status = ? WHERE status = ? AND id <= ?"
        sql(self.services, query, new.value, old.value, limit)

    def deliver(self) -> None:
        old = self.chance.choice(list(DeliveryStatus))
        new = self.chance.choice([old, *DELIVERY_MOVES[old]])
        query = "UPDATE deliveries SET status = ? WHERE status = ?"
        sql(self.services, query, new.value, old.value)

    def remove(self) -> None:
        gone = self.chance.sample(self.runs, min(2, len(self.runs)))
        for run_id in gone:
            sql(self.services, "DELETE FROM deliveries WHERE history_id = ?", run_id)
            sql(self.services, "DELETE FROM export_history WHERE id = ?", run_id)
        self.runs = [run_id for run_id in self.runs if run_id not in gone]

    def take_back(self) -> None:
        made = [self.make(i) for i in range(3)]
        with suppress(TakenBack), self.services.store.write() as tx:
            tx.runs.add_all(made)
            raise TakenBack

    def fold(self) -> None:
        with self.services.store.write() as tx:
            newest = tx.status_counts.newest_row(1)
            if newest is not None:
                tx.status_counts.fold(self.chance.randrange(newest + 1), self.chance.randrange(40))


@pytest.mark.parametrize("seed", range(2))
def test_counts_are_exact_after_each_of_many_random_moves(
    services: Services, schedule: Schedule, seed: int
) -> None:
    chance = random.Random(seed)
    moves = Moves(services, schedule, chance)
    kinds = (moves.add, moves.move, moves.deliver, moves.remove, moves.take_back, moves.fold)
    for _ in range(STEPS):
        chance.choices(kinds, weights=(4, 5, 3, 1, 1, 2))[0]()
        assert_exact(services)


def test_a_run_from_its_tick_to_its_end_is_counted(
    services: Services, schedule: Schedule, admin: Principal
) -> None:
    trigger_and_execute(services, admin, schedule)
    services.schedules.trigger(admin, schedule.id)
    assert_exact(services)
    figures = services.health.figures()
    assert (figures.runs, figures.deliveries) == ({"completed": 1, "pending": 1}, {"skipped": 1})


def test_folding_leaves_few_rows(
    services: Services, schedule: Schedule, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_counts, "BATCH", 30)
    monkeypatch.setattr(kept_counts, "FEW", 20)
    moves = Moves(services, schedule, random.Random(7))
    assert services.kept_counts.fold() == 0  # nothing to do, and nothing is written
    for _ in range(10):
        moves.add()
        moves.move()
    before = rows(services)
    assert services.kept_counts.fold() == before
    assert_exact(services)
    while services.kept_counts.fold():
        assert_exact(services)
    assert rows(services) < 20


def test_servers_fold_while_others_write_and_none_waits_for_ever(
    services: Services, schedule: Schedule, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_counts, "BATCH", 10)
    monkeypatch.setattr(kept_counts, "FEW", 1)
    writers = [Moves(services, schedule, random.Random(i)) for i in range(3)]

    def work(i: int) -> None:
        for _ in range(10):
            if i < len(writers):
                writers[i].add()
                writers[i].take_back()
            else:
                services.kept_counts.fold()

    side_by_side(len(writers) + 3, work)
    assert_exact(services)
    assert services.kept_counts.fold()
    assert_exact(services)


@pytest.mark.about_postgresql
def test_a_table_that_is_emptied_at_once_is_counted_as_empty(
    services: Services, schedule: Schedule
) -> None:
    moves = Moves(services, schedule, random.Random(3))
    moves.add()
    sql(services, "TRUNCATE deliveries")
    assert_exact(services)


@pytest.mark.about_sqlite
def test_the_figures_for_prometheus_read_no_history(services: Services) -> None:
    with plans(services) as steps:
        services.health.figures()
    assert steps
    history = ("SCAN export_history", "SCAN deliveries")
    assert [step for step in steps if step.startswith(history)] == []


def test_what_was_there_before_is_counted_by_the_migration(
    own: Services, password_hash: str
) -> None:
    cast = make_cast(own, password_hash)
    moves = Moves(own, make_schedule(own, cast.admin.who), random.Random(5))
    for _ in range(5):
        moves.add()
    migrate.downgrade(own.database, "0026")
    own.database.dispose()
    migrate.upgrade(own.database)
    assert_exact(own)
    assert rows(own) <= len(RunStatus) + len(DeliveryStatus)
    moves.move()
    moves.deliver()
    assert_exact(own)
