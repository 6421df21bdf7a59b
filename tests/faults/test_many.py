"""Several processes over one PostgreSQL: who stood still does no harm, and kills, races and outages change nothing that counts."""

import signal
import sys
import time
from collections import Counter
from pathlib import Path
from random import Random

import pytest

from exports_app.domain.run import RunStatus
from tests.distributed.conftest import Installation
from tests.e2e.client import wait_until
from tests.e2e.server import command, environment
from tests.faults.house import App, House
from tests.faults.post import Post
from tests.world import deliveries_of, make_campaigns, make_cast, sql, the_run


@pytest.fixture
def many(installation: Installation, letters: Post, password_hash: str, tmp_path: Path) -> House:
    """A look at an installation without a process; its mail goes to the scripted server."""
    services = installation.services()
    cast = make_cast(services, password_hash)
    make_campaigns(services, cast)
    return House(tmp_path, letters, services, cast, installation.held)


def kept(installation: Installation, house: House, name: str, **env: str) -> App:
    """A worker, or a server where it is called one, as a service manager keeps it."""
    folder = house.folder / name
    folder.mkdir()
    arguments = command(backend_only=True) if name.startswith("web") else [sys.executable, "-m", "exports_app", "worker"]
    settings = installation.settings() | house.post.settings() | env
    app = App(arguments, environment(folder, settings), folder / "log")
    installation.held.callback(app.kill)
    app.tend()
    return app


def test_a_worker_that_stood_still_past_its_lease_writes_and_sends_nothing_more(installation: Installation, many: House) -> None:
    recipients = ["hang@example.com", "ok+1@example.com", "ok+2@example.com"]
    schedule = many.schedule("Held", *recipients, schedule="0 0 1 1 *")
    stale = kept(installation, many, "stale", LEASE_SECONDS="2")
    stale.ready()
    run_id = many.services.schedules.trigger(many.admin, schedule.id).id
    wait_until("a message is on the wire", lambda: many.post.ledger, 60)
    assert stale.process is not None
    stale.process.send_signal(signal.SIGSTOP)
    many.post.let_go.set()  # its answer waits for who sleeps; the next one to ask is answered at once
    other = kept(installation, many, "other", LEASE_SECONDS="2")
    (done,) = many.all_end(1, other)
    assert (done.id, done.status, done.attempt) == (run_id, RunStatus.COMPLETED, 2)

    def everything() -> object:
        attempts = sql(many.services, "SELECT number, outcome, started_at, ended_at FROM run_attempts ORDER BY number")
        return the_run(many.services, done), deliveries_of(many.services, done), attempts, many.post.copies()

    before = everything()
    stale.process.send_signal(signal.SIGCONT)
    wait_until("it has learnt that it lost the run", lambda: "lease lost" in stale.output, 60)
    assert everything() == before
    copies = {recipient: len(many.post.to(recipient)) for recipient in recipients}
    assert copies == {"hang@example.com": 2, "ok+1@example.com": 1, "ok+2@example.com": 1}
    assert len({one.message_id for one in many.post.to("hang@example.com")}) == 1


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_three_dispatchers_race_through_two_thousand_ticks_while_they_are_killed(
    installation: Installation, many: House, dice: Random
) -> None:
    for i in range(100):
        many.schedule(f"No. {i}")
    many.make_due(20)
    apps = [kept(installation, many, f"worker{i}", SMTP_HOST="") for i in range(3)]
    kills, began = 0, time.monotonic()
    state = "SELECT count(*), count(completed_at) FROM export_history"

    def left() -> bool:
        ((made, ended),) = sql(many.services, state)
        return bool(made < 2000 or ended < made)

    while left() and time.monotonic() - began < 1200:
        victim = dice.choice(apps)
        victim.ready()
        ((_, before),) = sql(many.services, state)
        wanted = before + dice.randrange(5, 60)
        wait_until("it works", lambda wanted=wanted: not left() or sql(many.services, state)[0][1] >= wanted, 120)
        if left():
            victim.kill()
            victim.tend()
            kills += 1
    many.calm()
    runs = many.all_end(2000, *apps, seconds=300)
    ticks = Counter((run.scheduled_export_id, run.scheduled_for) for run in runs)
    assert set(ticks.values()) == {1}
    by_schedule = Counter(run.scheduled_export_id for run in runs)
    for schedule_id, number in by_schedule.items():
        instants = sorted(run.scheduled_for for run in runs if run.scheduled_export_id == schedule_id and run.scheduled_for)
        assert (instants[-1] - instants[0]).total_seconds() == (number - 1) * 60, "a tick has no run"
    ends = Counter(run.status for run in runs)
    print(
        f"\nticks {len(runs)} | kills {kills} | duplicates 0 | gaps 0 | ends {dict(ends)} | deaths {sum(r.deaths for r in runs)}"
    )
    assert ends == {RunStatus.COMPLETED: len(runs)}


def kill_often(installation: Installation, house: House, dice: Random, kills: int, ticks: int, schedules: int) -> None:
    for i in range(schedules):
        house.schedule(f"No. {i}", f"slow+{i}@example.com")
    house.post.slowness = 0.05
    house.make_due(ticks)
    names = ("web0", "web1", "worker0", "worker1", "worker2")
    apps = [kept(installation, house, name) for name in names]
    for _ in range(kills):
        victim = dice.choice(apps)
        victim.ready()
        time.sleep(dice.random() * 0.3)  # a moment that nothing chooses
        victim.kill()
        victim.tend()
    house.all_end(ticks * schedules, *apps, seconds=300)
    house.calm()
    house.all_end(ticks * schedules, *apps, seconds=300)
    house.check(kills=kills * 4)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_a_hundred_kills_among_two_servers_and_three_workers(installation: Installation, many: House, dice: Random) -> None:
    kill_often(installation, many, dice, kills=100, ticks=10, schedules=10)


@pytest.mark.long
@pytest.mark.timeout(600)
def test_postgresql_and_redis_are_gone_for_half_a_minute_under_load(installation: Installation, many: House) -> None:
    for i in range(20):
        many.schedule(f"No. {i}", f"slow+{i}@example.com")
    many.make_due(5)
    apps = [kept(installation, many, name) for name in ("web0", "web1", "worker0", "worker1", "worker2")]
    for app in apps:
        app.ready()
    wait_until("they work", lambda: len(many.post.ledger) > 5, 60)
    installation.redis.stop()
    installation.postgres.stop(immediate=True)
    time.sleep(30)
    installation.postgres.start()
    installation.redis.start()
    many.all_end(100, *apps, seconds=180)
    many.calm()
    many.all_end(100, *apps, seconds=180)
    assert [app.starts for app in apps] == [1] * 5
    many.check(kills=len(apps) * 4)  # what was on the wire when the note of it failed
