"""For whom a run acts."""

from exports_app.domain.access import Principal, Role
from exports_app.domain.runs.states import RunStatus
from exports_app.services.core.records import Run, Schedule, Tenant
from exports_app.wiring import Services
from tests.doubles import FakeClock
from tests.mailserver import MailServer
from tests.world import claim, execute, set_role, stored, trigger_and_execute


def scheduled_run(services: Services, clock: FakeClock, schedule: Schedule) -> Run:
    clock.set(schedule.next_run_at or clock())
    assert services.ticks.tick() == 1
    return claim(services)


def test_a_scheduled_run_whose_owner_lost_the_role_fails_and_says_what_to_do(
    services: Services,
    admin: Principal,
    acme: Tenant,
    clock: FakeClock,
    schedule: Schedule,
    mail: MailServer,
) -> None:
    run = scheduled_run(services, clock, schedule)
    set_role(services, admin.user_id, acme.id, Role.VIEWER)
    done = execute(services, run)
    assert (done.status, done.error_code) == (RunStatus.FAILED, "access_lost")
    assert (done.error or "").startswith("its owner can no longer export")
    assert mail.messages == []
    assert done.record_count is None


def test_a_triggered_run_acts_for_who_triggered_it(
    services: Services, admin: Principal, super_admin: Principal, acme: Tenant, schedule: Schedule
) -> None:
    services.schedules.trigger(admin, schedule.id)
    set_role(services, admin.user_id, acme.id, Role.VIEWER)
    failed = execute(services, claim(services))
    assert failed.error_code == "access_lost"
    assert (failed.error or "").startswith("the user who started it")
    assert trigger_and_execute(services, super_admin, schedule).status is RunStatus.COMPLETED


def test_another_admin_takes_a_schedule_over_by_activating_it_again(
    services: Services,
    admin: Principal,
    super_admin: Principal,
    acme: Tenant,
    clock: FakeClock,
    schedule: Schedule,
) -> None:
    set_role(services, admin.user_id, acme.id, Role.VIEWER)
    for active in (False, True):
        services.schedules.update(super_admin, schedule.id, {"is_active": active})
    assert (
        execute(services, scheduled_run(services, clock, stored(services, schedule))).status
        is RunStatus.COMPLETED
    )
