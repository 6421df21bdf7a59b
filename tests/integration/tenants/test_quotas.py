"""What one tenant may take: asked for by people, and by the clock."""

from datetime import timedelta

import pytest

from exports_app.domain.errors import Forbidden, Invalid, NotFound, QuotaExceeded
from exports_app.domain.runs.states import RunStatus
from exports_app.services.core.extension_points import CHANNELS
from exports_app.services.core.interfaces import AuditFilter
from exports_app.services.core.records import Action, Campaign, NotificationKind, Page
from exports_app.services.tenants.quotas import KEPT
from exports_app.wiring import Services
from tests.mailserver import MailServer
from tests.world import (
    Cast,
    FakeClock,
    WatchedEmail,
    claim,
    execute,
    make_schedule,
    registered,
    runs_of,
    side_by_side,
    sql,
    stored,
    the_run,
    trigger_and_execute,
)

ANN, BOB = "ann@example.com", "bob@example.com"


@pytest.fixture(autouse=True)
def data(campaigns: dict[str, Campaign]) -> None:
    assert campaigns


def give(services: Services, cast: Cast, **limits: int | None) -> None:
    """Quotas of its own to Acme."""
    services.quotas.change(cast.super_admin.who, cast.acme.id, limits)


def used(services: Services, cast: Cast, name: str) -> int:
    quotas = services.quotas.find(cast.admin.who, cast.acme.id)
    return next(quota.used for quota in quotas if quota.name == name)


class TestLimits:
    def test_a_tenant_has_the_installations_until_a_super_admin_gives_it_its_own(
        self, services: Services, cast: Cast
    ) -> None:
        give(services, cast, schedules=7)
        by_name = {q.name: q for q in services.quotas.find(cast.admin.who, cast.acme.id)}
        assert (by_name["schedules"].limit, by_name["schedules"].own) == (7, 7)
        assert (by_name["pending_runs"].limit, by_name["pending_runs"].own) == (1000, None)
        give(services, cast, schedules=None)
        by_name = {q.name: q for q in services.quotas.find(cast.admin.who, cast.acme.id)}
        assert (by_name["schedules"].limit, by_name["schedules"].own) == (10_000, None)
        entries, _ = services.audit.find(cast.super_admin.who, None, AuditFilter(), Page())
        changes = [
            entry.detail["changed"] for entry in entries if entry.action is Action.QUOTAS_CHANGED
        ]
        assert {"quota_schedules": [None, 7]} in changes

    def test_nobody_else_changes_them(self, services: Services, cast: Cast) -> None:
        for person, refusal in (
            (cast.admin, Forbidden),
            (cast.viewer, Forbidden),
            (cast.outsider, NotFound),
        ):
            with pytest.raises(refusal):
                services.quotas.change(person.who, cast.acme.id, {"schedules": 10**6})
        with pytest.raises(Forbidden):
            services.quotas.find(cast.viewer.who, cast.acme.id)

    @pytest.mark.parametrize("limit", [0, -1, 10**16])
    def test_a_senseless_limit_is_refused(self, services: Services, cast: Cast, limit: int) -> None:
        with pytest.raises(Invalid):
            give(services, cast, file_bytes=limit)


class TestSchedules:
    def test_no_more_than_allowed_are_made_and_deleted_ones_do_not_count(
        self, services: Services, cast: Cast
    ) -> None:
        give(services, cast, schedules=2)
        first = make_schedule(services, cast.admin.who)
        make_schedule(services, cast.admin.who)
        with pytest.raises(QuotaExceeded, match="has reached its limit of 2 scheduled exports"):
            make_schedule(services, cast.admin.who)
        services.schedules.delete(cast.admin.who, first.id)
        assert make_schedule(services, cast.admin.who)

    def test_two_who_make_the_last_one_at_once_do_not_both(
        self, services: Services, cast: Cast
    ) -> None:
        give(services, cast, schedules=1)

        def make(_: int) -> bool:
            try:
                make_schedule(services, cast.admin.who)
            except QuotaExceeded:
                return False
            return True

        assert sorted(side_by_side(4, make)) == [False, False, False, True]


