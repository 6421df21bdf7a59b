"""What only a database that many processes share can get wrong: its clock, its absence, and
dispatchers that race."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from pydantic import SecretStr
from sqlalchemy import text

from exports_app import startup, wiring
from exports_app.db import clock as db_clock
from exports_app.db import migrate, search
from exports_app.db.clock import DatabaseClock
from exports_app.db.engine import Database
from exports_app.db.models import metadata
from exports_app.domain.access import Principal
from exports_app.domain.errors import ExportsError, Unavailable
from exports_app.domain.runs.delivery_mode import DeliveryMode, MessageForm
from exports_app.domain.runs.states import DeliveryStatus, RunStatus
from exports_app.services.runs.lease import LeaseLost
from exports_app.settings import Settings
from exports_app.wiring import Services
from tests.conftest import SECRET_KEY
from tests.doubles import FakeClock
from tests.e2e.client import wait_until
from tests.postgres import Postgres, postgres_server
from tests.world import deliveries_of, make_cast, make_schedule, side_by_side, sql

HOUR = timedelta(hours=1)


@pytest.fixture
def fresh(postgres: Postgres) -> Iterator[str]:
    """The URL of a database without even a schema."""
    postgres.sql("CREATE DATABASE fresh")
    yield postgres.url("fresh")
    postgres.drop("fresh")


def ours(item: object, name: str | None, kind: str, *more: object) -> bool:
    """Not Procrastinate's, which have no models."""
    is_queue = kind == "table" and (name or "").startswith("procrastinate_")
    return not is_queue and search.has_model(item, name, kind, *more)


@contextmanager
def opened(url: str) -> Iterator[Database]:
    database = Database(url)
    try:
        yield database
    finally:
        database.dispose()


@contextmanager
def process(url: str, folder: Path, clock: FakeClock) -> Iterator[Services]:
    """The services of one more process over the database."""
    built = wiring.build(
        Settings(data_dir=folder, secret_key=SECRET_KEY, demo=False, database_url=SecretStr(url)),
        clock,
    )
    try:
        yield built
    finally:
        built.close()


@contextmanager
def three(url: str, folder: Path, clock: FakeClock) -> Iterator[list[Services]]:
    with (
        process(url, folder, clock) as a,
        process(url, folder, clock) as b,
        process(url, folder, clock) as c,
    ):
        yield [a, b, c]


class TestTheSchema:
    def test_is_what_the_models_say(self, fresh: str) -> None:
        with opened(fresh) as database:
            migrate.upgrade(database)
            with database.read() as connection:
                assert (
                    compare_metadata(
                        MigrationContext.configure(
                            connection, opts={"compare_type": True, "include_object": ours}
                        ),
                        metadata,
                    )
                    == []
                )

    def test_goes_up_and_down_and_up_again(self, fresh: str) -> None:
        with opened(fresh) as database:
            migrate.upgrade(database)
            migrate.downgrade(database)
            assert not migrate.is_current(database)
            with database.read() as connection:
                tables = (
                    "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
                )
                assert set(connection.execute(text(tables)).scalars()) == {"alembic_version"}
            migrate.upgrade(database)
            assert migrate.is_current(database)

    def test_is_not_changed_by_a_start_which_says_what_to_do(
        self, fresh: str, tmp_path: Path, clock: FakeClock
    ) -> None:
        with process(fresh, tmp_path, clock) as services:
            with pytest.raises(
                ExportsError, match="is not migrated: run 'python -m exports_app migrate' first"
            ):
                startup.prepare(services)
            assert not migrate.is_current(services.database)


