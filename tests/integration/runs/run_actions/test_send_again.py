"""The same file again, to those who did not get it."""

import pytest

from exports_app.domain.access import Principal
from exports_app.domain.errors import Conflict, Gone
from exports_app.domain.runs.states import MAX_DEATHS, RunStatus
from exports_app.services.core.extension_points import CHANNELS
from exports_app.services.core.records import Run, Schedule
from exports_app.wiring import Services
from tests.doubles import FakeClock, WatchedEmail
from tests.integration.runs.run_actions.recipients import (
    ACCEPTED,
    ANN,
    BOB,
    CY,
    FAILED,
    PENDING,
    SKIPPED,
    UNKNOWN,
    outcomes,
    refused,
)
from tests.mailserver import MailServer, mail_server
from tests.world import (
    claim,
    deliveries_of,
    execute,
    registered,
    runs_of,
    side_by_side,
    sql,
    stored,
    the_run,
    trigger_and_execute,
    uuid_of,
)


def test_the_same_file_goes_again_to_those_alone_who_did_not_get_it(
    services: Services, admin: Principal, clock: FakeClock, schedule: Schedule, partial: Run
) -> None:
    assert outcomes(services, partial) == {ANN: ACCEPTED, BOB: FAILED, CY: ACCEPTED}
    before = {d.target: d for d in deliveries_of(services, partial)}
    clock.advance(hours=1)
    again = services.run_actions.resend(admin, schedule.id, partial.id)
    assert (again.id, again.trigger, again.status) == (
        partial.id,
        partial.trigger,
        RunStatus.PENDING,
    )
    assert (again.error, again.error_code, again.started_at, again.completed_at, again.attempt) == (
        None,
        None,
        None,
        None,
        0,
    )
    assert (again.file_key, again.sha256, again.created_at) == (
        partial.file_key,
        partial.sha256,
        partial.created_at,
    )
    waiting = {d.target: d for d in deliveries_of(services, again)}
    assert (waiting[BOB].status, waiting[BOB].error, waiting[BOB].attempts) == (PENDING, None, 1)
    services.campaigns.delete(admin, uuid_of(0xC1))  # what the data is by now does not matter
    with mail_server() as server, registered(CHANNELS, WatchedEmail(server)):
        done = execute(services, claim(services))
        (message,) = server.wait_for(1)
    assert (done.status, done.error, done.attempt, done.completed_at) == (
        RunStatus.COMPLETED,
        None,
        1,
        clock(),
    )
    assert (done.file_key, done.sha256, done.record_count) == (
        partial.file_key,
        partial.sha256,
        partial.record_count,
    )
    assert message.rcpt_tos == [BOB]
    assert message.message["Message-ID"].startswith(f"<{before[BOB].message_id}@")
    after = {d.target: d for d in deliveries_of(services, done)}
    assert (after[BOB].status, after[BOB].attempts, after[BOB].sent_at) == (ACCEPTED, 2, clock())
    assert [after[one] for one in (ANN, CY)] == [before[one] for one in (ANN, CY)]
    assert stored(services, schedule).last_status is RunStatus.COMPLETED
    assert stored(services, schedule).last_run_at == clock()
    assert len(runs_of(services, schedule)) == 1


def test_it_can_be_sent_again_until_everybody_has_it(
    services: Services, admin: Principal, schedule: Schedule, partial: Run
) -> None:
    for address in (BOB, BOB):
        services.run_actions.resend(admin, schedule.id, partial.id)
        with (
            mail_server(refuse={address: "550 no such user"}) as server,
            registered(CHANNELS, WatchedEmail(server)),
        ):
            assert execute(services, claim(services)).status is RunStatus.PARTIAL
    assert {d.target: d.attempts for d in deliveries_of(services, partial)} == {
        ANN: 1,
        BOB: 3,
        CY: 1,
    }


def test_attempts_are_numbered_on_while_retries_begin_anew(
    services: Services, admin: Principal, schedule: Schedule, partial: Run
) -> None:
    for _ in range(2):
        services.run_actions.resend(admin, schedule.id, partial.id)
        with (
            mail_server(refuse={BOB: "451 try later"}) as server,
            registered(CHANNELS, WatchedEmail(server)),
        ):
            waiting = execute(services, claim(services))
        assert waiting.attempt == 1
        services.run_actions.give_up(admin, schedule.id, partial.id)
    numbers = [a.number for a in services.history.attempts(admin, schedule.id, partial.id)]
    assert (numbers, the_run(services, partial).number) == ([1, 2, 3], 3)


