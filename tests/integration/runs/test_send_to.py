"""To whom a run goes: the recipients, the person who starts it, or nobody; and what pages tell of
it before."""

from datetime import date

import pytest

from exports_app.domain import bounds
from exports_app.domain.access import Principal
from exports_app.domain.errors import Forbidden, Invalid, NotFound, RunError
from exports_app.domain.runs.send_to import SendTo
from exports_app.domain.runs.states import RunStatus, Trigger
from exports_app.services.core.extension_points import CHANNELS
from exports_app.services.runs.mailings import Mailing
from exports_app.services.schedules.bulk import BulkAction
from exports_app.wiring import Services
from tests.doubles import FakeClock, WatchedEmail
from tests.integration.runs.run_actions.recipients import ANN, BOB, CY, refused
from tests.mailserver import MailServer, mail_server
from tests.world import claim, execute, make_schedule, registered, runs_of, stored, uuid_of

DAYS = (date(2026, 2, 2), date(2026, 2, 16))
"""Three Mondays."""


def test_without_sending_the_file_is_made_and_nothing_is_mailed(
    services: Services, admin: Principal, mail: MailServer
) -> None:
    schedule = make_schedule(services, admin, recipients=(ANN, BOB))
    run = services.schedules.trigger(admin, schedule.id, SendTo.NOBODY)
    assert (run.trigger, run.recipients, run.spec.recipients) == (Trigger.MANUAL, [], [])
    done = execute(services, claim(services))
    assert (done.status, done.error) == (RunStatus.COMPLETED, None)
    assert services.history.file(admin, schedule.id, done.id).path.exists()
    assert services.history.get(admin, schedule.id, done.id)[1] == []
    assert mail.messages == []
    assert stored(services, schedule).recipients == [ANN, BOB]
    assert stored(services, schedule).last_status is RunStatus.COMPLETED


def test_a_run_without_sending_needs_no_room_for_messages(
    services: Services, admin: Principal, super_admin: Principal
) -> None:
    schedule = make_schedule(services, admin)
    services.quotas.change(super_admin, schedule.tenant_id, {"messages_per_day": 1})
    services.schedules.trigger(admin, schedule.id)
    execute(services, claim(services))
    assert services.schedules.trigger(admin, schedule.id, SendTo.NOBODY)


def test_a_run_again_to_the_caller_is_a_test_over_the_same_days(
    services: Services, admin: Principal
) -> None:
    schedule = make_schedule(services, admin, recipients=(ANN, BOB))
    services.schedules.trigger(admin, schedule.id)
    old = execute(services, claim(services))
    mine = services.run_actions.rerun(admin, schedule.id, old.id, SendTo.CALLER)
    assert (mine.trigger, mine.recipients) == (Trigger.TEST, ["admin@example.com"])
    silent = services.run_actions.rerun(admin, schedule.id, old.id, SendTo.NOBODY)
    assert (silent.trigger, silent.recipients) == (Trigger.RERUN, [])
    for run in (mine, silent):
        assert (run.window_start, run.window_end) == (old.window_start, old.window_end)
        execute(services, claim(services))
    again = services.run_actions.rerun
    assert again(admin, schedule.id, mine.id, SendTo.NOBODY).recipients == mine.recipients


def test_a_backfill_to_the_caller_leaves_its_times_without_a_run(
    services: Services, admin: Principal
) -> None:
    schedule = make_schedule(services, admin, recipients=(ANN, BOB))
    tests = services.backfill.run(admin, schedule.id, *DAYS, to=SendTo.CALLER).runs
    assert [(run.trigger, run.scheduled_for) for run in tests] == [(Trigger.TEST, None)] * 3
    done = execute(services, claim(services))
    assert (done.tick, done.file_name) == (
        tests[0].as_of,
        f"acme_weekly-numbers_all_{tests[0].as_of:%Y%m%dT%H%M%SZ}.csv",
    )
    again = services.run_actions.rerun(admin, schedule.id, done.id)
    assert (again.trigger, again.tick) == (Trigger.TEST, done.tick)
    assert services.backfill.count(admin, schedule.id, *DAYS).new == 3
    silent = services.backfill.run(admin, schedule.id, *DAYS, to=SendTo.NOBODY).runs
    assert [(run.trigger, run.recipients) for run in silent] == [(Trigger.BACKFILL, [])] * 3
    assert [run.tick for run in silent] == [run.tick for run in tests]
    days = [(run.window_start, run.window_end) for run in silent]
    assert [(run.window_start, run.window_end) for run in tests] == days
    assert services.backfill.count(admin, schedule.id, *DAYS).new == 0


