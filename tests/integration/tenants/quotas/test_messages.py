"""How many messages a tenant may send in a day."""

from collections.abc import Callable
from typing import Any

import pytest

from exports_app.db.repositories.tenants.usage import UsageRepository
from exports_app.domain.errors import MessagesReserved, QuotaExceeded
from exports_app.domain.runs.delivery_mode import DeliveryMode, MessageForm
from exports_app.domain.runs.send_to import SendTo
from exports_app.domain.runs.states import RunStatus
from exports_app.services.core.extension_points import CHANNELS
from exports_app.services.core.records import Delivery
from exports_app.services.tenants.quotas import KEPT
from exports_app.wiring import Services
from tests.doubles import FakeClock, WatchedEmail
from tests.integration.tenants.quotas.usage import ANN, BOB, give, used
from tests.mailserver import MailServer
from tests.world import (
    Cast,
    claim,
    deliveries_of,
    execute,
    make_schedule,
    registered,
    side_by_side,
    sql,
    trigger_and_execute,
)


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
        assert services.schedules.trigger(cast.admin.who, schedule.id, SendTo.CALLER)

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

    @pytest.mark.about_postgresql
    def test_a_message_that_is_begun_while_others_are_counted_is_not_missed(
        self, services: Services, cast: Cast, mail: MailServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Each count sees what was committed before it."""
        give(services, cast, messages_per_day=4)
        runs = []
        for recipients in ((ANN, BOB, "cyd@example.com"), (ANN, BOB)):
            schedule = make_schedule(services, cast.admin.who, recipients=recipients)
            services.schedules.trigger(cast.admin.who, schedule.id)
            runs.append(claim(services))
        holder, run = runs
        services.run_deliveries.plan(holder, "email")
        services.run_deliveries.reserve(holder, 3)
        form = MessageForm(DeliveryMode.ATTACH, 1)
        first, second, _ = deliveries_of(services, holder)
        services.run_deliveries.begin(holder, first, form)
        begun = list[Delivery]()

        def then_one_is_begun(method: Callable[..., int]) -> Callable[..., int]:
            def counted(*about: Any) -> int:
                count = method(*about)
                if not begun:
                    begun.append(second)
                    services.run_deliveries.begin(holder, second, form)
                return count

            return counted

        for name in ("messages", "reserved_messages"):
            monkeypatch.setattr(
                UsageRepository, name, then_one_is_begun(getattr(UsageRepository, name))
            )
        with pytest.raises(MessagesReserved):
            services.run_deliveries.reserve(run, 2)
        assert begun

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
