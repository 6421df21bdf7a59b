"""What may heal is tried again: the file and each message apart, and every attempt is told."""

import socket
import socketserver
import struct
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from exports_app.channels.email import EmailChannel, SmtpSettings
from exports_app.domain.access import Principal
from exports_app.domain.errors import Conflict, RunError
from exports_app.domain.runs.states import AttemptOutcome, DeliveryStatus, RunStatus
from exports_app.engine.file_producer import FileProducer
from exports_app.engine.local import LocalEngine
from exports_app.services.core.extension_points import CHANNELS
from exports_app.services.core.records import Attempt, Campaign, NotificationKind, Run, Schedule
from exports_app.wiring import Services
from tests.mailserver import HOST, MailServer, mail_server
from tests.world import (
    FakeClock,
    WatchedEmail,
    claim,
    deliveries_of,
    execute,
    make_schedule,
    registered,
    runs_of,
    the_run,
    trigger_and_execute,
)

ANN, BOB = "ann@example.com", "bob@example.com"
BUSY = "451 4.3.0 come back later"
AWAY = RunError("the database was away", code="unavailable", permanent=False)


class WorkerDied(BaseException):
    """Stands for kill -9: nothing in the worker handles it."""


@pytest.fixture(autouse=True)
def data(campaigns: dict[str, Campaign]) -> None:
    assert campaigns


@pytest.fixture
def moody() -> Iterator[MailServer]:
    """A mail server that puts Bob off."""
    with mail_server(refuse={BOB: BUSY}) as server, registered(CHANNELS, WatchedEmail(server)):
        yield server


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tenants for whom a file was made, one for each file."""
    seen = list[str]()
    original = FileProducer.make

    def make(self: FileProducer, *args: Any) -> Any:
        seen.append(args[5])
        return original(self, *args)

    monkeypatch.setattr(FileProducer, "make", make)
    return seen


def attempts_of(services: Services, run: Run) -> list[Attempt]:
    with services.store.read() as tx:
        return tx.attempts.of_runs([run.id]).get(run.id, [])


def outcomes(services: Services, run: Run) -> list[tuple[int, AttemptOutcome | None]]:
    return [(one.number, one.outcome) for one in attempts_of(services, run)]


def statuses(services: Services, run: Run) -> list[DeliveryStatus]:
    return [one.status for one in deliveries_of(services, run)]


def again(services: Services, clock: FakeClock, run: Run) -> Run:
    """The next attempt, when its time has come."""
    at = the_run(services, run).next_attempt_at
    assert at is not None
    clock.set(max(at, clock()))
    return execute(services, claim(services))


def calm(server: MailServer) -> None:
    """The server takes everything from now on."""
    server.rules.refuse.clear()  # type: ignore[attr-defined]


def ticked(services: Services, clock: FakeClock, minutes: int = 60) -> Run:
    """The claimed run of the next hour's tick."""
    clock.advance(minutes=minutes)
    services.ticks.tick()
    return claim(services)


def test_a_recipient_who_was_put_off_is_tried_again_and_the_other_gets_no_second_copy(
    services: Services, admin: Principal, clock: FakeClock, moody: MailServer, made: list[str]
) -> None:
    run = trigger_and_execute(
        services, admin, make_schedule(services, admin, recipients=(ANN, BOB))
    )
    assert (run.status, run.attempt, run.error_code) == (RunStatus.PENDING, 1, "delivery_failed")
    assert BUSY in (run.error or "")
    assert run.next_attempt_at is not None
    assert clock() <= run.next_attempt_at <= clock() + timedelta(seconds=30)
    assert statuses(services, run) == [DeliveryStatus.ACCEPTED, DeliveryStatus.PENDING]

    calm(moody)
    done = again(services, clock, run)
    assert (done.status, done.attempt, done.error, done.error_code) == (
        RunStatus.COMPLETED,
        2,
        None,
        None,
    )
    assert (done.file_key, done.sha256) == (run.file_key, run.sha256)
    assert [m.rcpt_tos for m in moody.messages] == [[ANN], [BOB]]
    assert [(d.status, d.attempts, d.error) for d in deliveries_of(services, run)] == [
        (DeliveryStatus.ACCEPTED, 1, None),
        (DeliveryStatus.ACCEPTED, 2, None),
    ]
    assert made == [run.tenant_id]
    first, second = attempts_of(services, run)
    assert (first.number, first.outcome, first.error_code) == (
        1,
        AttemptOutcome.RETRY,
        "delivery_failed",
    )
    assert BUSY in (first.error or "")
    assert first.ended_at is not None
    assert (second.number, second.outcome, second.error) == (2, AttemptOutcome.COMPLETED, None)
    assert second.started_at == clock()


