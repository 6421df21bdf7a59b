"""Runs on demand: a test to oneself, an old window again, the same file again to those who did not
get it."""

from collections.abc import Callable
from datetime import date

import pytest

from exports_app.domain.access import Principal, Role
from exports_app.domain.errors import Conflict, Forbidden, Gone, NotFound
from exports_app.domain.runs.states import MAX_DEATHS, DeliveryStatus, RunStatus, Trigger
from exports_app.services.core.change_events import Topic
from exports_app.services.core.extension_points import CHANNELS
from exports_app.services.core.records import Campaign, Run, Schedule, Tenant
from exports_app.services.schedules.filters import Filters
from exports_app.wiring import Services
from tests.mailserver import MailServer, mail_server
from tests.world import (
    FakeClock,
    Watch,
    WatchedEmail,
    claim,
    deliveries_of,
    execute,
    make_schedule,
    registered,
    runs_of,
    set_role,
    side_by_side,
    sql,
    stored,
    the_run,
    trigger_and_execute,
    uuid_of,
)

ANN, BOB, CY = "ann@example.com", "bob@example.com", "cy@example.com"
ACCEPTED, FAILED, PENDING, SKIPPED, UNKNOWN = (
    DeliveryStatus.ACCEPTED,
    DeliveryStatus.FAILED,
    DeliveryStatus.PENDING,
    DeliveryStatus.SKIPPED,
    DeliveryStatus.UNKNOWN,
)
Demanded = Callable[[Services, Principal, Schedule, Run], Run]
DEMANDS: list[Demanded] = [
    lambda services, who, schedule, _: services.run_actions.send_test(who, schedule.id),
    lambda services, who, schedule, run: services.run_actions.rerun(who, schedule.id, run.id),
    lambda services, who, schedule, run: services.run_actions.resend(who, schedule.id, run.id),
]
each_demand = pytest.mark.parametrize("demand", DEMANDS, ids=["test", "rerun", "resend"])


def outcomes(services: Services, run: Run) -> dict[str, DeliveryStatus]:
    return {d.target: d.status for d in deliveries_of(services, run)}


def refused(services: Services, who: Principal, schedule: Schedule, *addresses: str) -> Run:
    """A run whose messages to these the mail server refused."""
    answers = dict.fromkeys(addresses, "550 5.1.1 no such user")
    with mail_server(refuse=answers) as server, registered(CHANNELS, WatchedEmail(server)):
        return trigger_and_execute(services, who, schedule)


@pytest.fixture
def schedule(services: Services, admin: Principal, campaigns: dict[str, Campaign]) -> Schedule:
    return make_schedule(
        services, admin, recipients=(ANN, BOB, CY), filters=Filters(period="yesterday")
    )


@pytest.fixture
def partial(services: Services, admin: Principal, schedule: Schedule) -> Run:
    """Bob did not get it."""
    return refused(services, admin, schedule, BOB)


# Who may


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


# A test


def test_a_test_is_sent_to_who_asked_and_to_nobody_else(
    services: Services, admin: Principal, clock: FakeClock, schedule: Schedule, mail: MailServer
) -> None:
    run = services.run_actions.send_test(admin, schedule.id)
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
    services.run_actions.send_test(admin, paused.id)
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


# The same days again


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
    services.run_actions.send_test(admin, schedule.id)
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


# The same file again


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
        assert tx.runs.note_removed(run.id, clock())
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
        RunStatus.FAILED,
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
    with pytest.raises(Gone, match="run it again instead"):
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
    with pytest.raises(Conflict, match="nothing to send again"):
        services.run_actions.resend(admin, schedule.id, run.id)
    assert the_run(services, run) == before


# An end


def test_a_run_that_waits_is_cancelled_and_never_begins(
    services: Services, admin: Principal, schedule: Schedule, clock: FakeClock, watch: Watch
) -> None:
    waiting = services.schedules.trigger(admin, schedule.id)
    seen = len(watch.seen)
    run = services.run_actions.cancel(admin, schedule.id, waiting.id)
    assert run == the_run(services, run)
    assert (run.status, run.completed_at, run.error, run.error_code) == (
        RunStatus.CANCELLED, clock(), "Admin cancelled it", "cancelled",
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
    with pytest.raises(Conflict, match="has ended already"):
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
