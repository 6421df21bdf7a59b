"""Several processes over one PostgreSQL: killed, stopped, raced, and left without their
database."""

import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from random import Random

import pytest

from exports_app.domain.runs.states import RunStatus
from tests.distributed.conftest import Installation
from tests.e2e.client import wait_until
from tests.faults.house import TICKS, House
from tests.faults.post import Post
from tests.world import deliveries_of, make_campaigns, make_cast, sql

OUTAGE = 30.0
AT_ONCE = 4
"""Runs of one worker: each may have a message between its acceptance and our note of it."""


@pytest.fixture
def many(installation: Installation, letters: Post, password_hash: str) -> Iterator[House]:
    services = installation.services()
    cast = make_cast(services, password_hash)
    make_campaigns(services, cast)
    with ExitStack() as held:
        yield House(
            installation.folder, letters, services, cast, held, base=installation.settings()
        )


def test_a_worker_that_stood_still_past_its_lease_writes_and_sends_nothing_more(
    many: House,
) -> None:
    many.once("Held", "hang@example.com", *[f"ok+{i}@example.com" for i in range(3)])
    many.make_due()
    stale = many.worker()
    wait_until("a message is on the wire", lambda: many.post.ledger, 60)
    stale.send(signal.SIGSTOP)
    many.note_at_risk()
    many.post.let_go.set()
    many.worker()
    many.all_end(1)

    def all_there_is() -> tuple[object, ...]:
        (run,) = many.runs()
        return (
            run,
            deliveries_of(many.services, run),
            list(many.post.ledger),
            sql(many.services, "SELECT * FROM run_attempts"),
        )

    before = all_there_is()
    stale.send(signal.SIGCONT)
    wait_until("it has noticed", lambda: "lease lost" in stale.output, 60)
    assert stale.stop() == 0
    assert all_there_is() == before
    many.check()
    assert len(many.post.to("hang@example.com")) == 2  # on the wire when it stood still


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_three_dispatchers_race_through_two_thousand_ticks_while_they_are_killed(
    many: House,
) -> None:
    schedules = {many.once(f"No. {i}", f"ok+{i}@example.com").id for i in range(2000)}
    many.make_due()
    apps = [
        many.worker(**many.faulty("in the tick", times=6)) for _ in range(3)
    ]  # rows are written, and not yet committed
    many.all_end(2000, *apps, seconds=900)
    assert not many.due()
    rows = sql(
        many.services,
        "SELECT scheduled_export_id, count(*) FROM export_history GROUP BY scheduled_export_id",
    )
    print(
        f"\n2,000 ticks, {many.deaths} dispatchers killed in a tick: {len(rows)} with a run, "
        f"{sum(n for _, n in rows)} runs"
    )
    assert {schedule_id for schedule_id, _ in rows} == schedules
    assert {number for _, number in rows} == {1}
    assert many.deaths >= 6
    many.check()


def load(many: House, schedules: int, ticks: int) -> None:
    for i in range(schedules):
        many.schedule(f"No. {i}", f"slow+{i}@example.com")
    many.make_due(ticks)


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_a_hundred_kills_among_two_servers_and_three_workers(many: House, dice: Random) -> None:
    load(many, schedules=10, ticks=TICKS)
    apps = [many.serve(), many.serve(), many.worker(), many.worker(), many.worker()]
    kills = 100
    busy = 0
    moment = threading.Event()
    for _ in range(kills):
        many.wait_for_work()
        moment.wait(dice.random() * 0.4)
        busy += many.busy()
        app = dice.choice(apps)
        app.kill()
        app.tend()
    many.all_end(10 * TICKS, *apps, seconds=900)
    many.calm()
    many.all_end(10 * TICKS, *apps, seconds=900)
    print(f"\n{kills} kills among 2 servers and 3 workers, {busy} of them while there was work")
    assert busy > kills / 2
    many.check(may_die=True)


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_postgresql_and_redis_are_gone_for_half_a_minute_under_load(
    many: House, installation: Installation
) -> None:
    load(many, schedules=6, ticks=20)
    apps = [many.serve(), many.serve(), many.worker(), many.worker(), many.worker()]
    wait_until("messages are sent", lambda: len(many.post.ledger) > 5, 60)
    installation.redis.stop()
    installation.postgres.stop(immediate=True)
    threading.Event().wait(OUTAGE)
    installation.postgres.start()
    installation.redis.start()
    many.all_end(120, seconds=300)
    many.calm()
    many.all_end(120, seconds=300)
    assert [app.starts for app in apps] == [1] * len(apps)
    assert all(app.process is not None and app.process.poll() is None for app in apps)
    assert {run.status for run in many.runs()} == {RunStatus.COMPLETED}
    many.check(unseen=len(apps) * AT_ONCE)  # nobody could ask the database what was on the wire
