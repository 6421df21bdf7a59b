"""Runs that are cancelled, and runs that are not sent again."""

from datetime import date

import pytest

from exports_app.domain.access import Principal
from exports_app.domain.errors import Conflict, Forbidden, Gone, NotFound
from exports_app.domain.runs.states import RunStatus
from exports_app.services.core.change_events import Topic
from exports_app.services.core.extension_points import CHANNELS
from exports_app.services.core.records import Run, Schedule
from exports_app.services.schedules.filters import Filters
from exports_app.wiring import Services
from tests.doubles import FakeClock, Watch, WatchedEmail
from tests.integration.runs.run_actions.recipients import (
    ACCEPTED,
    ANN,
    BOB,
    CY,
    SKIPPED,
    UNKNOWN,
    outcomes,
)
from tests.mailserver import MailServer, mail_server
from tests.world import (
    claim,
    execute,
    make_schedule,
    registered,
    stored,
    the_run,
    trigger_and_execute,
)


def test_a_run_that_went_well_or_goes_on_is_not_sent_again(
    services: Services, admin: Principal, schedule: Schedule, mail: MailServer
) -> None:
    run = services.schedules.trigger(admin, schedule.id)
    with pytest.raises(Conflict, match="this one is pending"):
        services.run_actions.resend(admin, schedule.id, run.id)
    claimed = claim(services)
    with pytest.raises(Conflict, match="this one is processing"):
        services.run_actions.resend(admin, schedule.id, run.id)
    execute(services, claimed)
    with pytest.raises(Conflict, match="this one is completed"):
        services.run_actions.resend(admin, schedule.id, run.id)
    assert len(mail.wait_for(3)) == 3


def test_without_its_file_a_run_is_not_sent_again(
    services: Services, admin: Principal, schedule: Schedule, partial: Run
) -> None:
    services.files.remove(partial.file_key or "")
    with pytest.raises(Gone, match="rerun it instead"):
        services.run_actions.resend(admin, schedule.id, partial.id)
    empty = make_schedule(
        services,
        admin,
        when_empty="fail",
        export_type="aggregate",
        filters=Filters(start_date=date(2030, 1, 1)),
    )
    failed = trigger_and_execute(services, admin, empty)
    with pytest.raises(NotFound, match="no file to send"):
        services.run_actions.resend(admin, empty.id, failed.id)
    assert the_run(services, partial) == partial


def test_a_run_without_a_message_to_send_again_stays_as_it_is(
    services: Services, admin: Principal, schedule: Schedule
) -> None:
    """It was stopped right after its file was made; then its right was lost, before any message was
    planned."""
    run = services.schedules.trigger(admin, schedule.id)
    held = claim(services)
    with services.files.draft() as draft:
        draft.write_text("data")
        services.files.keep(draft, "acme/file.csv")
    services.run_execution.note(held, file_name="file.csv", file_key="acme/file.csv", file_size=4)
    services.run_endings.close(held, RunStatus.FAILED, "lost", "access_lost")
    before = the_run(services, run)
    with pytest.raises(Conflict, match="nothing to resend"):
        services.run_actions.resend(admin, schedule.id, run.id)
    assert the_run(services, run) == before


def test_a_run_that_waits_is_cancelled_and_never_begins(
    services: Services, admin: Principal, schedule: Schedule, clock: FakeClock, watch: Watch
) -> None:
    waiting = services.schedules.trigger(admin, schedule.id)
    seen = len(watch.seen)
    run = services.run_actions.cancel(admin, schedule.id, waiting.id)
    assert run == the_run(services, run)
    assert (run.status, run.completed_at, run.error, run.error_code) == (
        RunStatus.CANCELLED, clock(), "cancelled by Admin", "cancelled",
    )  # fmt: skip
    assert [(c.topic, c.tenant_id) for c in watch.seen[seen:]] == [(Topic.RUNS, schedule.tenant_id)]
    assert services.run_queue.claim() is None
    assert stored(services, schedule).last_status is None
    clock.advance(days=3)
    again = services.run_actions.rerun(admin, schedule.id, run.id)
    assert (again.window_start, again.window_end) == (waiting.window_start, waiting.window_end)


def test_what_was_cancelled_while_it_was_sent_again_can_be_sent_again(
    services: Services, admin: Principal, schedule: Schedule, partial: Run, mail: MailServer
) -> None:
    services.run_actions.resend(admin, schedule.id, partial.id)
    services.run_actions.cancel(admin, schedule.id, partial.id)
    assert outcomes(services, partial) == {ANN: ACCEPTED, BOB: SKIPPED, CY: ACCEPTED}
    services.run_actions.resend(admin, schedule.id, partial.id)
    assert execute(services, claim(services)).status is RunStatus.COMPLETED
    assert [m.rcpt_tos for m in mail.messages] == [[BOB]]


def test_a_run_is_cancelled_while_it_makes_its_file(
    services: Services, admin: Principal, schedule: Schedule, mail: MailServer
) -> None:
    services.schedules.trigger(admin, schedule.id)
    run, after = claim(services), services.schedules.trigger(admin, schedule.id)
    looks = 0

    def check() -> None:
        nonlocal looks
        looks += 1
        if looks == 2:  # the first one is before it begins
            services.run_actions.cancel(admin, schedule.id, run.id)

    ended = execute(services, run, check)
    assert (ended.status, ended.file_key) == (RunStatus.CANCELLED, None)
    assert mail.messages == []
    assert services.files.usage().count == 0
    assert claim(services).id == after.id


def test_a_run_is_cancelled_between_two_messages(
    services: Services, admin: Principal, schedule: Schedule
) -> None:
    services.schedules.trigger(admin, schedule.id)
    run = claim(services)

    def cancel(target: str) -> None:
        if target == BOB:
            services.run_actions.cancel(admin, schedule.id, run.id)

    with mail_server() as server, registered(CHANNELS, WatchedEmail(server, before=cancel)):
        ended = execute(services, run)
    assert ended.status is RunStatus.CANCELLED
    # Bob's was on its way: nobody can say any more what became of it
    assert outcomes(services, run) == {ANN: ACCEPTED, BOB: UNKNOWN, CY: SKIPPED}
    assert [m.rcpt_tos for m in server.messages] == [[ANN], [BOB]]
    rerun = services.run_actions.rerun(admin, schedule.id, run.id)
    assert (rerun.window_start, rerun.window_end) == (run.window_start, run.window_end)


def test_who_comes_too_late_or_may_not_cancels_nothing(
    services: Services,
    admin: Principal,
    viewer: Principal,
    outsider: Principal,
    schedule: Schedule,
    partial: Run,
) -> None:
    with pytest.raises(Conflict, match="has already ended"):
        services.run_actions.cancel(admin, schedule.id, partial.id)
    assert the_run(services, partial) == partial
    waiting = services.schedules.trigger(admin, schedule.id)
    other = make_schedule(services, admin)
    for who, schedule_id, run_id, error in (
        (viewer, schedule.id, waiting.id, Forbidden),
        (outsider, schedule.id, waiting.id, NotFound),
        (admin, other.id, waiting.id, NotFound),
        (admin, schedule.id, "nonsense", NotFound),
    ):
        with pytest.raises(error):
            services.run_actions.cancel(who, schedule_id, run_id)
    assert the_run(services, waiting).status is RunStatus.PENDING
    services.run_actions.cancel(admin, schedule.id, waiting.id)
    with pytest.raises(Conflict):
        services.run_actions.cancel(admin, schedule.id, waiting.id)
