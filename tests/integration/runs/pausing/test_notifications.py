"""Its owners are notified: once, and again when it recovers."""

from typing import Any

import pytest

from exports_app.domain.access import Principal
from exports_app.domain.errors import RunError
from exports_app.domain.runs.states import DeliveryStatus, RunStatus
from exports_app.services.core.extension_points import CHANNELS
from exports_app.services.core.records import Schedule
from exports_app.services.delivery.outbox import ON_THE_WIRE
from exports_app.wiring import Services
from tests.doubles import FakeClock, WatchedEmail
from tests.integration.runs.pausing.failures import (
    FAILING,
    GAVE_UP,
    OWNER,
    RECOVERED,
    ends,
    fails,
    next_run,
    notices,
    told,
)
from tests.mailserver import MailServer, mail_server
from tests.world import claim, execute, registered, stored, the_run


class TestNotices:
    def test_the_first_failure_of_a_row_is_told_and_no_other_and_the_end_of_it(
        self, services: Services, admin: Principal, clock: FakeClock, hourly: Schedule
    ) -> None:
        services.schedules.update(admin, hourly.id, {"pause_after": 0})
        for status in (
            RunStatus.FAILED,
            RunStatus.PARTIAL,
            RunStatus.FAILED,
            RunStatus.COMPLETED,
            RunStatus.COMPLETED,
        ):
            ends(services, clock, status)
        assert told(services, hourly) == [FAILING, RECOVERED]
        fails(services, clock)
        assert told(services, hourly) == [FAILING, RECOVERED, FAILING]

    def test_attempts_are_not_told_one_by_one_but_their_end_is(
        self, services: Services, admin: Principal, clock: FakeClock, hourly: Schedule
    ) -> None:
        away = RunError("the database was away", permanent=False)
        for expected in ([FAILING], [FAILING, GAVE_UP]):
            run = next_run(services, clock)
            while services.run_endings.fail(run, away) is RunStatus.PENDING:
                assert told(services, hourly) == expected[:-1]
                at = the_run(services, run).next_attempt_at
                assert at is not None
                clock.set(max(clock(), at))
                run = claim(services)
            assert run.attempt == 9
            assert told(services, hourly) == expected
            clock.set(
                clock().replace(minute=0, second=0, microsecond=0)
            )  # so that just one tick is due

    def test_an_old_run_that_is_sent_again_is_no_recovery(
        self, services: Services, admin: Principal, clock: FakeClock, hourly: Schedule
    ) -> None:
        """The latest run failed: nothing works again yet."""
        with (
            mail_server(refuse={"ann@example.com": "550 no such user"}) as server,
            registered(CHANNELS, WatchedEmail(server)),
        ):
            old = execute(services, next_run(services, clock))
            fails(services, clock)
            server.rules.refuse.clear()  # type: ignore[attr-defined]
            services.run_actions.resend(admin, hourly.id, old.id)
            assert execute(services, claim(services)).status is RunStatus.COMPLETED
        now = stored(services, hourly)
        assert (now.last_status, now.failures, now.failing_since is None) == (
            RunStatus.FAILED,
            2,
            False,
        )
        assert told(services, hourly) == [FAILING]

    def test_one_that_is_put_off_is_sent_again_under_the_same_id(
        self, services: Services, clock: FakeClock, hourly: Schedule
    ) -> None:
        refuse = {OWNER: "451 come back later"}
        with mail_server(refuse=refuse) as server, registered(CHANNELS, WatchedEmail(server)):
            fails(services, clock)
            services.notifications.send_due()
            (waiting,) = notices(services, hourly)
            assert (waiting.status, waiting.attempts) == (DeliveryStatus.PENDING, 1)
            assert "451" in (waiting.error or "")
            assert waiting.next_attempt_at is not None
            clock.set(max(clock(), waiting.next_attempt_at))
            refuse.clear()
            assert services.notifications.send_due() == 1
            (sent,) = notices(services, hourly)
            assert (sent.status, sent.attempts, sent.error, sent.sent_at) == (
                DeliveryStatus.ACCEPTED,
                2,
                None,
                clock(),
            )
            (message,) = server.messages
            assert waiting.id in message.message["Message-ID"]
        assert not services.notifications.due()

    def test_one_that_is_refused_for_good_has_its_end(
        self, services: Services, clock: FakeClock, hourly: Schedule
    ) -> None:
        with (
            mail_server(refuse={OWNER: "550 no such user"}) as server,
            registered(CHANNELS, WatchedEmail(server)),
        ):
            fails(services, clock)
            services.notifications.send_due()
        (one,) = notices(services, hourly)
        assert (one.status, one.next_attempt_at) == (DeliveryStatus.FAILED, None)
        assert "550" in (one.error or "")

    def test_without_a_mail_server_it_says_that_it_was_not_sent(
        self, services: Services, clock: FakeClock, hourly: Schedule
    ) -> None:
        fails(services, clock)
        assert services.notifications.send_due() == 1
        (one,) = notices(services, hourly)
        assert (one.status, one.next_attempt_at) == (DeliveryStatus.SKIPPED, None)
        assert one.error

    def test_one_whose_sender_died_is_sent_again(
        self,
        services: Services,
        clock: FakeClock,
        hourly: Schedule,
        mail: MailServer,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        class Died(BaseException):
            pass

        def die(*_: Any) -> None:
            raise Died

        fails(services, clock)
        with monkeypatch.context() as dying:
            dying.setattr(type(CHANNELS["email"]), "notify", die, raising=False)
            with pytest.raises(Died):
                services.notifications.send_due()
        assert not services.notifications.due()
        clock.advance(seconds=ON_THE_WIRE.total_seconds())
        assert services.notifications.send_due() == 1
        assert len(mail.wait_for(1)) == 1

    def test_a_deleted_schedule_tells_nobody(
        self, services: Services, admin: Principal, clock: FakeClock, hourly: Schedule
    ) -> None:
        run = next_run(services, clock)
        services.schedules.delete(admin, hourly.id)
        services.run_endings.close(run, RunStatus.FAILED, "it broke", "broken")
        assert told(services, hourly) == []
