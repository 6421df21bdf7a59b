"""Runs on demand: who may, a test to oneself, and an old window again."""

from datetime import date

import pytest

from exports_app.domain.access import Principal, Role
from exports_app.domain.errors import Conflict, Forbidden, NotFound
from exports_app.domain.runs.send_to import SendTo
from exports_app.domain.runs.states import RunStatus, Trigger
from exports_app.services.core.change_events import Topic
from exports_app.services.core.records import Run, Schedule, Tenant
from exports_app.wiring import Services
from tests.doubles import FakeClock, Watch
from tests.integration.runs.run_actions.recipients import (
    ACCEPTED,
    ANN,
    BOB,
    CY,
    DEMANDS,
    FAILED,
    Demanded,
    each_demand,
    outcomes,
)
from tests.mailserver import MailServer
from tests.world import claim, execute, make_schedule, runs_of, set_role, stored, the_run, uuid_of


@each_demand
def test_an_outsider_finds_nothing_and_a_viewer_may_not(
    services: Services,
    outsider: Principal,
    viewer: Principal,
    schedule: Schedule,
    partial: Run,
    demand: Demanded,
) -> None:
    with pytest.raises(NotFound):
        demand(services, outsider, schedule, partial)
    for who, error in ((viewer, Forbidden), (Principal(uuid_of(1)), NotFound)):
        with pytest.raises(error):
            demand(services, who, schedule, partial)
    assert runs_of(services, schedule) == [partial]
    assert outcomes(services, partial) == {ANN: ACCEPTED, BOB: FAILED, CY: ACCEPTED}


@each_demand
def test_a_super_admin_may_everywhere_and_the_demand_is_announced(
    services: Services,
    super_admin: Principal,
    schedule: Schedule,
    partial: Run,
    watch: Watch,
    demand: Demanded,
) -> None:
    run = demand(services, super_admin, schedule, partial)
    assert (run.status, run.attempt) == (RunStatus.PENDING, 0)
    assert [(c.topic, c.tenant_id) for c in watch.seen] == [(Topic.RUNS, schedule.tenant_id)]
    assert the_run(services, run) == run
    assert execute(services, claim(services)).status is RunStatus.COMPLETED


@each_demand
def test_nothing_can_be_asked_of_a_deleted_schedule(
    services: Services, admin: Principal, schedule: Schedule, partial: Run, demand: Demanded
) -> None:
    services.schedules.delete(admin, schedule.id)
    with pytest.raises(NotFound):
        demand(services, admin, schedule, partial)


@each_demand
def test_the_schedules_own_time_does_not_move(
    services: Services, admin: Principal, schedule: Schedule, partial: Run, demand: Demanded
) -> None:
    before = stored(services, schedule)
    demand(services, admin, schedule, partial)
    assert stored(services, schedule) == before


def test_a_run_is_only_found_below_its_own_schedule(
    services: Services, admin: Principal, schedule: Schedule, partial: Run
) -> None:
    other = make_schedule(services, admin, name="Other")
    for run_id in (partial.id, uuid_of(404), "nonsense"):
        with pytest.raises(NotFound):
            services.run_actions.rerun(admin, other.id, run_id)
        with pytest.raises(NotFound):
            services.run_actions.resend(admin, other.id, run_id)


def test_a_test_is_sent_to_who_asked_and_to_nobody_else(
    services: Services, admin: Principal, clock: FakeClock, schedule: Schedule, mail: MailServer
) -> None:
    run = services.schedules.trigger(admin, schedule.id, SendTo.CALLER)
    assert (run.trigger, run.triggered_by, run.scheduled_for) == (Trigger.TEST, admin.user_id, None)
    assert run.recipients == run.spec.recipients == ["admin@example.com"]
    assert (run.window_start, run.window_end) == (date(2026, 3, 3), date(2026, 3, 3))
    done = execute(services, claim(services))
    assert done.status is RunStatus.COMPLETED
    assert [m.rcpt_tos for m in mail.wait_for(1)] == [["admin@example.com"]]
    assert stored(services, schedule).recipients == [ANN, BOB, CY]


