"""Maintenance mode: what waits, for whom, and what happens afterwards."""

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta

import pytest

from exports_app import wiring
from exports_app.domain.access import Principal
from exports_app.domain.errors import Invalid
from exports_app.domain.runs.states import RunStatus
from exports_app.engine.local import LocalEngine
from exports_app.services.core.change_events import EVERY_TENANT, Change, Topic
from exports_app.services.core.records import Maintenance, Schedule
from exports_app.settings import Settings
from exports_app.wiring import Services
from tests.doubles import NOW, FakeClock, Watch
from tests.integration.runs.tick.hours import hourly
from tests.world import claim, execute, make_schedule, runs_of, sql, stored


@pytest.fixture
def command(services: Services, settings: Settings, clock: FakeClock) -> Iterator[Services]:
    """Another process over the same database."""
    with closing(wiring.build(settings, clock)) as built:
        yield built


@pytest.fixture
def schedule(services: Services, admin: Principal) -> Schedule:
    return hourly(services, admin)


def test_no_run_is_created_or_begun_until_it_is_over(
    services: Services, command: Services, admin: Principal, clock: FakeClock, schedule: Schedule
) -> None:
    command.maintenance.begin("new disks")
    asked = services.schedules.trigger(admin, make_schedule(services, admin).id)
    assert asked.status is RunStatus.PENDING
    clock.advance(hours=3)
    engine = LocalEngine(services)
    engine._cycle()
    assert runs_of(services, schedule) == []
    assert services.run_queue.claim() is None
    command.maintenance.end()
    assert services.ticks.tick() == 1
    begun = {claim(services).id for _ in range(2)}
    assert begun == {asked.id, runs_of(services, schedule)[0].id}


def test_a_claim_that_has_chosen_its_run_does_not_begin_it(
    services: Services,
    command: Services,
    admin: Principal,
    schedule: Schedule,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    services.schedules.trigger(admin, schedule.id)
    choose = services.run_queue._choose

    def meanwhile(*, isolated: bool) -> str | None:
        chosen = choose(isolated=isolated)
        command.maintenance.begin("")
        return chosen

    monkeypatch.setattr(services.run_queue, "_choose", meanwhile)
    assert services.run_queue.claim() is None


@pytest.mark.parametrize(("catch_up", "runs"), [("latest", [2]), ("none", []), ("all", [0, 0, 0])])
def test_afterwards_what_was_missed_follows_the_policy_of_its_schedule(
    services: Services, admin: Principal, clock: FakeClock, catch_up: str, runs: list[int]
) -> None:
    made = hourly(services, admin, catch_up=catch_up)
    services.maintenance.begin("")
    clock.set((made.next_run_at or clock()) + timedelta(hours=2, minutes=30))
    services.ticks.tick()
    services.maintenance.end()
    services.ticks.tick()
    created = [run for run in runs_of(services, made) if run.status is RunStatus.PENDING]
    assert [run.missed_ticks for run in created] == runs
    assert (stored(services, made).next_run_at or clock()) > clock()


def test_what_runs_may_finish_and_is_counted_until_then(
    services: Services, command: Services, admin: Principal, clock: FakeClock, schedule: Schedule
) -> None:
    services.schedules.trigger(admin, schedule.id)
    run = claim(services)
    command.maintenance.begin("")
    assert command.maintenance.runs_at_work() == 1
    assert execute(services, run).status is RunStatus.COMPLETED
    assert command.maintenance.runs_at_work() == 0


def test_a_run_whose_worker_died_is_not_waited_for_longer_than_its_lease(
    services: Services, admin: Principal, clock: FakeClock, schedule: Schedule
) -> None:
    services.schedules.trigger(admin, schedule.id)
    claim(services)
    clock.advance(seconds=services.settings.lease_seconds + 1)
    assert services.maintenance.runs_at_work() == 0


def test_pages_of_a_running_server_are_refreshed_once_at_each_change(
    services: Services, command: Services, watch: Watch
) -> None:
    everyone = Change(Topic.TENANTS, EVERY_TENANT)
    services.maintenance.look()
    assert watch.seen == []
    command.maintenance.begin("new disks")
    services.maintenance.look()
    services.maintenance.look()
    assert watch.seen == [everyone]
    assert services.maintenance.seen == Maintenance(NOW, "new disks")
    command.maintenance.end()
    services.maintenance.look()
    assert watch.seen == [everyone] * 2
    assert not services.maintenance.seen.is_on


def test_nothing_is_late_during_it_and_its_time_does_not_count_afterwards(
    services: Services, admin: Principal, clock: FakeClock, schedule: Schedule
) -> None:
    services.schedules.trigger(admin, make_schedule(services, admin).id)
    services.maintenance.begin("")
    clock.advance(hours=3)
    figures = services.health.figures()
    assert (figures.maintenance, figures.due_lag, figures.queue_age) == (True, 0, 0)
    assert services.health.troubles() == []
    services.maintenance.end()
    clock.advance(minutes=1)
    figures = services.health.figures()
    assert (figures.maintenance, figures.due_lag, figures.queue_age) == (False, 60, 60)
    assert services.health.troubles() == []
    clock.advance(minutes=services.settings.late_minutes)
    assert len(services.health.troubles()) == 2


def test_each_change_is_in_the_audit_once(services: Services, clock: FakeClock) -> None:
    mode = services.maintenance
    assert mode.begin("new disks").changed
    assert not mode.begin("new disks").changed
    clock.advance(minutes=1)
    assert mode.begin("new fans").now == Maintenance(NOW, "new fans")
    clock.advance(minutes=1)
    assert mode.end().changed
    assert not mode.end().changed
    names = "actor_name, action, subject_name"
    entries = sql(services, f"SELECT {names} FROM audit_entries ORDER BY at")
    begun = ("the command line", "installation.maintenance_begun", "maintenance")
    ended = ("the command line", "installation.maintenance_ended", "maintenance")
    assert entries == [begun, begun, ended]


@pytest.mark.parametrize("reason", ["x" * 201, "two\nlines", "a\u2028b", "a\x1b[31m", "\u202eabc"])
def test_a_reason_is_one_short_line(services: Services, reason: str) -> None:
    with pytest.raises(Invalid):
        services.maintenance.begin(reason)
    assert not services.maintenance.look().is_on


def test_a_second_begin_keeps_the_reason_unless_it_gives_one(services: Services) -> None:
    services.maintenance.begin("new disks")
    again = services.maintenance.begin()
    assert (again.changed, again.now.reason) == (False, "new disks")
    assert services.maintenance.begin("").now.reason == ""
    services.maintenance.begin("new disks")
    services.maintenance.end()
    assert services.maintenance.begin().now.reason == ""