class TestPendingRuns:
    def test_people_are_refused_and_nothing_is_written(
        self, services: Services, cast: Cast
    ) -> None:
        give(services, cast, pending_runs=2)
        schedule = make_schedule(services, cast.admin.who)
        services.schedules.trigger(cast.admin.who, schedule.id)
        services.schedules.trigger(cast.admin.who, schedule.id)
        day = services.clock().date() - timedelta(days=1)
        for ask in (
            lambda: services.schedules.trigger(cast.admin.who, schedule.id),
            lambda: services.run_actions.send_test(cast.admin.who, schedule.id),
            lambda: services.backfill.run(
                cast.admin.who, schedule.id, day - timedelta(days=30), day
            ),
        ):
            with pytest.raises(QuotaExceeded, match="2 of at most 2 waiting runs"):
                ask()
        assert len(runs_of(services, schedule)) == 2

    def test_of_those_who_ask_for_the_last_one_at_once_one_gets_it(
        self, services: Services, cast: Cast
    ) -> None:
        give(services, cast, pending_runs=3)
        schedules = [
            make_schedule(services, cast.admin.who, schedule="0 9 * * *") for _ in range(4)
        ]
        services.schedules.trigger(cast.admin.who, schedules[0].id)
        day = services.clock().date() - timedelta(days=1)

        def ask(number: int) -> bool:
            who, schedule_id = cast.admin.who, schedules[number % 4].id
            try:
                if number % 3 == 0:
                    services.schedules.trigger(who, schedule_id)
                elif number % 3 == 1:
                    services.run_actions.send_test(who, schedule_id)
                else:
                    services.backfill.run(who, schedule_id, day, day)
            except QuotaExceeded:
                return False
            return True

        assert sum(side_by_side(12, ask)) == 2
        assert used(services, cast, "pending_runs") == 3

    def test_another_tenant_is_not_concerned(self, services: Services, cast: Cast) -> None:
        give(services, cast, pending_runs=1)
        schedule = make_schedule(services, cast.admin.who)
        services.schedules.trigger(cast.admin.who, schedule.id)
        other = make_schedule(services, cast.outsider.who)
        assert services.schedules.trigger(cast.outsider.who, other.id)

    def test_a_tick_without_room_is_a_run_that_failed_and_its_owner_hears_of_it(
        self, services: Services, cast: Cast, clock: FakeClock
    ) -> None:
        give(services, cast, pending_runs=2)
        schedules = [
            make_schedule(services, cast.admin.who, schedule="0 9 * * *") for _ in range(3)
        ]
        clock.set(stored(services, schedules[0]).next_run_at or clock())
        assert services.ticks.tick() == 3
        runs = [run for schedule in schedules for run in runs_of(services, schedule)]
        by_status = sorted(run.status for run in runs)
        assert by_status == [RunStatus.FAILED, RunStatus.PENDING, RunStatus.PENDING]
        (failed,) = [run for run in runs if run.status is RunStatus.FAILED]
        assert failed.error_code == "quota_exceeded"
        assert "had reached its limit of 2 waiting runs" in (failed.error or "")
        schedule = stored(
            services, next(s for s in schedules if s.id == failed.scheduled_export_id)
        )
        assert (schedule.last_status, schedule.failures) == (RunStatus.FAILED, 1)
        assert schedule.next_run_at
        assert schedule.next_run_at > clock()
        (notice,) = services.history.notifications(cast.admin.who, schedule.id, 5)
        assert notice.kind is NotificationKind.FAILING