def test_a_recipient_who_is_refused_for_good_is_not_tried_again(
    services: Services, admin: Principal, clock: FakeClock
) -> None:
    with (
        mail_server(refuse={BOB: "550 5.1.1 no such user"}) as server,
        registered(CHANNELS, WatchedEmail(server)),
    ):
        run = trigger_and_execute(
            services, admin, make_schedule(services, admin, recipients=(ANN, BOB))
        )
    assert (run.status, run.attempt, run.next_attempt_at) == (RunStatus.PARTIAL, 1, None)
    assert statuses(services, run) == [DeliveryStatus.ACCEPTED, DeliveryStatus.FAILED]
    assert outcomes(services, run) == [(1, AttemptOutcome.PARTIAL)]


def test_one_refused_for_good_stays_so_while_another_is_tried_again(
    services: Services, admin: Principal, clock: FakeClock
) -> None:
    rules = {ANN: "550 5.1.1 no such user", BOB: BUSY}
    with mail_server(refuse=rules) as server, registered(CHANNELS, WatchedEmail(server)):
        run = trigger_and_execute(
            services, admin, make_schedule(services, admin, recipients=(ANN, BOB))
        )
        assert statuses(services, run) == [DeliveryStatus.FAILED, DeliveryStatus.PENDING]
        rules.clear()
        done = again(services, clock, run)
        assert [m.rcpt_tos for m in server.messages] == [[BOB]]
    assert done.status is RunStatus.PARTIAL
    assert [(d.status, d.attempts) for d in deliveries_of(services, run)] == [
        (DeliveryStatus.FAILED, 1),
        (DeliveryStatus.ACCEPTED, 2),
    ]


@pytest.mark.parametrize(
    ("recipients", "status"), [((BOB,), RunStatus.FAILED), ((ANN, BOB), RunStatus.PARTIAL)]
)
def test_a_run_is_given_up_after_its_attempts(
    services: Services,
    admin: Principal,
    clock: FakeClock,
    moody: MailServer,
    recipients: tuple[str, ...],
    status: RunStatus,
) -> None:
    schedule = make_schedule(
        services, admin, recipients=recipients, retry_attempts=3, retry_base_seconds=1
    )
    run = trigger_and_execute(services, admin, schedule)
    for _ in range(2):
        assert run.status is RunStatus.PENDING
        run = again(services, clock, run)
    assert (run.status, run.attempt, run.next_attempt_at) == (status, 3, None)
    assert "(given up after 3 attempts)" in (run.error or "")
    assert statuses(services, run)[-1] is DeliveryStatus.FAILED
    assert BUSY in (deliveries_of(services, run)[-1].error or "")
    last = AttemptOutcome(status)
    assert outcomes(services, run) == [
        (1, AttemptOutcome.RETRY),
        (2, AttemptOutcome.RETRY),
        (3, last),
    ]
    assert services.run_queue.claim() is None
    assert len(moody.messages) == len(recipients) - 1