def test_a_test_works_while_the_schedule_is_paused(
    services: Services, admin: Principal, mail: MailServer
) -> None:
    paused = make_schedule(services, admin, is_active=False)
    services.schedules.trigger(admin, paused.id, SendTo.CALLER)
    assert execute(services, claim(services)).status is RunStatus.COMPLETED
    assert stored(services, paused).next_run_at is None
    assert len(mail.messages) == 1


@pytest.mark.parametrize("demand", DEMANDS[:2], ids=["test", "rerun"])
def test_a_run_on_demand_acts_for_who_asked(
    services: Services,
    admin: Principal,
    acme: Tenant,
    schedule: Schedule,
    partial: Run,
    demand: Demanded,
) -> None:
    demand(services, admin, schedule, partial)
    set_role(services, admin.user_id, acme.id, Role.VIEWER)
    done = execute(services, claim(services))
    assert (done.status, done.error_code) == (RunStatus.FAILED, "access_lost")
    assert (done.error or "").startswith("the user who started it")


def test_a_rerun_covers_the_old_days_by_the_definition_of_today(
    services: Services,
    admin: Principal,
    clock: FakeClock,
    schedule: Schedule,
    partial: Run,
    mail: MailServer,
) -> None:
    clock.advance(days=3)
    services.schedules.update(
        admin, schedule.id, {"format": "json", "recipients": (CY,), "name": "Renamed"}
    )
    run = services.run_actions.rerun(admin, schedule.id, partial.id)
    assert (run.trigger, run.triggered_by, run.created_at) == (
        Trigger.RERUN,
        admin.user_id,
        clock(),
    )
    assert (
        (run.window_start, run.window_end)
        == (partial.window_start, partial.window_end)
        == (date(2026, 3, 3),) * 2
    )
    done = execute(services, claim(services))
    assert (done.status, done.format, done.recipients) == (RunStatus.COMPLETED, "json", [CY])
    assert done.file_name == "acme_renamed_2026-03-03_20260307T103000Z.json"
    assert [m.rcpt_tos for m in mail.wait_for(1)] == [[CY]]
    assert the_run(services, partial) == partial


def test_a_test_run_again_is_a_test_of_who_asks(
    services: Services, admin: Principal, schedule: Schedule, mail: MailServer
) -> None:
    services.schedules.trigger(admin, schedule.id, SendTo.CALLER)
    old = execute(services, claim(services))
    again = services.run_actions.rerun(admin, schedule.id, old.id)
    assert (again.trigger, again.recipients) == (Trigger.TEST, ["admin@example.com"])
    assert (again.window_start, again.window_end) == (old.window_start, old.window_end)


def test_a_scheduled_run_can_be_run_again_as_often_as_one_likes(
    services: Services, admin: Principal, clock: FakeClock, schedule: Schedule
) -> None:
    clock.set(schedule.next_run_at or clock())
    services.ticks.tick()
    old = execute(services, claim(services))
    for _ in range(2):
        assert services.run_actions.rerun(admin, schedule.id, old.id).scheduled_for is None
    assert len(runs_of(services, schedule)) == 3


def test_what_has_not_finished_is_not_run_again(
    services: Services, admin: Principal, schedule: Schedule
) -> None:
    waiting = services.schedules.trigger(admin, schedule.id)
    with pytest.raises(Conflict, match="not finished yet"):
        services.run_actions.rerun(admin, schedule.id, waiting.id)
    claim(services)
    with pytest.raises(Conflict, match="not finished yet"):
        services.run_actions.rerun(admin, schedule.id, waiting.id)
    assert len(runs_of(services, schedule)) == 1


def test_a_run_that_could_not_begin_is_run_again_for_the_days_of_its_tick(
    services: Services, admin: Principal, clock: FakeClock, schedule: Schedule
) -> None:
    """Its zone had gone, so its own days were never known."""
    with services.store.write() as tx:
        assert tx.schedules.update(schedule.id, 1, {"timezone": "Mars/Olympus"})
    clock.set(schedule.next_run_at or clock())
    services.ticks.tick()
    (skipped,) = runs_of(services, schedule)
    assert (skipped.status, skipped.window_start) == (RunStatus.SKIPPED, None)
    services.schedules.update(admin, schedule.id, {"timezone": "Europe/Berlin"})
    clock.advance(days=5)
    run = services.run_actions.rerun(admin, schedule.id, skipped.id)
    assert (run.window_start, run.window_end) == (date(2026, 3, 8), date(2026, 3, 8))