class TestMessages:
    def test_each_message_that_is_begun_counts_on_its_day(
        self, services: Services, cast: Cast, mail: MailServer, clock: FakeClock
    ) -> None:
        schedule = make_schedule(services, cast.admin.who, recipients=(ANN, BOB))
        trigger_and_execute(services, cast.admin.who, schedule)
        assert mail.wait_for(2)
        assert used(services, cast, "messages_per_day") == 2
        clock.advance(days=1)
        assert used(services, cast, "messages_per_day") == 0

    def test_a_run_that_needs_more_than_is_left_sends_nothing_and_fails(
        self, services: Services, cast: Cast, mail: MailServer
    ) -> None:
        schedule = make_schedule(services, cast.admin.who, recipients=(ANN, BOB))
        services.schedules.trigger(cast.admin.who, schedule.id)
        give(services, cast, messages_per_day=1)
        done = execute(services, claim(services))
        assert (done.status, done.error_code) == (RunStatus.FAILED, "quota_exceeded")
        assert "0 of at most 1 messages today (UTC), and this run needs 2" in (done.error or "")
        assert mail.messages == []
        with pytest.raises(QuotaExceeded):
            services.schedules.trigger(cast.admin.who, schedule.id)
        assert services.run_actions.send_test(cast.admin.who, schedule.id)

    def test_what_was_not_sent_is_sent_again_once_there_is_room(
        self, services: Services, cast: Cast, mail: MailServer
    ) -> None:
        schedule = make_schedule(services, cast.admin.who, recipients=(ANN, BOB))
        services.schedules.trigger(cast.admin.who, schedule.id)
        give(services, cast, messages_per_day=1)
        done = execute(services, claim(services))
        with pytest.raises(QuotaExceeded, match="this run needs 2"):
            services.run_actions.resend(cast.admin.who, schedule.id, done.id)
        give(services, cast, messages_per_day=2)
        services.run_actions.resend(cast.admin.who, schedule.id, done.id)
        again = execute(services, claim(services))
        assert again.status is RunStatus.COMPLETED
        assert len(mail.wait_for(2)) == 2

    def test_a_run_that_is_sent_while_another_is_does_not_take_what_that_one_needs(
        self, services: Services, cast: Cast, mail: MailServer, clock: FakeClock
    ) -> None:
        """Between its look at the quota and its first message."""
        first, second = (
            make_schedule(services, cast.admin.who, recipients=(ANN, BOB)) for _ in range(2)
        )
        for schedule in (first, second):
            services.schedules.trigger(cast.admin.who, schedule.id)
        give(services, cast, messages_per_day=3)
        runs, others = [claim(services), claim(services)], []

        def another_is_sent(_: str) -> None:
            if not others:
                others.append(runs[1])
                others.append(execute(services, runs[1]))

        with registered(CHANNELS, WatchedEmail(mail, before=another_is_sent)):
            done = execute(services, runs[0])
        assert (done.status, others[1].status) == (RunStatus.COMPLETED, RunStatus.PENDING)
        assert (others[1].error_code, others[1].attempt) == ("quota_reserved", 0)
        clock.advance(minutes=2)
        failed = execute(services, claim(services))  # the first has used them by now
        assert (failed.id, failed.status, failed.error_code) == (
            others[1].id,
            RunStatus.FAILED,
            "quota_exceeded",
        )
        assert len(mail.wait_for(2)) == 2
        assert used(services, cast, "messages_per_day") == 2

    def test_what_a_run_reserved_before_midnight_counts_for_the_day_on_which_it_is_sent(
        self, services: Services, cast: Cast, mail: MailServer, clock: FakeClock
    ) -> None:
        first, second = (
            make_schedule(services, cast.admin.who, recipients=(ANN, BOB)) for _ in range(2)
        )
        for schedule in (first, second):
            services.schedules.trigger(cast.admin.who, schedule.id)
        give(services, cast, messages_per_day=2)
        run, others = claim(services), []

        def a_day_passes(_: str) -> None:
            if not others:
                clock.advance(days=1)
                others.append(execute(services, claim(services)))

        with registered(CHANNELS, WatchedEmail(mail, before=a_day_passes)):
            done = execute(services, run)
        assert (done.status, others[0].error_code) == (RunStatus.COMPLETED, "quota_reserved")
        assert used(services, cast, "messages_per_day") == 1
        clock.advance(minutes=2)
        assert execute(services, claim(services)).error_code == "quota_exceeded"

    def test_a_run_waits_for_what_a_dead_one_has_reserved(
        self, services: Services, cast: Cast, mail: MailServer, clock: FakeClock
    ) -> None:
        first, second = (
            make_schedule(services, cast.admin.who, recipients=(ANN, BOB)) for _ in range(2)
        )
        for schedule in (first, second):
            services.schedules.trigger(cast.admin.who, schedule.id)
        give(services, cast, messages_per_day=3)
        dead, run = claim(services), claim(services)
        services.run_deliveries.plan(dead, "email")
        services.run_deliveries.reserve(dead, 2)
        waiting = execute(services, run)
        assert (waiting.status, waiting.error_code) == (RunStatus.PENDING, "quota_reserved")
        assert "0 of at most 3 messages today (UTC), other runs have reserved 2 more" in (
            waiting.error or ""
        )
        assert waiting.next_attempt_at
        assert 45 <= (waiting.next_attempt_at - clock()).total_seconds() <= 75
        clock.advance(seconds=max(75, services.leases.duration.total_seconds()) + 1)
        assert used(services, cast, "messages_per_day") == 0, "nobody is refused for a dead run"
        assert execute(services, claim(services)).error_code == "quota_reserved", (
            "its worker may be alive all the same"
        )
        services.run_endings.recover(everything=False)
        services.run_actions.cancel(cast.admin.who, dead.scheduled_export_id, dead.id)
        clock.advance(seconds=76)
        sent = execute(services, claim(services))
        assert (sent.id, sent.status, sent.error) == (run.id, RunStatus.COMPLETED, None)
        assert len(mail.wait_for(2)) == 2

    def test_such_a_wait_counts_as_no_attempt_for_an_hour(
        self, services: Services, cast: Cast, mail: MailServer, clock: FakeClock
    ) -> None:
        """Also where nothing is tried again."""
        first, second = (
            make_schedule(services, cast.admin.who, recipients=(ANN, BOB), retry_attempts=1)
            for _ in range(2)
        )
        for schedule in (first, second):
            services.schedules.trigger(cast.admin.who, schedule.id)
        give(services, cast, messages_per_day=3)
        holder, run = claim(services), claim(services)
        services.run_deliveries.plan(holder, "email")
        services.run_deliveries.reserve(holder, 2)
        for _ in range(20):
            waiting = execute(services, run)
            assert (waiting.status, waiting.attempt) == (RunStatus.PENDING, 0)
            clock.advance(seconds=76)
            run = claim(services)
        clock.advance(hours=1)
        failed = execute(services, run)
        assert (failed.status, failed.error_code) == (RunStatus.FAILED, "quota_reserved")

    def test_of_many_that_are_sent_at_once_none_goes_beyond(
        self, services: Services, cast: Cast, mail: MailServer
    ) -> None:
        for _ in range(8):
            schedule = make_schedule(
                services, cast.admin.who, recipients=(ANN, BOB, "cyd@example.com")
            )
            services.schedules.trigger(cast.admin.who, schedule.id)
        give(services, cast, messages_per_day=10)
        runs = [claim(services) for _ in range(8)]
        done = side_by_side(8, lambda number: execute(services, runs[number]))
        sent = [run for run in done if run.status is RunStatus.COMPLETED]
        assert len(sent) == 3
        assert {run.error_code for run in done if run not in sent} <= {
            "quota_exceeded",
            "quota_reserved",
        }
        assert len(mail.messages) == used(services, cast, "messages_per_day") == 9

    def test_a_worker_that_dies_before_its_first_message_takes_nothing_with_it(
        self, services: Services, cast: Cast, mail: MailServer, clock: FakeClock
    ) -> None:
        schedule = make_schedule(services, cast.admin.who, recipients=(ANN, BOB))
        services.schedules.trigger(cast.admin.who, schedule.id)
        give(services, cast, messages_per_day=2)

        def die(_: str) -> None:
            raise SystemExit

        with registered(CHANNELS, WatchedEmail(mail, before=die)), pytest.raises(SystemExit):
            execute(services, claim(services))
        assert used(services, cast, "messages_per_day") == 2  # one begun, one reserved
        clock.advance(seconds=services.leases.duration.total_seconds() + 1)
        assert services.run_endings.recover(everything=False) == 1
        assert used(services, cast, "messages_per_day") == 1
        give(services, cast, messages_per_day=3)
        clock.advance(hours=1)
        again = execute(services, claim(services))
        assert again.status is RunStatus.COMPLETED
        assert used(services, cast, "messages_per_day") == 3

    def test_what_a_recipients_refusal_leaves_is_given_back(
        self, services: Services, cast: Cast, mail: MailServer
    ) -> None:
        schedule = make_schedule(services, cast.admin.who, recipients=(ANN, BOB))
        services.schedules.trigger(cast.admin.who, schedule.id)
        run, seen = claim(services), []

        def drop_bob(_: str) -> None:
            services.schedules.update(cast.admin.who, schedule.id, {"recipients": [ANN]})

        def look(_: str) -> None:
            seen.append(used(services, cast, "messages_per_day"))

        with registered(CHANNELS, WatchedEmail(mail, before=drop_bob, after=look)):
            done = execute(services, run)
        assert done.status is RunStatus.COMPLETED
        assert seen == [2]
        assert used(services, cast, "messages_per_day") == len(mail.messages) == 1

    def test_old_counts_are_forgotten(
        self, services: Services, cast: Cast, mail: MailServer, clock: FakeClock
    ) -> None:
        schedule = make_schedule(services, cast.admin.who, recipients=(ANN,))
        trigger_and_execute(services, cast.admin.who, schedule)
        assert mail.wait_for(1)
        clock.advance(days=KEPT.days)
        services.quotas.forget()
        assert len(sql(services, "SELECT * FROM messages_of_day")) == 1
        clock.advance(days=1)
        services.quotas.forget()
        assert sql(services, "SELECT * FROM messages_of_day") == []


