"""What a person decides about messages of unknown fate, and a server that stops."""

import threading
from datetime import timedelta
from typing import Any

import pytest

from exports_app.domain.access import Principal
from exports_app.domain.errors import Conflict
from exports_app.domain.runs.states import AttemptOutcome, DeliveryStatus, RunStatus
from exports_app.engine.file_producer import FileProducer
from exports_app.engine.local import LocalEngine
from exports_app.services.core.extension_points import CHANNELS
from exports_app.services.core.records import NotificationKind, Run, Schedule
from exports_app.wiring import Services
from tests.doubles import FakeClock, WatchedEmail
from tests.integration.runs.retries.attempts import ANN, BOB, calm, outcomes, statuses
from tests.mailserver import MailServer, mail_server
from tests.world import (
    claim,
    deliveries_of,
    execute,
    make_schedule,
    registered,
    the_run,
    trigger_and_execute,
)


class TestDecisions:
    @pytest.fixture
    def schedule(self, services: Services, admin: Principal, moody: MailServer) -> Schedule:
        assert moody
        return make_schedule(services, admin, recipients=(ANN, BOB))

    @pytest.fixture
    def waiting(self, services: Services, admin: Principal, schedule: Schedule) -> Run:
        run = trigger_and_execute(services, admin, schedule)
        assert run.status is RunStatus.PENDING
        with services.store.write() as tx:
            assert tx.runs.update_unclaimed(
                run, {"next_attempt_at": services.clock() + timedelta(hours=1)}
            )
        return the_run(services, run)

    def test_retry_now_begins_the_next_attempt_at_once(
        self,
        services: Services,
        admin: Principal,
        moody: MailServer,
        schedule: Schedule,
        waiting: Run,
    ) -> None:
        assert services.run_queue.claim() is None
        calm(moody)
        assert (
            services.run_actions.retry_now(admin, schedule.id, waiting.id).next_attempt_at is None
        )
        with pytest.raises(Conflict):
            services.run_actions.retry_now(admin, schedule.id, waiting.id)
        done = execute(services, claim(services))
        assert (done.status, done.attempt) == (RunStatus.COMPLETED, 2)

    def test_give_up_ends_it(
        self, services: Services, admin: Principal, schedule: Schedule, waiting: Run
    ) -> None:
        done = services.run_actions.give_up(admin, schedule.id, waiting.id)
        assert done == the_run(services, waiting)
        assert (done.status, done.completed_at, done.next_attempt_at) == (
            RunStatus.PARTIAL,
            services.clock(),
            None,
        )
        assert "(Admin stopped retrying)" in (done.error or "")
        assert statuses(services, done) == [DeliveryStatus.ACCEPTED, DeliveryStatus.FAILED]
        assert services.run_queue.claim() is None
        for decide in (services.run_actions.give_up, services.run_actions.retry_now):
            with pytest.raises(Conflict):
                decide(admin, schedule.id, waiting.id)

    def test_a_run_given_up_can_be_sent_again_to_who_did_not_get_it(
        self,
        services: Services,
        admin: Principal,
        moody: MailServer,
        schedule: Schedule,
        waiting: Run,
    ) -> None:
        services.run_actions.give_up(admin, schedule.id, waiting.id)
        calm(moody)
        services.run_actions.resend(admin, schedule.id, waiting.id)
        assert execute(services, claim(services)).status is RunStatus.COMPLETED
        assert [m.rcpt_tos for m in moody.messages] == [[ANN], [BOB]]

    def test_cancelling_it_ends_it_too(
        self, services: Services, admin: Principal, schedule: Schedule, waiting: Run
    ) -> None:
        done = services.run_actions.cancel(admin, schedule.id, waiting.id)
        assert (done.status, done.next_attempt_at) == (RunStatus.CANCELLED, None)
        assert services.run_queue.claim() is None

    def test_there_is_nothing_to_decide_before_the_first_attempt_nor_during_one(
        self, services: Services, admin: Principal, schedule: Schedule
    ) -> None:
        run = services.schedules.trigger(admin, schedule.id)
        for _ in range(2):
            for decide in (
                services.run_actions.retry_now,
                services.run_actions.give_up,
                services.run_actions.accept_unknown,
            ):
                with pytest.raises(Conflict):
                    decide(admin, schedule.id, run.id)
            services.run_queue.claim()
        assert the_run(services, run).status is RunStatus.PROCESSING

    def test_unknown_messages_are_said_to_have_arrived(
        self, services: Services, admin: Principal, clock: FakeClock
    ) -> None:
        schedule = make_schedule(services, admin, recipients=(ANN,), on_unknown="hold")
        with (
            mail_server(vanish=frozenset({ANN})) as server,
            registered(CHANNELS, WatchedEmail(server)),
        ):
            run = trigger_and_execute(services, admin, schedule)
        assert run.status is RunStatus.PARTIAL
        clock.advance(days=3)
        done = services.run_actions.accept_unknown(admin, schedule.id, run.id)
        assert done == the_run(services, run)
        assert (done.status, done.error, done.error_code) == (RunStatus.COMPLETED, None, None)
        (delivery,) = deliveries_of(services, run)
        assert (delivery.status, delivery.error) == (
            DeliveryStatus.ACCEPTED,
            "Admin marked it as delivered",
        )
        now = services.schedules.get(admin, schedule.id)
        assert (now.last_status, now.last_run_at) == (RunStatus.COMPLETED, run.completed_at)
        with pytest.raises(Conflict):
            services.run_actions.accept_unknown(admin, schedule.id, run.id)

    def test_what_has_arrived_ends_the_trouble_of_its_schedule(
        self, services: Services, admin: Principal, clock: FakeClock
    ) -> None:
        schedule = make_schedule(
            services, admin, recipients=(ANN,), on_unknown="hold", schedule="0 * * * *"
        )
        with (
            mail_server(vanish=frozenset({ANN})) as server,
            registered(CHANNELS, WatchedEmail(server)),
        ):
            clock.advance(hours=1)
            services.ticks.tick()
            run = execute(services, claim(services))
        assert services.schedules.get(admin, schedule.id).failing_since is not None
        clock.advance(minutes=1)
        services.run_actions.accept_unknown(admin, schedule.id, run.id)
        assert services.schedules.get(admin, schedule.id).failing_since is None
        kinds = [
            notification.kind
            for notification in services.history.notifications(admin, schedule.id, 9)
        ]
        assert kinds == [NotificationKind.RECOVERED, NotificationKind.FAILING]

    def test_unknown_messages_are_sent_again_under_their_message_id(
        self, services: Services, admin: Principal
    ) -> None:
        vanish = {ANN}
        schedule = make_schedule(services, admin, recipients=(ANN,), on_unknown="hold")
        with mail_server(vanish=vanish) as server, registered(CHANNELS, WatchedEmail(server)):  # type: ignore[arg-type]
            run = trigger_and_execute(services, admin, schedule)
            vanish.clear()
            services.run_actions.resend(admin, schedule.id, run.id)
            assert execute(services, claim(services)).status is RunStatus.COMPLETED
            assert len({m.message["Message-ID"] for m in server.messages}) == 1
            assert len(server.messages) == 2