def test_many_run_to_one_person(services: Services, admin: Principal) -> None:
    schedules = [make_schedule(services, admin, name=f"Plan {i}") for i in range(2)]
    ids = [schedule.id for schedule in schedules]
    services.bulk.apply(admin, ids, BulkAction.RUN, SendTo.CALLER)
    for schedule in schedules:
        assert [run.trigger for run in runs_of(services, schedule)] == [Trigger.TEST]


def test_what_runs_would_send_is_counted_and_each_person_once(
    services: Services, admin: Principal, viewer: Principal, outsider: Principal
) -> None:
    one = make_schedule(services, admin, name="One", recipients=(ANN, BOB))
    two = make_schedule(services, admin, name="Two", recipients=(BOB.upper(), CY))
    both = services.mailings.of_schedules(admin, [one.id, two.id, one.id, uuid_of(404)])
    assert both == Mailing(("One", "Two"), 2, 4, (ANN, BOB, CY))
    assert both.times(3) == Mailing(("One", "Two"), 6, 12, (ANN, BOB, CY))
    with pytest.raises(Forbidden):
        services.mailings.of_schedules(viewer, [one.id])
    with pytest.raises(NotFound):
        services.mailings.of_schedules(outsider, [one.id])
    with pytest.raises(NotFound):
        services.mailings.of_schedules(admin, [uuid_of(404), "nonsense"])
    with pytest.raises(Invalid):
        services.mailings.of_schedules(admin, [one.id] * (bounds.BULK + 1))


def test_a_resend_counts_those_who_did_not_get_it_and_still_may(
    services: Services, admin: Principal
) -> None:
    schedule = make_schedule(services, admin, recipients=(ANN, BOB, CY))
    run = refused(services, admin, schedule, BOB, CY)
    assert run.status is RunStatus.PARTIAL
    assert services.mailings.of_resend(admin, schedule.id, run.id).addresses == (BOB, CY)
    services.schedules.update(admin, schedule.id, {"recipients": (ANN, BOB)})
    left = services.mailings.of_resend(admin, schedule.id, run.id)
    assert (left.emails, left.addresses) == (1, (BOB,))
    assert services.mailings.of_rerun(admin, schedule.id, run.id)[0].addresses == (ANN, BOB)


def test_a_retry_counts_those_whom_the_next_attempt_writes_to(
    services: Services, admin: Principal, clock: FakeClock
) -> None:
    schedule = make_schedule(services, admin, recipients=(ANN, BOB, CY))
    services.schedules.trigger(admin, schedule.id)
    run = claim(services)
    of_retry = services.mailings.of_retry
    services.run_endings.fail(run, RunError("the disk is busy", code="busy", permanent=False))
    assert of_retry(admin, schedule.id, run.id).addresses == (ANN, BOB, CY)  # nothing was sent yet
    clock.advance(hours=1)
    answers = {BOB: "451 4.7.1 later", CY: "550 5.1.1 no such user"}
    with mail_server(refuse=answers) as server, registered(CHANNELS, WatchedEmail(server)):
        waiting = execute(services, claim(services))
    assert waiting.status is RunStatus.PENDING
    assert of_retry(admin, schedule.id, run.id) == Mailing((schedule.name,), 1, 1, (BOB,))
    services.schedules.update(admin, schedule.id, {"recipients": (ANN, CY)})
    assert of_retry(admin, schedule.id, run.id).emails == 0