def test_a_message_of_unknown_fate_and_one_that_was_skipped_go_again_too(
    services: Services, admin: Principal, schedule: Schedule
) -> None:
    services.schedules.update(admin, schedule.id, {"retry_attempts": 1})
    with mail_server(vanish=frozenset({ANN})) as server, registered(CHANNELS, WatchedEmail(server)):
        run = trigger_and_execute(services, admin, schedule)
    with services.store.write() as tx:
        assert tx.runs.reopen(run)
        tx.run_queue.claim(run.id, "token", services.clock(), services.clock())
        (cy,) = [d for d in tx.deliveries.of_runs([run.id])[run.id] if d.target == CY]
        tx.deliveries.change(
            cy, {"status": SKIPPED, "error": "the run ended before this message was sent"}
        )
        assert tx.run_queue.update_claimed(run.id, "token", {"status": RunStatus.PARTIAL})
    assert outcomes(services, run) == {ANN: UNKNOWN, BOB: ACCEPTED, CY: SKIPPED}
    services.run_actions.resend(admin, schedule.id, run.id)
    assert outcomes(services, run) == {ANN: PENDING, BOB: ACCEPTED, CY: PENDING}
    with mail_server() as server, registered(CHANNELS, WatchedEmail(server)):
        assert execute(services, claim(services)).status is RunStatus.COMPLETED
        assert [m.rcpt_tos for m in server.wait_for(2)] == [[ANN], [CY]]


def test_what_was_removed_is_gone_though_a_machine_has_a_copy_of_it(
    services: Services, admin: Principal, schedule: Schedule, clock: FakeClock
) -> None:
    run = trigger_and_execute(services, admin, schedule)
    sql(services, "UPDATE export_history SET status = 'failed'")
    with services.store.write() as tx:
        assert tx.runs.note_removed(run.id, clock(), None)
    assert run.file_key is not None
    assert services.files.has(run.file_key)
    with pytest.raises(Gone, match="was removed"):
        services.history.file(admin, schedule.id, run.id)
    with pytest.raises(Gone, match="was removed"):
        services.run_actions.resend(admin, schedule.id, run.id)


def test_a_run_whose_workers_died_is_sent_again_and_may_die_three_times_more(
    services: Services, admin: Principal, schedule: Schedule
) -> None:
    services.schedules.trigger(admin, schedule.id)

    def die_three_times() -> Run:
        for _ in range(MAX_DEATHS):
            run = claim(services)
            services.run_endings.recover(everything=True)
        return the_run(services, run)

    def die(_: str) -> None:
        raise KeyboardInterrupt

    with mail_server() as server, registered(CHANNELS, WatchedEmail(server, before=die)):
        run = claim(services)
        with pytest.raises(KeyboardInterrupt):
            execute(services, run)
        services.run_endings.recover(everything=True)
    for _ in range(MAX_DEATHS - 1):
        claim(services)
        services.run_endings.recover(everything=True)
    dead = the_run(services, run)
    assert (dead.status, dead.error_code, dead.attempt) == (
        RunStatus.PARTIAL,  # one message may have arrived
        "worker_died",
        MAX_DEATHS,
    )
    services.run_actions.resend(admin, schedule.id, dead.id)
    again = die_three_times()
    assert (again.status, again.error_code, again.attempt) == (
        RunStatus.FAILED,
        "worker_died",
        MAX_DEATHS,
    )
    services.run_actions.resend(admin, schedule.id, dead.id)
    with mail_server() as server, registered(CHANNELS, WatchedEmail(server)):
        assert execute(services, claim(services)).status is RunStatus.COMPLETED
        assert len(server.wait_for(3)) == 3


def test_two_who_ask_at_once_make_one(
    services: Services, admin: Principal, schedule: Schedule, partial: Run
) -> None:
    def ask(_: int) -> str:
        try:
            return services.run_actions.resend(admin, schedule.id, partial.id).status
        except Conflict as e:
            return e.message

    answers = side_by_side(4, ask)
    assert answers.count("pending") == 1
    assert all("already" in a or "this one is pending" in a for a in answers if a != "pending")
    with mail_server() as server, registered(CHANNELS, WatchedEmail(server)):
        execute(services, claim(services))
        assert [m.rcpt_tos for m in server.wait_for(1)] == [[BOB]]
    assert services.run_queue.claim() is None


def test_it_waits_while_another_run_of_its_schedule_works(
    services: Services,
    admin: Principal,
    clock: FakeClock,
    schedule: Schedule,
    partial: Run,
    mail: MailServer,
) -> None:
    clock.advance(minutes=1)
    services.schedules.trigger(admin, schedule.id)
    other = claim(services)
    services.run_actions.resend(admin, schedule.id, partial.id)
    assert services.run_queue.claim() is None
    execute(services, other)
    assert claim(services).id == partial.id


def test_an_old_run_sent_again_does_not_hide_the_latest_result(
    services: Services, admin: Principal, clock: FakeClock, schedule: Schedule, partial: Run
) -> None:
    clock.advance(minutes=1)
    latest = refused(services, admin, schedule, ANN, BOB, CY)
    clock.advance(minutes=1)
    services.run_actions.resend(admin, schedule.id, partial.id)
    with mail_server() as server, registered(CHANNELS, WatchedEmail(server)):
        assert execute(services, claim(services)).status is RunStatus.COMPLETED
    after = stored(services, schedule)
    assert (after.last_status, after.last_run_at) == (RunStatus.FAILED, latest.completed_at)
