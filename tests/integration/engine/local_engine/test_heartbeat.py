"""The heartbeat: leases of runs under way, and runs of workers that died."""

from datetime import timedelta

import pytest

from exports_app.domain.access import Principal
from exports_app.domain.errors import Unavailable
from exports_app.domain.runs.states import RunStatus
from exports_app.engine import local
from exports_app.engine.job import Job
from exports_app.engine.local import LocalEngine
from exports_app.services.core.records import Run, Schedule
from exports_app.services.runs.lease import LeaseLost
from exports_app.wiring import Services
from tests.doubles import FakeClock
from tests.world import claim, make_schedule, sql, the_run


def test_the_heartbeat_keeps_the_leases_of_what_works_here_and_notices_a_lost_one(
    services: Services, admin: Principal, clock: FakeClock, schedule: Schedule
) -> None:
    engine = LocalEngine(services)
    services.schedules.trigger(admin, schedule.id)
    job = Job(claim(services))
    engine._jobs.add(job)
    clock.advance(seconds=59)
    engine._heartbeat()
    assert the_run(services, job.run).lease_expires_at == clock() + timedelta(seconds=60)
    job.check()
    services.run_endings.release(job.run)
    engine._heartbeat()
    with pytest.raises(LeaseLost):
        job.check()


def test_the_heartbeat_brings_back_the_run_of_a_worker_elsewhere_that_died(
    services: Services, admin: Principal, clock: FakeClock, schedule: Schedule
) -> None:
    services.schedules.trigger(admin, schedule.id)
    run = claim(services)
    clock.advance(seconds=61)
    LocalEngine(services)._heartbeat()
    assert the_run(services, run).status is RunStatus.PENDING


def test_after_an_absence_of_the_database_the_leases_of_others_have_their_time_too(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(**_: bool) -> int:
        raise Unavailable

    looked, now = list[None](), [1000.0]
    monkeypatch.setattr(local.time, "monotonic", lambda: now[0])
    engine = LocalEngine(services)
    with monkeypatch.context() as outage:
        outage.setattr(services.run_endings, "recover", away)
        engine._heartbeat()
    monkeypatch.setattr(services.run_endings, "recover", lambda **_: looked.append(None))
    for later in (0.0, services.leases.duration.total_seconds() - 1):
        now[0] += later
        engine._heartbeat()
        assert looked == []
    now[0] += 1
    engine._heartbeat()
    assert len(looked) == 1


def test_one_death_holds_up_nobody_and_who_has_two_is_taken_up_alone(
    services: Services, admin: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = [
        services.schedules.trigger(admin, make_schedule(services, admin, name=f"No. {i}").id)
        for i in range(3)
    ]
    engine, begun = LocalEngine(services), list[Run]()

    def begin(run: Run) -> None:
        begun.append(run)
        engine._jobs.add(Job(run))

    monkeypatch.setattr(engine, "_begin", begin)
    sql(services, "UPDATE export_history SET deaths = 1 WHERE id = ?", runs[0].id)
    sql(services, "UPDATE export_history SET deaths = 2 WHERE id = ?", runs[1].id)
    engine._begin_runs()
    assert [run.id for run in begun] == [runs[1].id]
    engine._jobs.clear()
    engine._begin_runs()
    assert {run.id for run in begun[1:]} == {runs[0].id, runs[2].id}
