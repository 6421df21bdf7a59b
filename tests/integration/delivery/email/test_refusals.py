"""What an SMTP server refuses or puts off."""

import socketserver
import threading
import time

import pytest

from exports_app.channels.email import EmailChannel, SmtpSettings
from exports_app.domain.errors import DeliveryUnknown, MessageTooLarge
from exports_app.services.core.extension_points import Report
from tests.integration.delivery.email.messages import ME, channel_to, failure, send
from tests.mailserver import HOST, MailServer, mail_server


def test_a_refused_recipient_fails_alone_with_the_servers_own_answer(report: Report) -> None:
    with mail_server(refuse={"gone@example.com": "550 5.1.1 no such user"}) as server:
        results = send(
            channel_to(server), report, "ann@example.com", "gone@example.com", "bob@example.com"
        )
        assert [m.rcpt_tos for m in server.wait_for(2)] == [
            ["ann@example.com"],
            ["bob@example.com"],
        ]
        assert server.connections == 1
    assert results[0] is results[2] is None
    assert results[1] is not None
    assert (results[1].message, results[1].permanent) == ("550 5.1.1 no such user", True)


def test_an_answer_of_several_lines_is_kept_on_one(report: Report) -> None:
    with mail_server(
        refuse={"gone@example.com": "550-5.1.1 no such user\r\n550 5.1.1 ask the postmaster"}
    ) as server:
        assert (
            failure(channel_to(server), report, "gone@example.com").message
            == "550 5.1.1 no such user 5.1.1 ask the postmaster"
        )


def test_a_recipient_put_off_may_be_tried_again(report: Report) -> None:
    with mail_server(refuse={"busy@example.com": "450 4.2.1 try again later"}) as server:
        put_off, fine = send(channel_to(server), report, "busy@example.com", "ann@example.com")
    assert put_off is not None
    assert (put_off.message, put_off.permanent) == ("450 4.2.1 try again later", False)
    assert fine is None


def test_a_server_that_goes_away_is_asked_again_once_for_the_next_message(report: Report) -> None:
    with mail_server(refuse={"busy@example.com": "421 4.3.2 shutting down"}) as server:
        fine, away, after = send(
            channel_to(server), report, "ann@example.com", "busy@example.com", "bob@example.com"
        )
        assert [m.rcpt_tos for m in server.wait_for(2)] == [
            ["ann@example.com"],
            ["bob@example.com"],
        ]
    assert away is not None
    assert (away.message, away.permanent) == ("421 4.3.2 shutting down", False)
    assert fine is after is None


def test_a_refused_sender_is_the_servers_answer(report: Report) -> None:
    with mail_server(refuse_senders={ME: "553 5.7.1 not your address"}) as server:
        error = failure(channel_to(server), report)
    assert (error.message, error.permanent) == (
        "553 5.7.1 not your address (check SMTP_FROM)",
        True,
    )


def test_refused_content_is_the_servers_answer_and_the_others_are_sent(report: Report) -> None:
    with mail_server(refuse_content={"ann@example.com": "554 5.7.1 looks like spam"}) as server:
        refused, fine = send(channel_to(server), report, "ann@example.com", "bob@example.com")
        assert [m.rcpt_tos for m in server.wait_for(1)] == [["bob@example.com"]]
    assert refused is not None
    assert (refused.message, refused.permanent) == ("554 5.7.1 looks like spam", True)
    assert fine is None


def test_a_message_too_large_for_the_server_is_refused_before_it_is_sent(report: Report) -> None:
    with mail_server(size_limit=10_000) as server:
        error = failure(channel_to(server), report)
    assert isinstance(error, MessageTooLarge)
    assert "takes at most 10,000" in error.message


def test_a_file_that_is_gone_is_a_delivery_error(report: Report, server: MailServer) -> None:
    report.file_path.unlink()
    assert report.file_name in failure(channel_to(server), report).message


def test_what_is_no_address_is_refused_without_a_connection(
    report: Report, server: MailServer
) -> None:
    for target in (
        "nobody",
        "a@b@c.com",
        "a b@example.com",
        "a@example.com\r\nRCPT TO:<x@example.com>",
        "<a@example.com>",
    ):
        assert failure(channel_to(server), report, target).permanent
    assert server.connections == 0


class Impatient(socketserver.StreamRequestHandler):
    """Answers 552 in the middle of a message; then it closes, stops reading, or swallows the
    rest."""

    def handle(self) -> None:
        self.wfile.write(b"220 impatient\r\n")
        for line in self.rfile:
            command = line[:4].upper()
            if command != b"DATA":
                self.wfile.write(b"250 ok\r\n")
                continue
            self.wfile.write(b"354 go on\r\n")
            for _ in range(100):
                self.rfile.readline()
            self.wfile.write(b"552 5.3.4 too large\r\n")
            then = self.server.then  # type: ignore[attr-defined]
            if then == "closes":
                return
            if then == "stops reading":
                self.server.ended.wait(20)  # type: ignore[attr-defined]
                return


@pytest.mark.parametrize("then", ["closes", "stops reading", "swallows"])
def test_a_refusal_in_the_middle_of_a_message_is_the_servers_own_answer(
    report: Report, then: str
) -> None:
    report.file_path.write_bytes(b"x" * 20_000_000)
    with socketserver.ThreadingTCPServer((HOST, 0), Impatient) as server:
        server.then, server.ended = then, threading.Event()  # type: ignore[attr-defined]
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        smtp = SmtpSettings(host=HOST, port=server.server_address[1], tls="none", from_=ME)
        began = time.monotonic()
        error = failure(EmailChannel(smtp), report)
        took = time.monotonic() - began
        server.ended.set()  # type: ignore[attr-defined]
        server.shutdown()
    assert took < 20  # nobody waited for a timeout of a minute
    if then != "closes" or "552" in error.message:
        assert "552 5.3.4 too large" in error.message
        assert isinstance(error, MessageTooLarge)
    # what the server had said was lost with the connection; the end of the message was never sent
    else:
        assert not isinstance(error, DeliveryUnknown)
        assert not error.permanent