class TestTheClock:
    @pytest.mark.parametrize("skew", [HOUR, -HOUR])
    def test_is_the_databases_whatever_the_hosts_says(
        self, migrated_url: str, skew: timedelta
    ) -> None:
        with opened(migrated_url) as database:
            wrong = DatabaseClock(database, lambda: datetime.now(UTC) + skew)
            with database.read() as connection:
                before: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
            assert before <= wrong() <= before + timedelta(seconds=30)

    def test_goes_on_without_the_database_once_it_was_seen(
        self, migrated_url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(db_clock, "ASK_SECONDS", 0)
        with opened(migrated_url) as database:
            wrong = DatabaseClock(database, lambda: datetime.now(UTC) + HOUR)
            seen = wrong()
            monkeypatch.setattr(database, "read", away)
            assert seen <= wrong() <= seen + timedelta(seconds=30)

    def test_is_the_hosts_until_the_database_was_seen(
        self, migrated_url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with opened(migrated_url) as database:
            monkeypatch.setattr(database, "read", away)
            assert abs(DatabaseClock(database)() - datetime.now(UTC)) < timedelta(seconds=30)


@contextmanager
def away() -> Iterator[None]:
    raise Unavailable
    yield


def test_a_database_that_was_killed_is_away_and_then_back(
    tmp_path: Path, clock: FakeClock, password_hash: str
) -> None:
    with postgres_server() as server:
        server.sql("CREATE DATABASE mortal")
        with process(server.url("mortal"), tmp_path, clock) as services:
            migrate.upgrade(services.database)
            admin = make_cast(services, password_hash).admin.who
            schedule = make_schedule(services, admin)
            with services.store.read() as held:
                server.stop(immediate=True)
                with pytest.raises(Unavailable), services.store.read():
                    held.schedules.get(schedule.id)
            for _ in range(2):
                with pytest.raises(Unavailable):
                    services.ticks.tick()
            server.start()
            assert services.schedules.get(admin, schedule.id) == schedule
            assert services.ticks.tick() == 0


@pytest.mark.about_postgresql
class TestDispatchersThatRace:
    SCHEDULES, TICKS = 40, 5

    @pytest.fixture
    def schedules(self, services: Services, admin: Principal) -> list[str]:
        made = [
            make_schedule(services, admin, name=f"No. {i}", schedule="* * * * *")
            for i in range(self.SCHEDULES)
        ]
        return [one.id for one in made]

    def test_make_one_run_of_each_tick(
        self, services: Services, schedules: list[str], clock: FakeClock, tmp_path: Path
    ) -> None:
        with three(services.settings.url, tmp_path, clock) as engines:
            for _ in range(self.TICKS):
                clock.advance(minutes=1)
                made = side_by_side(3, lambda i: engines[i].ticks.tick())
                # What one passed over since another was at it is that other's, or the next cycle's
                assert sum(made) + engines[0].ticks.tick() == len(schedules)
        ticks = Counter(
            (row[0], row[1])
            for row in sql(
                services, "SELECT scheduled_export_id, scheduled_for FROM export_history"
            )
        )
        assert set(ticks.values()) == {1}
        assert len(ticks) == self.SCHEDULES * self.TICKS

    def test_wait_for_each_other_to_choose(
        self,
        services: Services,
        admin: Principal,
        schedules: list[str],
        clock: FakeClock,
        tmp_path: Path,
    ) -> None:
        """Else both could begin a run of the same schedule: each sees it idle until the other
        commits."""
        with (
            three(services.settings.url, tmp_path, clock) as (a, b, _),
            ThreadPoolExecutor(1) as other,
        ):
            first = a.schedules.trigger(admin, schedules[0])
            with a.store.write() as tx:
                tx.run_queue.lock_claims()
                assert tx.run_queue.claim(first.id, str(uuid4()), clock(), clock() + HOUR)
                b.schedules.trigger(admin, schedules[0])  # asked for: the next in the queue
                claimed = other.submit(b.run_queue.claim)
                wait_until(
                    "it waits",
                    lambda: sql(services, "SELECT 1 FROM pg_locks WHERE NOT granted"),
                    10,
                )
                assert not claimed.done()
            assert claimed.result(10) is None

    def test_a_worker_waits_for_who_calls_its_run_off_and_then_sends_nothing(
        self,
        services: Services,
        admin: Principal,
        schedules: list[str],
        clock: FakeClock,
        tmp_path: Path,
    ) -> None:
        with (
            three(services.settings.url, tmp_path, clock) as (a, b, _),
            ThreadPoolExecutor(1) as other,
        ):
            a.schedules.trigger(admin, schedules[0])
            run = b.run_queue.claim()
            assert run is not None
            (delivery, *_) = b.run_deliveries.plan(run, "email")
            attached = MessageForm(DeliveryMode.ATTACH, 1_000)
            with a.store.write() as tx:
                assert tx.runs.cancel(run, {"completed_at": clock()})
                moved = other.submit(b.run_deliveries.begin, run, delivery, attached)
                wait_until(
                    "it waits",
                    lambda: sql(services, "SELECT 1 FROM pg_locks WHERE NOT granted"),
                    10,
                )
                tx.deliveries.end_pending(
                    run.id, "the run was cancelled before this message was sent"
                )
            with pytest.raises(LeaseLost):
                moved.result(10)
        assert {d.status for d in deliveries_of(services, run)} == {DeliveryStatus.SKIPPED}

    def test_never_begin_two_runs_of_one_schedule_and_leave_none(
        self, services: Services, schedules: list[str], clock: FakeClock, tmp_path: Path
    ) -> None:
        for _ in range(self.TICKS):
            clock.advance(minutes=1)
            sql(services, "UPDATE scheduled_exports SET overlap = 'queue_one'")
            services.ticks.tick()
            sql(
                services, "UPDATE export_history SET attempt = 1"
            )  # as if each had its turn: all of them are queued
        together = (
            "SELECT count(*) FROM export_history WHERE status = 'processing' "
            "AND scheduled_export_id = ?"
        )

        def work(engine: Services) -> list[str]:
            seen = []
            while run := engine.run_queue.claim():
                seen.append(run.id)
                assert sql(engine, together, run.scheduled_export_id) == [(1,)]
                engine.run_endings.close(run, RunStatus.COMPLETED)
            return seen

        with three(services.settings.url, tmp_path, clock) as engines:
            seen = [run_id for one in side_by_side(3, lambda i: work(engines[i])) for run_id in one]
        assert len(set(seen)) == len(seen) == self.SCHEDULES * self.TICKS
