"""The ledger of deliveries: what each answer of a mail server, or none, leads to."""

import socket
import socketserver
import struct
import threading
from typing import Any

import pytest

from exports_app.channels.email import EmailChannel, SmtpSettings
from exports_app.domain.access import Principal
from exports_app.domain.runs.states import DeliveryStatus, RunStatus
from exports_app.services.core.extension_points import CHANNELS
from exports_app.services.core.records import Run
from exports_app.wiring import Services
from tests.doubles import FakeClock, WatchedEmail
from tests.integration.runs.retries.attempts import ANN, BOB, WorkerDied, again, statuses
from tests.mailserver import HOST, MailServer, mail_server
from tests.world import claim, execute, make_schedule, registered, the_run, trigger_and_execute


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
        assert services.run_endings.recover(everything=True) == 1
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

    def test_what_is_still_unknown_when_it_was_sent_again_is_left_to_a_person(
        self, services: Services, admin: Principal, clock: FakeClock
    ) -> None:
        with (
            mail_server(vanish=frozenset({ANN})) as server,
            registered(CHANNELS, WatchedEmail(server)),
        ):
            schedule = make_schedule(services, admin, recipients=(ANN, BOB))
            run = again(services, clock, trigger_and_execute(services, admin, schedule))
            assert (run.status, statuses(services, run)) == (
                RunStatus.PARTIAL,
                [DeliveryStatus.UNKNOWN, DeliveryStatus.ACCEPTED],
            )
            assert [m.rcpt_tos for m in server.messages] == [[ANN], [BOB], [ANN]]
            assert (
                server.messages[0].message["Message-ID"]
                == (server.messages[2].message["Message-ID"])
            )
            services.run_actions.resend(admin, schedule.id, run.id)
            run = again(services, clock, execute(services, claim(services)))
            assert run.status is RunStatus.PARTIAL
            assert len(server.messages) == 5

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
        services.run_execution.note(run, **facts)
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