class TestFiles:
    def test_without_room_no_file_is_kept_and_the_run_says_why(
        self, services: Services, cast: Cast, mail: MailServer
    ) -> None:
        schedule = make_schedule(services, cast.admin.who, recipients=(ANN,))
        first = trigger_and_execute(services, cast.admin.who, schedule)
        assert mail.wait_for(1)
        assert used(services, cast, "file_bytes") == first.file_size
        services.schedules.trigger(cast.admin.who, schedule.id)
        give(services, cast, file_bytes=(first.file_size or 0) + 1)
        done = execute(services, claim(services))
        assert (done.status, done.error_code, done.file_key) == (
            RunStatus.FAILED,
            "quota_exceeded",
            None,
        )
        assert "there is no room for another" in (done.error or "")
        assert len(mail.messages) == 1

    def test_files_that_were_removed_make_room(
        self, services: Services, cast: Cast, mail: MailServer, clock: FakeClock
    ) -> None:
        schedule = make_schedule(services, cast.admin.who, recipients=(ANN,))
        first = trigger_and_execute(services, cast.admin.who, schedule)
        give(services, cast, file_bytes=first.file_size)
        with pytest.raises(QuotaExceeded):
            services.schedules.trigger(cast.admin.who, schedule.id)
        clock.advance(days=31)
        services.retention.sweep()
        assert the_run(services, first).file_removed_at
        assert used(services, cast, "file_bytes") == 0
        assert services.schedules.trigger(cast.admin.who, schedule.id)
        assert mail.wait_for(1)