def test_the_production_is_tried_again_and_then_nothing_is_made_twice(
    services: Services,
    admin: Principal,
    clock: FakeClock,
    mail: MailServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    services.schedules.trigger(admin, make_schedule(services, admin).id)
    with monkeypatch.context() as broken:

        def away(*_: Any) -> Any:
            raise AWAY

        broken.setattr(FileProducer, "make", away)
        run = execute(services, claim(services))
    assert (run.status, run.file_key, run.error) == (
        RunStatus.PENDING,
        None,
        "the database was away",
    )
    assert deliveries_of(services, run) == []
    done = again(services, clock, run)
    assert (done.status, done.attempt) == (RunStatus.COMPLETED, 2)
    assert len(mail.wait_for(1)) == 1


def test_nothing_is_tried_a_day_after_the_first_attempt(
    services: Services, admin: Principal, clock: FakeClock
) -> None:
    services.schedules.trigger(admin, make_schedule(services, admin).id)
    run = claim(services)
    clock.advance(hours=24, seconds=1)
    assert services.runs.extend([run]) == []
    assert services.runs.fail(run, AWAY) is RunStatus.FAILED


def test_deaths_are_counted_apart_from_attempts(
    services: Services, admin: Principal, clock: FakeClock, moody: MailServer
) -> None:
    """Two deaths leave the run all its attempts."""
    schedule = make_schedule(
        services, admin, recipients=(BOB,), retry_attempts=2, retry_base_seconds=1
    )
    services.schedules.trigger(admin, schedule.id)
    for _ in range(2):
        claim(services)
        services.runs.recover(everything=True)
    run = execute(services, claim(services))
    assert (run.status, run.attempt, run.deaths) == (RunStatus.PENDING, 3, 2)
    run = again(services, clock, run)
    assert (run.status, run.attempt, run.deaths) == (RunStatus.FAILED, 4, 2)
    assert outcomes(services, run) == [
        (1, AttemptOutcome.DIED),
        (2, AttemptOutcome.DIED),
        (3, AttemptOutcome.RETRY),
        (4, AttemptOutcome.FAILED),
    ]


def test_a_run_whose_file_kills_its_process_ends_after_three_deaths_and_harms_no_other(
    services: Services,
    admin: Principal,
    clock: FakeClock,
    mail: MailServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    poison = make_schedule(services, admin, name="Poison")
    services.schedules.trigger(admin, poison.id)
    killed = RunError(
        "the process that made its file was killed", code="process_killed", permanent=False
    )
    with monkeypatch.context() as broken:

        def dies(*_: Any) -> Any:
            raise killed

        broken.setattr(FileProducer, "make", dies)
        run = execute(services, claim(services))
        for _ in range(2):
            assert run.status is RunStatus.PENDING
            run = again(services, clock, run)
    assert (run.status, run.deaths, run.error_code) == (RunStatus.FAILED, 3, "process_killed")
    assert (run.error or "").endswith("3 times")
    other = trigger_and_execute(services, admin, make_schedule(services, admin, name="Other"))
    assert other.status is RunStatus.COMPLETED


def test_a_run_that_waits_for_another_attempt_does_not_block_the_next_tick(
    services: Services, admin: Principal, clock: FakeClock, moody: MailServer
) -> None:
    schedule = make_schedule(
        services, admin, schedule="0 * * * *", recipients=(BOB,), retry_base_seconds=14_400
    )
    first = execute(services, ticked(services, clock))
    with services.store.write() as tx:
        assert tx.runs.update_unclaimed(first, {"next_attempt_at": clock() + timedelta(hours=3)})
    calm(moody)
    second = execute(services, ticked(services, clock))
    assert second.status is RunStatus.COMPLETED
    assert second.id != first.id
    assert the_run(services, first).status is RunStatus.PENDING
    done = again(services, clock, first)
    assert done.status is RunStatus.COMPLETED
    assert len(runs_of(services, schedule)) == 2


class TestTheLedger:
    def crashed(
        self, services: Services, admin: Principal, mail: MailServer, **changes: Any
    ) -> Run:
        """Its worker died between the acceptance of Ann's message and the note of it."""

        def die(_: str) -> None:
            raise WorkerDied

        services.schedules.trigger(
            admin, make_schedule(services, admin, recipients=(ANN, BOB), **changes).id
        )
        with registered(CHANNELS, WatchedEmail(mail, after=die)), pytest.raises(WorkerDied):
            execute(services, run := claim(services))
        assert services.runs.recover(everything=True) == 1
        assert statuses(services, run) == [DeliveryStatus.UNKNOWN, DeliveryStatus.PENDING]
        return the_run(services, run)

    def test_sending_is_noted_before_the_wire(
        self, services: Services, admin: Principal, mail: MailServer
    ) -> None:
        schedule = make_schedule(services, admin, recipients=(ANN,))
        services.schedules.trigger(admin, schedule.id)
        run, seen = claim(services), list[DeliveryStatus]()
        with registered(
            CHANNELS, WatchedEmail(mail, before=lambda _: seen.extend(statuses(services, run)))
        ):
            execute(services, run)
        assert seen == [DeliveryStatus.SENDING]

    def test_resend_sends_what_is_unknown_again_under_its_message_id(
        self, services: Services, admin: Principal, mail: MailServer
    ) -> None:
        self.crashed(services, admin, mail)
        done = execute(services, claim(services))
        assert done.status is RunStatus.COMPLETED
        first, second, third = mail.wait_for(3)
        assert (first.rcpt_tos, second.rcpt_tos, third.rcpt_tos) == ([ANN], [ANN], [BOB])
        assert first.message["Message-ID"] == second.message["Message-ID"]

    def test_hold_leaves_it_to_a_person(
        self, services: Services, admin: Principal, mail: MailServer
    ) -> None:
        self.crashed(services, admin, mail, on_unknown="hold")
        done = execute(services, claim(services))
        assert done.status is RunStatus.PARTIAL
        assert statuses(services, done) == [DeliveryStatus.UNKNOWN, DeliveryStatus.ACCEPTED]
        assert [m.rcpt_tos for m in mail.messages] == [[ANN], [BOB]]
        assert ANN in (done.error or "")

    def test_a_held_run_that_is_given_up_is_partial(
        self, services: Services, admin: Principal, clock: FakeClock, moody: MailServer
    ) -> None:
        run = self.crashed(services, admin, moody, on_unknown="hold", retry_attempts=1)
        done = execute(services, claim(services))
        assert done.id == run.id
        assert done.status is RunStatus.PARTIAL
        assert statuses(services, done) == [DeliveryStatus.UNKNOWN, DeliveryStatus.FAILED]

    def test_a_drop_after_the_final_dot_is_unknown(
        self, services: Services, admin: Principal, clock: FakeClock
    ) -> None:
        with (
            mail_server(vanish=frozenset({ANN})) as server,
            registered(CHANNELS, WatchedEmail(server)),
        ):
            held = make_schedule(services, admin, recipients=(ANN,), on_unknown="hold")
            run = trigger_and_execute(services, admin, held)
            assert (run.status, statuses(services, run)) == (
                RunStatus.PARTIAL,
                [DeliveryStatus.UNKNOWN],
            )
            run = trigger_and_execute(
                services, admin, make_schedule(services, admin, recipients=(ANN,))
            )
            assert (run.status, statuses(services, run)) == (
                RunStatus.PENDING,
                [DeliveryStatus.UNKNOWN],
            )
            run = again(services, clock, run)
            assert len({m.message["Message-ID"] for m in server.messages}) == 2
            assert len(server.messages) == 3

    def test_a_drop_before_the_final_dot_has_not_arrived(
        self, services: Services, admin: Principal
    ) -> None:
        class Drops(socketserver.StreamRequestHandler):
            """Hangs up in the middle of a message."""

            def handle(self) -> None:
                self.wfile.write(b"220 here\r\n")
                for line in self.rfile:
                    if line[:4].upper() == b"DATA":
                        self.wfile.write(b"354 go on\r\n")
                        self.rfile.readline()
                        self.connection.setsockopt(
                            socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
                        )
                        return
                    self.wfile.write(b"250 ok\r\n")

        file = b"x" * 20_000_000  # more than the other side's system takes by itself
        with socketserver.ThreadingTCPServer((HOST, 0), Drops) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            smtp = SmtpSettings(
                host=HOST, port=server.server_address[1], tls="none", from_="reports@example.com"
            )
            with registered(CHANNELS, EmailChannel(smtp)):
                schedule = make_schedule(
                    services, admin, recipients=(ANN,), on_unknown="hold", delivery="attach"
                )
                services.schedules.trigger(admin, schedule.id)
                run = claim(services)
                run = self.with_file(services, run, file)
                run = execute(services, run)
            server.shutdown()
        assert (run.status, statuses(services, run)) == (
            RunStatus.PENDING,
            [DeliveryStatus.PENDING],
        )
        assert "it has not arrived" in (run.error or "")

    def with_file(self, services: Services, run: Run, content: bytes) -> Run:
        """As if an attempt before had made it."""
        with services.files.draft() as draft:
            draft.write_bytes(content)
            services.files.keep(draft, f"{run.tenant_id}/{run.id}/made.csv")
        facts = {
            "file_key": f"{run.tenant_id}/{run.id}/made.csv",
            "file_name": "made.csv",
            "file_size": len(content),
        }
        services.runs.note(run, **facts)
        return the_run(services, run)

    def test_a_server_that_is_away_leaves_the_message_pending(
        self, services: Services, admin: Principal
    ) -> None:
        with mail_server() as server:
            gone = WatchedEmail(server)
        with registered(CHANNELS, gone):
            run = trigger_and_execute(
                services, admin, make_schedule(services, admin, recipients=(ANN, BOB))
            )
        assert (run.status, statuses(services, run)) == (
            RunStatus.PENDING,
            [DeliveryStatus.PENDING] * 2,
        )
        assert "check SMTP_HOST and SMTP_PORT" in (run.error or "")


class TestTheWholeRunIsRefused:
    def test_a_refused_sender_ends_it_and_names_the_setting(
        self, services: Services, admin: Principal
    ) -> None:
        senders = {"reports@example.com": "553 5.7.1 not yours"}
        with (
            mail_server(refuse_senders=senders) as server,
            registered(CHANNELS, WatchedEmail(server)),
        ):
            run = trigger_and_execute(
                services, admin, make_schedule(services, admin, recipients=(ANN, BOB))
            )
            assert server.connections == 1
        assert (run.status, run.attempt, run.next_attempt_at) == (RunStatus.FAILED, 1, None)
        assert "553" in (run.error or "")
        assert "check SMTP_FROM" in (run.error or "")

    def test_a_sender_who_is_put_off_is_tried_again(
        self, services: Services, admin: Principal, clock: FakeClock
    ) -> None:
        senders = {"reports@example.com": "451 4.7.1 too many today"}
        with (
            mail_server(refuse_senders=senders) as server,
            registered(CHANNELS, WatchedEmail(server)),
        ):
            run = trigger_and_execute(
                services, admin, make_schedule(services, admin, recipients=(ANN,))
            )
            assert run.status is RunStatus.PENDING
            senders.clear()
            assert again(services, clock, run).status is RunStatus.COMPLETED


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
        assert "(Admin gave it up)" in (done.error or "")
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
            "Admin says that it has arrived",
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
        kinds = [one.kind for one in services.history.notifications(admin, schedule.id, 9)]
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
        on_the_way, go_on, beaten = threading.Event(), threading.Event(), threading.Event()

        def hold(_: str) -> None:
            on_the_way.set()
            assert go_on.wait(15)

        monkeypatch.setattr(services.runs, "lease", timedelta(seconds=0.3))
        original = services.runs.extend

        def extend(runs: Any) -> Any:
            if engine._closing.is_set():
                beaten.set()
            return original(runs)

        monkeypatch.setattr(services.runs, "extend", extend)
        with registered(CHANNELS, WatchedEmail(mail, before=hold)):
            heart = threading.Thread(target=engine._heartbeat)
            engine._pulse()
            assert on_the_way.wait(15)
            heart.start()
            engine._closing.set()
            stop = threading.Thread(target=engine._stop)
            stop.start()
            assert beaten.wait(15), "no heart beats while the engine drains"
            later = services.schedules.trigger(
                admin, make_schedule(services, admin, name="Later").id
            )
            engine._pulse()
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
            engine._pulse()
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