class TestDraining:
    """A stop of the engine."""

    def engine(
        self, services: Services, admin: Principal, mail: MailServer, seconds: float
    ) -> tuple[LocalEngine, Run]:
        object.__setattr__(services.settings, "drain_seconds", seconds)
        return LocalEngine(services), services.schedules.trigger(
            admin, make_schedule(services, admin).id
        )

    def test_what_runs_may_finish_and_keeps_its_lease_meanwhile(
        self,
        services: Services,
        admin: Principal,
        mail: MailServer,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        engine, run = self.engine(services, admin, mail, 30)
        on_the_way = threading.Event()
        go_on = threading.Event()
        beaten = threading.Event()

        def hold(_: str) -> None:
            on_the_way.set()
            assert go_on.wait(15)

        monkeypatch.setattr(services.leases, "duration", timedelta(seconds=0.3))
        original = services.leases.extend

        def extend(runs: Any) -> Any:
            if engine._closing.is_set():
                beaten.set()
            return original(runs)

        monkeypatch.setattr(services.leases, "extend", extend)
        with registered(CHANNELS, WatchedEmail(mail, before=hold)):
            heart = threading.Thread(target=engine._heartbeats)
            engine._cycle()
            assert on_the_way.wait(15)
            heart.start()
            engine._closing.set()
            stop = threading.Thread(target=engine._stop)
            stop.start()
            assert beaten.wait(15), "no heart beats while the engine drains"
            later = services.schedules.trigger(
                admin, make_schedule(services, admin, name="Later").id
            )
            engine._cycle()
            go_on.set()
            stop.join(15)
            engine._closed.set()
            heart.join(15)
        assert not stop.is_alive()
        assert not heart.is_alive()
        done = the_run(services, run)
        assert (done.status, done.attempt, done.deaths) == (RunStatus.COMPLETED, 1, 0)
        assert the_run(services, later).status is RunStatus.PENDING

    def test_what_does_not_finish_in_time_goes_back_without_costing_an_attempt(
        self,
        services: Services,
        admin: Principal,
        mail: MailServer,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        engine, run = self.engine(services, admin, mail, 0)
        making = threading.Event()

        def make(self: FileProducer, *args: Any) -> Any:
            making.set()
            while True:
                args[-1]()

        with monkeypatch.context() as slow:
            slow.setattr(FileProducer, "make", make)
            engine._cycle()
            assert making.wait(15)
            engine._closing.set()
            engine._stop()
        back = the_run(services, run)
        assert (back.status, back.attempt, back.deaths, back.lease_token) == (
            RunStatus.PENDING,
            0,
            0,
            None,
        )
        assert outcomes(services, run) == [(1, AttemptOutcome.STOPPED)]
        assert execute(services, claim(services)).status is RunStatus.COMPLETED
